"""The command line in this process, a small graph to break, and finished runs to ask."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from subprocess import CompletedProcess
from unittest.mock import patch

import pytest

from kgllm.cli.app import main

Kgllm = Callable[..., CompletedProcess[str]]

GRAPH = {
    "train.txt": "sp\tin\tbr\nrj\tin\tbr\nbj\tin\tcn\nat\tin\tgr\nth\tin\tgr\ntb\tin\tge\nga\tin\tus\n"
    "ge\tby\ttr\ngr\tby\ttr\nsh\tby\tbj\n",
    "valid.txt": "sh\tin\tcn\n",
    "test.txt": "tr\tby\tgr\n",
    "entity2text.txt": "sp\tSão Paulo\nrj\tRio de Janeiro\nbr\tBrasil\nbj\t北京市\nsh\t上海市\ncn\t中国\n"
    "at\tΑθήνα\nth\tΘεσσαλονίκη\ngr\tΕλλάδα\ntb\tTbilisi\nge\tGeorgia\nga\tGeorgia\nus\tUSA\ntr\tTürkiye\n",
    "relation2text.txt": "in\tlies in\nby\tborders\n",
}
"""Two places are called Georgia; names are in four scripts."""

SMALL = ("--set", "train.micro_batch=2", "--set", "data.duplicate_names=number")
KGE = ("--task", "kge", *SMALL, "--set", "kge.dim=16", "--set", "train.steps=150")
KON = ("--task", "kon", "--preset", "tiny", *SMALL, "--set", "kon.backbone.d=16", "--set", "train.steps=3")
TASKS = {"kge": KGE, "kon": KON}


def run_main(*arguments: str | Path) -> CompletedProcess[str]:
    """``kgllm`` with its own error handling, without the start-up of a process."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    argv = ["kgllm", *map(str, arguments)]
    with patch.object(sys, "argv", argv), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    return CompletedProcess(argv, code, out.getvalue(), err.getvalue())


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setenv("COLUMNS", "160")


@pytest.fixture(scope="session")
def kgllm() -> Kgllm:
    return run_main


@pytest.fixture(scope="session")
def fails() -> Callable[..., str]:
    """Runs a command that must fail with the given exit code; its one error line."""

    def check(code: int, *arguments: str | Path) -> str:
        done = run_main(*arguments)
        errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
        assert (done.returncode, done.stdout, len(errors)) == (code, "", 1), done
        assert done.stderr.endswith(errors[0] + "\n"), "nothing follows the error"
        return errors[0]

    return check


@pytest.fixture
def graph(tmp_path: Path) -> Callable[..., Path]:
    """Writes the graph into a new folder; keyword ``train`` replaces train.txt, and so on, None drops it."""

    def write(**changes: str | bytes | None) -> Path:
        folder = tmp_path / "places"
        folder.mkdir()
        for name, text in {**GRAPH, **{f"{key}.txt": text for key, text in changes.items()}}.items():
            if text is not None:
                (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
        return folder

    return write


@pytest.fixture(scope="session")
def _finished(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    folder = tmp_path_factory.mktemp("finished")
    data = folder / "places"
    data.mkdir()
    for name, text in GRAPH.items():
        (data / name).write_text(text, encoding="utf-8")

    def train(task: str) -> Path:
        run = folder / task
        if not run.exists():
            done = run_main("train", *TASKS[task], "--data", data, "--out", run)
            assert done.returncode == 0, done
        return run

    return train


@pytest.fixture
def finished(_finished: Callable[[str], Path], tmp_path: Path) -> Callable[[str], Path]:
    """``finished("kge")`` is a finished run of its own, to ask or to damage."""

    def copy(task: str) -> Path:
        return Path(shutil.copytree(_finished(task), tmp_path / f"run-{task}"))

    return copy


@pytest.fixture(scope="session")
def small() -> dict[str, tuple[str, ...]]:
    """Options of a short training, by task."""
    return TASKS
