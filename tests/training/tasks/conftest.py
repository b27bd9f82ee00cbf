"""The registered tasks on a toy graph, in this process or in others."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

RUNS = Path(__file__).parent / "task_runs.py"


@pytest.fixture(scope="session")
def runs() -> ModuleType:
    """The module ``task_runs``: test files cannot import each other."""
    spec = importlib.util.spec_from_file_location("task_runs", RUNS)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["task_runs"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def graph(runs: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the toy graph and its toy language model."""
    folder: Path = tmp_path_factory.mktemp("graph")
    runs.write_graph(folder)
    return folder


@pytest.fixture(scope="session")
def build(runs: ModuleType, graph: Path) -> Callable[..., Any]:
    """``build("kon", "train.steps=3")`` is the task of a variant on the toy graph."""
    return partial(runs.build, graph)


@pytest.fixture(scope="session")
def train(runs: ModuleType, graph: Path) -> Callable[..., Any]:
    """``train(folder, "kon", sets)`` trains a variant on the toy graph."""
    return partial(runs.run, graph)


@pytest.fixture(scope="session")
def run_process(graph: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """``run_process(runs, processes=1)`` trains in a fresh process, or in several."""

    def run(entries: list[dict[str, Any]], processes: int = 1) -> subprocess.CompletedProcess[str]:
        launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
        program = [str(RUNS), str(graph), json.dumps(entries, default=str)]
        command = [sys.executable, *(launcher if processes > 1 else []), *program]
        env = {**os.environ, "OMP_NUM_THREADS": "1"}
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=300)

    return run
