"""How `make setup` chooses and pins torch, tried with an interpreter that only pretends."""

from __future__ import annotations

import os
import shutil
import subprocess
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PRETENDER = ROOT / "tests/setup/pretender"
TRY_CPU = "pip cpu.txt torch"
DEFAULT = "pip cuda.txt torch"
REST = "pip cuda.txt .[llm,tb,rdf,pyg,oracle,dev]"


class Machine:
    """A checkout in which PYTHON pretends: ``calls`` lists what it was asked to install."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("Makefile", "pyproject.toml", "setup.py"):
            shutil.copy(ROOT / name, folder)
        shutil.copytree(ROOT / "constraints", folder / "constraints")
        (folder / "bin").mkdir()
        (folder / "bin/nvidia-smi").write_text("#!/bin/sh\nexit 1\n")
        (folder / "bin/nvidia-smi").chmod(0o755)

    def has_gpu(self) -> None:
        (self.folder / "bin/nvidia-smi").write_text("#!/bin/sh\n")

    def setup(self, *variables: str, **world: str) -> subprocess.CompletedProcess[str]:
        """``make setup`` with make variables, in a world such as ``CPU_WHEEL="yes"``."""
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        env = {"PATH": path, "LOG": str(self.folder / "log"), **world}
        command = ["make", "setup", f"PYTHON={PRETENDER}", *variables]
        return subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True)

    @property
    def calls(self) -> list[str]:
        log = self.folder / "log"
        return log.read_text().splitlines() if log.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_auto_takes_the_cpu_build_where_it_exists(machine: Machine) -> None:
    assert machine.setup(CPU_WHEEL="yes").returncode == 0
    assert machine.calls == [TRY_CPU, REST]


def test_auto_falls_back_and_says_so(machine: Machine) -> None:
    done = machine.setup()
    assert done.returncode == 0
    assert machine.calls == [TRY_CPU, DEFAULT, REST]
    (line,) = [line for line in done.stdout.splitlines() if "no CPU build" in line]
    assert "2.6 GB" in line
    assert "TORCH_CPU_INDEX=URL" in line


def test_auto_takes_cuda_beside_a_gpu(machine: Machine) -> None:
    machine.has_gpu()
    assert machine.setup(CPU_WHEEL="yes").returncode == 0
    assert machine.calls == [DEFAULT, REST]


def test_cpu_never_installs_the_default_build(machine: Machine) -> None:
    done = machine.setup("TORCH=cpu", "TORCH_CPU_INDEX=https://index.example/cpu")
    assert done.returncode != 0
    assert machine.calls == [TRY_CPU]
    assert "no CPU build of torch at https://index.example/cpu; set TORCH_CPU_INDEX" in done.stderr


def test_cuda_must_bring_cuda(machine: Machine) -> None:
    done = machine.setup("TORCH=cuda", CUDA_HIDDEN="yes")
    assert done.returncode != 0
    assert machine.calls == [DEFAULT]
    assert "holds no CUDA" in done.stderr


def test_a_later_step_may_not_replace_torch(machine: Machine) -> None:
    done = machine.setup(REPLACED_BY="2.15.0")
    assert done.returncode != 0
    assert "torch was 2.13.0 cuda and became 2.15.0 cuda" in done.stderr


def test_an_unknown_choice_is_refused(machine: Machine) -> None:
    done = machine.setup("TORCH=gpu")
    assert done.returncode != 0
    assert machine.calls == []
    assert "TORCH=gpu: expected auto, cpu or cuda" in done.stderr


def test_an_old_python_is_refused(machine: Machine) -> None:
    done = machine.setup(OLD="yes")
    assert done.returncode != 0
    assert machine.calls == []
    assert "kgllm needs Python 3.11 or newer, found: Python 3.9.1; set PYTHON=" in done.stderr


def test_setup_runs_again_only_when_something_changed(machine: Machine) -> None:
    machine.setup(CPU_WHEEL="yes")
    first = len(machine.calls)
    machine.setup(CPU_WHEEL="yes")
    machine.setup("TORCH=cpu", CPU_WHEEL="yes")
    assert len(machine.calls) == first
    machine.setup("TORCH=cuda")
    assert machine.calls[first:] == [DEFAULT, REST]
    later = (machine.folder / ".venv/torch-build").stat().st_mtime + 10
    os.utime(machine.folder / "constraints/pins.txt", (later, later))
    machine.setup()
    assert machine.calls[first + 2 :] == [DEFAULT, REST]


def test_pins_are_exact_and_fit_the_package() -> None:
    lines = [line for line in (ROOT / "constraints/pins.txt").read_text().splitlines() if line[:1] != "#"]
    pins = dict(line.split("==") for line in lines)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = chain(project["dependencies"], *project["optional-dependencies"].values())
    for requirement in map(Requirement, wanted):
        name = canonicalize_name(requirement.name)
        if name == "torch":
            assert requirement.specifier.contains(torch_pin())
        else:
            assert requirement.specifier.contains(pins[name]), f"{requirement} does not allow {pins[name]}"
    assert "torch" not in pins


def torch_pin() -> str:
    cpu, cuda = ((ROOT / f"constraints/{build}.txt").read_text().split()[-1] for build in ("cpu", "cuda"))
    assert cpu == f"{cuda}+cpu"
    return cuda.removeprefix("torch==")
