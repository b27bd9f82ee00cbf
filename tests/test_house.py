"""The house: what the wheel holds, what the root holds, whose packages are imported."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import kgllm

ROOT = Path(__file__).resolve().parents[1]
ROOT_MODULES = {"__init__.py", "errors.py"}


def shipped() -> set[str]:
    """Every file of every package folder, as it should stand in the wheel."""
    tops = [init.parent for init in ROOT.glob("*/__init__.py")]
    files = [file for top in tops for file in top.rglob("*") if file.is_file() and file.suffix != ".pyc"]
    root = {*ROOT_MODULES, "py.typed"}
    return {f"kgllm/{name}" for name in root} | {
        f"kgllm/{file.relative_to(ROOT).as_posix()}" for file in files
    }


def test_the_wheel_holds_exactly_the_folders(tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns(".*", "build", "runs", "*.egg-info", "__pycache__")
    checkout = shutil.copytree(ROOT, tmp_path / "checkout", ignore=ignored)
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(tmp_path)]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, str(checkout)], check=True)
    (wheel,) = tmp_path.glob("kgllm-*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == shipped()


def test_the_root_holds_no_other_python_file() -> None:
    assert {file.name for file in ROOT.glob("*.py")} == ROOT_MODULES | {"setup.py"}


def test_only_kgllm_is_importable_from_the_installed_package() -> None:
    code = "import importlib.util as u; print([n for n in ('kg', 'heads', 'training') if u.find_spec(n)])"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("arguments", [["--version"], ["data", "--help"]])
def test_a_users_own_packages_do_not_get_in_the_way(tmp_path: Path, arguments: list[str]) -> None:
    for name in ("data", "kg", "errors", "training"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('the wrong package')\n")
    command = [sys.executable, "-m", "kgllm.cli", *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    if arguments == ["--version"]:
        assert done.stdout.strip() == f"kgllm {kgllm.__version__}"
