"""The import contracts of pyproject.toml hold, and each of them notices a wrong import."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LINTER = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"

WRONG = {
    "data flows one way": ("kg/vocab.py", "from ..data import dataset"),
    "the loop knows tasks only through the protocol": ("training/loop.py", "from .tasks import TASKS"),
    "tasks do not know each other": ("training/tasks/kge.py", "from . import kon"),
}
"""contract → (file, an import that breaks it)."""


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """import-linter on ``folder``/kgllm, whose pyproject.toml holds the contracts."""
    command = [sys.executable, "-c", LINTER, "--no-cache", "--config", str(folder / "kgllm/pyproject.toml")]
    env = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with a copy of the package, free to be spoiled."""
    package = tmp_path / "kgllm"
    package.mkdir()
    for name in ("__init__.py", "errors.py", "pyproject.toml"):
        shutil.copy(ROOT / name, package)
    for init in ROOT.glob("*/__init__.py"):
        shutil.copytree(init.parent, package / init.parent.name)
    return tmp_path


def test_the_contracts_hold(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(f"{contract} KEPT" in done.stdout for contract in WRONG), done.stdout


@pytest.mark.parametrize("contract", WRONG)
def test_a_wrong_import_breaks(contract: str, copy: Path) -> None:
    file, line = WRONG[contract]
    with (copy / "kgllm" / file).open("a") as module:
        module.write(f"\n{line}\n")
    done = lint(copy)
    assert done.returncode == 1
    assert f"{contract} BROKEN" in done.stdout, done.stdout + done.stderr


def test_a_new_folder_must_be_placed(copy: Path) -> None:
    (copy / "kgllm/attic").mkdir()
    (copy / "kgllm/attic/__init__.py").touch()
    done = lint(copy)
    assert done.returncode == 1
    assert "kgllm.attic" in done.stdout
