"""Stopping a real task anywhere and going on gives, bit by bit, the run that never stopped."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from kgllm.errors import TokenizerMismatchError

Train = Callable[..., Any]
SETS = [
    "train.save_every=3",
    "train.eval_every=5",
    "train.accumulate=2",
    "train.micro_batch=4",
    "optim.ema=0.9",
]
DROPOUT = ["kon.backbone.dropout=0.2", "kon.head.dropout=0.2"]
SETTINGS = {
    "kge-complex": SETS,
    "kge-transe": SETS,
    "kon": [*SETS, *DROPOUT],
    "kon-ce_all": [*SETS, *DROPOUT],
    "kon-info_nce": [*SETS, *DROPOUT],
    "kon-lora": [*SETS, "kon.backbone.lora.dropout=0.2"],
}
variants = pytest.mark.parametrize("variant", SETTINGS)


@pytest.fixture(scope="module")
def unbroken(train: Train, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Folder of a run of a variant that was never stopped."""
    done: dict[str, Path] = {}

    def get(variant: str) -> Path:
        if variant not in done:
            done[variant] = tmp_path_factory.mktemp(variant)
            train(done[variant], variant, SETTINGS[variant])
        return done[variant]

    return get


@variants
def test_sigterm_at_several_steps_resumes_bitwise(
    train: Train, runs: ModuleType, unbroken: Callable[[str], Path], tmp_path: Path, variant: str
) -> None:
    """In first and second micro-batches, at an evaluation, in a later epoch, in the last step."""
    for batch in (1, 8, 11, 15, 22):
        _, result = train(tmp_path, variant, SETTINGS[variant], resume=True, signals={"SIGTERM": batch})
        assert result.step == batch // 2 + 1
    _, result = train(tmp_path, variant, SETTINGS[variant], resume=True)
    assert result.reason == "finished"
    assert runs.fingerprint(tmp_path) == runs.fingerprint(unbroken(variant))


def test_kill_9_at_several_steps_resumes_bitwise(
    run_process: Callable[..., subprocess.CompletedProcess[str]],
    train: Train,
    runs: ModuleType,
    unbroken: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    """Both tasks: killed before the first checkpoint, inside a step, and after an evaluation."""

    def go_on(variant: str, **signals: int) -> dict[str, Any]:
        more = {"sets": SETTINGS[variant], "resume": True, "signals": signals}
        return {"folder": tmp_path / variant, "variant": variant, **more}

    for entries in (
        [go_on("kge-transe", SIGTERM=9), go_on("kon", SIGKILL=3)],
        [go_on("kon", SIGTERM=14), go_on("kge-transe", SIGKILL=21)],
        [go_on("kge-transe"), go_on("kon", SIGKILL=20)],
    ):
        done = run_process(entries)
        assert done.returncode == -signal.SIGKILL, done.stderr[-3000:]
    train(tmp_path / "kon", "kon", SETTINGS["kon"], resume=True)
    for variant in ("kon", "kge-transe"):
        assert runs.fingerprint(tmp_path / variant) == runs.fingerprint(unbroken(variant))


def test_the_command_line_stops_and_goes_on(
    train: Train, runs: ModuleType, graph: Path, tmp_path: Path
) -> None:
    """SIGTERM from outside, wherever it falls: exit code 1, a sentence that says how to go on, equal bits."""
    sets = [*SETTINGS["kon"], "train.steps=80", "train.save_every=20", "train.eval_every=30"]
    config, folder = tmp_path / "settings.yaml", tmp_path / "stopped"
    config.write_text(yaml.safe_dump(runs.settings(graph, "kon", *sets).tree()))
    flags = ["--task", "kon", "--config", str(config), "--out", str(folder), "--json"]
    command = [sys.executable, "-m", "kgllm.cli", "train", *flags]
    stopped = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    lines = folder / "metrics.jsonl"
    while stopped.poll() is None and (not lines.exists() or len(lines.read_text().splitlines()) < 9):
        time.sleep(0.01)
    stopped.send_signal(signal.SIGTERM)
    _, said = stopped.communicate(timeout=120)
    assert stopped.returncode == 1, said
    assert "go on with --resume" in said

    again = subprocess.run([*command, "--resume"], capture_output=True, text=True, check=False, timeout=240)
    assert again.returncode == 0, again.stderr[-3000:]
    assert 0 < json.loads(again.stdout)["metrics"]["test/both.realistic.mrr"] <= 1
    train(tmp_path / "whole", "kon", sets)
    assert runs.fingerprint(folder) == runs.fingerprint(tmp_path / "whole")


def test_a_checkpoint_of_another_tokenizer_is_refused(build: Callable[..., Any]) -> None:
    task = build("kon")
    other = build("kon", "kon.backbone.vocab_size=270")
    with pytest.raises(TokenizerMismatchError, match=r"the checkpoint was made with another tokenizer"):
        other.load_state_dict(task.state_dict())


def test_the_same_seed_gives_the_same_run(train: Train, runs: ModuleType, tmp_path: Path) -> None:
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        train(tmp_path / name, "kon", [*DROPOUT, "train.steps=3", f"seed={seed}"])
    a, b, c = (runs.fingerprint(tmp_path / name)["model"] for name in "abc")
    assert a == b != c
