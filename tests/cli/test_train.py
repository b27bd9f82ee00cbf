"""``kgllm train`` as users call it: run folders, resuming, interruption, results on stdout alone."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import yaml

from kgllm.training import experiment

Kgllm = Callable[..., CompletedProcess[str]]
Fails = Callable[..., str]
Graph = Callable[..., Path]
Finished = Callable[[str], Path]
Small = dict[str, tuple[str, ...]]


@pytest.mark.parametrize("task", ["kge", "kon"])
def test_json_is_all_of_stdout_and_names_the_run(task: str, graph: Graph, kgllm: Kgllm, small: Small) -> None:
    run = graph().parent / "run"
    done = kgllm("train", *small[task], "--data", run.parent / "places", "--out", run, "--json")
    assert done.returncode == 0, done
    result = json.loads(done.stdout)
    assert result["run"] == str(run)
    assert result["metrics"]["test/both.realistic.mrr"] > 0
    assert result["protocol"]["data"] == "places"
    assert result["steps"] == json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])["step"]


def test_a_run_folder_holds_what_a_repetition_needs(finished: Finished, kgllm: Kgllm, tmp_path: Path) -> None:
    run = finished("kge")
    files = {path.name for path in run.iterdir()}
    assert files >= {
        "config.yaml",
        "environment.json",
        "metrics.jsonl",
        "metrics.json",
        "ranks.jsonl",
        "model",
    }
    assert "report.html" in files
    again = kgllm("train", "--task", "kge", "--config", run / "config.yaml", "--out", tmp_path / "again")
    assert again.returncode == 0, again
    scores = [
        json.loads((folder / "metrics.json").read_text())["metrics"] for folder in (run, tmp_path / "again")
    ]
    assert scores[0] == scores[1]


def test_stderr_names_every_setting_that_is_no_default(graph: Graph, kgllm: Kgllm, small: Small) -> None:
    data = graph()
    done = kgllm("train", *small["kge"], "--data", data, "--out", data.parent / "run", "--seed", "3")
    assert "  kge.dim = 16  (--set)" in done.stderr
    assert "  seed = 3  (flag)" in done.stderr
    assert "  kge.model = complex  (preset kge-default)" in done.stderr
    assert "runtime.threads" not in done.stderr


def test_a_new_folder_below_runs_for_every_call(
    graph: Graph, kgllm: Kgllm, small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph()
    monkeypatch.chdir(tmp_path)
    for folder in ("runs/kge-places-s0", "runs/kge-places-s0-2"):
        done = kgllm("train", *small["kge"], "--data", "places")
        assert done.stderr.startswith(f"run folder: {folder}\n")
        assert (tmp_path / folder / "report.html").is_file()


def test_a_run_is_used_from_any_folder(
    graph: Graph, kgllm: Kgllm, small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    assert kgllm("train", *small["kge"], "--data", "places", "--out", "run").returncode == 0
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert kgllm("evaluate", "../run").returncode == 0
    assert kgllm("train", "--resume", "--out", "../run", "--set", "train.steps=152").returncode == 0


def test_the_same_out_is_refused_without_resume(
    finished: Finished, fails: Fails, small: Small, graph: Graph
) -> None:
    run = finished("kge")
    before = (run / "config.yaml").read_bytes()
    error = fails(1, "train", *small["kge"], "--data", graph(), "--out", run)
    assert "run-kge holds a run; pass --resume to go on with it, or another --out" in error
    assert (run / "config.yaml").read_bytes() == before


def test_resume_knows_task_data_and_settings(finished: Finished, kgllm: Kgllm) -> None:
    run = finished("kge")
    done = kgllm("train", "--resume", "--out", run, "--set", "train.steps=160", "--json")
    assert done.returncode == 0, done
    assert json.loads(done.stdout)["steps"] == 160
    assert re.findall(r"  (.+) = .*", done.stderr) == ["out", "train.steps"], "what this call sets"
    assert yaml.safe_load((run / "config.yaml").read_text())["train"]["steps"] == 160


def test_resume_refuses_what_would_be_another_run(finished: Finished, fails: Fails) -> None:
    run = finished("kge")
    error = fails(1, "train", "--resume", "--out", run, "--set", "kge.dim=18", "--seed", "1")
    assert "seed: 0 → 1; kge.dim: 16 → 18" in error
    assert "take these back to resume, or start anew with another --out" in error
    assert "is a run of task kge, --task says kon" in fails(
        2, "train", "--resume", "--task", "kon", "--out", run
    )
    assert "--resume goes on with a run; say which with --out" in fails(2, "train", "--resume")


def test_dry_run_reports_sizes_and_leaves_nothing(graph: Graph, kgllm: Kgllm, small: Small) -> None:
    data = graph()
    done = kgllm("train", *small["kon"], "--data", data, "--out", data.parent / "run", "--dry-run", "--json")
    assert done.returncode == 0, done
    assert json.loads(done.stdout)["metrics"]["valid/both.realistic.mrr"] > 0
    assert [path.name for path in data.parent.iterdir()] == ["places"]


def test_windows_line_ends_change_nothing(
    graph: Graph, kgllm: Kgllm, small: Small, finished: Finished
) -> None:
    data = graph()
    for path in data.iterdir():
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    run = data.parent / "run"
    assert kgllm("train", *small["kge"], "--data", data, "--out", run).returncode == 0
    ranks = [(folder / "ranks.jsonl").read_text() for folder in (run, finished("kge"))]
    assert ranks[0] == ranks[1]
    assert "CRLF" in json.loads((run / "metrics.json").read_text())["protocol"]["notes"][0]


def test_ctrl_c_saves_and_says_how_to_go_on(graph: Graph, kgllm: Kgllm, fails: Fails, small: Small) -> None:
    data = graph()
    run = data.parent / "run"
    options = ("--set", "train.steps=1000000", "--set", "train.log_every=1")
    verb = [sys.executable, "-m", "kgllm.cli", "train", "--data", str(data), "--out", str(run)]
    process = subprocess.Popen(
        [*verb, *small["kge"], *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    _wait_for_steps(run / "metrics.jsonl", process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, ""), err
    step, how = re.findall(r"SIGINT: saved step (\d+) of 1000000; go on with (.*)\n", err)[0]
    assert how == f"--resume --out {run}"
    assert f"finish it with kgllm train {how}" in fails(1, "evaluate", run)
    done = kgllm("train", *how.split(), "--set", f"train.steps={int(step) + 1}")
    assert done.returncode == 0, done
    assert kgllm("evaluate", run).returncode == 0


def test_ctrl_c_outside_the_loop_is_no_traceback(
    graph: Graph, kgllm: Kgllm, small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(experiment, "train", interrupted)
    done = kgllm("train", *small["kge"], "--data", graph(), "--out", "run")
    assert (done.returncode, done.stdout) == (130, "")
    assert "Traceback" not in done.stderr


def _wait_for_steps(path: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not (path.exists() and path.read_text().count("\n") > 3):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, f"{path} got no lines; load {os.getloadavg()}"
        time.sleep(0.05)
