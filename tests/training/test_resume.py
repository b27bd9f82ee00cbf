"""Stopping anywhere and going on gives, bit by bit, the run that never stopped."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from kgllm.errors import CheckpointError
from kgllm.training import checkpoint

Process = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize("batch", [0, 1, 7, 13, 19, 20, 33, 45])
def test_sigterm_finishes_the_step_saves_and_resumes_bitwise(
    toy: ModuleType, unbroken: Path, tmp_path: Path, batch: int
) -> None:
    """Signals fall into first and second micro-batches, before and after evaluations, epochs, log lines."""
    _, result = toy.run_toy(tmp_path, signal_at=batch)
    last = result.step == 23
    assert result.step == batch // 2 + 1
    assert result.reason == ("finished" if last else "signal")
    assert checkpoint.latest(tmp_path / "checkpoints").name == f"step_{result.step:08d}"
    _, result = toy.run_toy(tmp_path, resume=True)
    assert result.step == 23
    assert toy.fingerprint(tmp_path) == toy.fingerprint(unbroken)


def test_stopping_again_and_again_changes_nothing(toy: ModuleType, unbroken: Path, tmp_path: Path) -> None:
    for batch in (2, 11, 12, 29, 40):
        toy.run_toy(tmp_path, resume=True, signal_at=batch)
    toy.run_toy(tmp_path, resume=True)
    assert toy.fingerprint(tmp_path) == toy.fingerprint(unbroken)


def test_kill_9_loses_steps_but_no_bit(
    toy: ModuleType, unbroken: Path, toy_process: Process, tmp_path: Path
) -> None:
    """Killed before the first checkpoint, inside a step, and right after an evaluation."""
    for batch in (5, 27, 40):
        done = toy_process([{"folder": tmp_path, "resume": True, "kill_at": batch}])
        assert done.returncode == -signal.SIGKILL
    assert toy_process([{"folder": tmp_path, "resume": True}]).returncode == 0
    assert toy.fingerprint(tmp_path) == toy.fingerprint(unbroken)


@pytest.mark.parametrize("changes", [{"dtype": "bfloat16"}, {"accumulate": 1}, {"ema": None, "clip": None}])
def test_resume_is_bitwise_in_other_settings(
    toy: ModuleType, tmp_path: Path, changes: dict[str, object]
) -> None:
    toy.run_toy(tmp_path / "a", **changes)
    toy.run_toy(tmp_path / "b", signal_at=9, **changes)
    toy.run_toy(tmp_path / "b", resume=True, **changes)
    assert toy.fingerprint(tmp_path / "a") == toy.fingerprint(tmp_path / "b")


def test_another_cut_of_the_same_global_batch_resumes_to_rounding(toy: ModuleType, tmp_path: Path) -> None:
    toy.run_toy(tmp_path / "a", dropout=0)
    toy.run_toy(tmp_path / "b", dropout=0, signal_at=21)
    toy.run_toy(tmp_path / "b", dropout=0, resume=True, micro_batch=2, accumulate=4)
    one, two = (
        checkpoint.read_tensors(checkpoint.latest(tmp_path / name / "checkpoints"), "model") for name in "ab"
    )
    assert all((one[name] - two[name]).abs().max() <= 2e-6 * one[name].abs().max() for name in one)


def test_a_finished_run_resumes_to_itself_and_further(
    toy: ModuleType, unbroken: Path, tmp_path: Path
) -> None:
    shutil.copytree(unbroken, tmp_path / "a")
    _, result = toy.run_toy(tmp_path / "a", resume=True)
    assert (result.step, result.metrics) == (23, {})
    assert toy.fingerprint(tmp_path / "a") == toy.fingerprint(unbroken)
    _, result = toy.run_toy(tmp_path / "a", resume=True, steps=25)
    assert result.step == 25


def test_a_folder_with_a_run_is_not_overwritten(toy: ModuleType, unbroken: Path) -> None:
    with pytest.raises(CheckpointError, match=r"holds checkpoints of a run; pass --resume, or another --out"):
        toy.run_toy(unbroken)


def test_other_settings_are_refused(toy: ModuleType, unbroken: Path) -> None:
    with pytest.raises(CheckpointError, match=r"made with other settings; .* config\.yaml"):
        toy.run_toy(unbroken, resume=True, identity="another")
    with pytest.raises(CheckpointError, match=r"global batches of 8, this run has 12"):
        toy.run_toy(unbroken, resume=True, micro_batch=6)


def test_lines_of_lost_steps_are_dropped(toy: ModuleType, unbroken: Path, tmp_path: Path) -> None:
    folder = tmp_path / "a"
    shutil.copytree(unbroken, folder)
    shutil.rmtree(folder / "checkpoints" / "step_00000023")
    with (folder / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"event": "train", "st')
    toy.run_toy(folder, resume=True)
    assert toy.fingerprint(folder) == toy.fingerprint(unbroken)
