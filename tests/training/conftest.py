"""The toy task, in this process or in others."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

TOY = Path(__file__).parent / "toy_task.py"


@pytest.fixture(scope="session")
def toy() -> ModuleType:
    """The module ``toy_task``: test files cannot import each other."""
    spec = importlib.util.spec_from_file_location("toy_task", TOY)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["toy_task"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def toy_process() -> Callable[..., subprocess.CompletedProcess[str]]:
    """``toy_process(runs, processes=1)`` does ``runs`` one after the other in a fresh process, or several."""

    def run(runs: list[dict[str, Any]], processes: int = 1) -> subprocess.CompletedProcess[str]:
        launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
        program = [*(launcher if processes > 1 else []), str(TOY), json.dumps(runs, default=str)]
        env = {**os.environ, "OMP_NUM_THREADS": "1"}
        command = [sys.executable, *program]
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=300)

    return run


@pytest.fixture(scope="session")
def unbroken(toy: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a toy run that was never stopped."""
    folder: Path = tmp_path_factory.mktemp("unbroken")
    toy.run_toy(folder)
    return folder
