"""K-ON and embeddings on two processes give what one process gives."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from kgllm.training.log import read_lines

SETS = ["train.steps=3", "train.save_every=1", "train.keep_last=9", "train.eval_every=2"]
ONE = [*SETS, "train.micro_batch=8", "train.accumulate=2"]
DDP = [*SETS, "train.micro_batch=4", "train.accumulate=2"]
FSDP2 = [*SETS, "train.micro_batch=8", "runtime.parallel=fsdp2"]
VARIANTS = ("kge-complex", "kge-transe", "kon", "kon-ce_all", "kon-info_nce", "kon-lora")
RUNS = [(name, cut) for name in VARIANTS for cut in ("ddp", "fsdp2")]


@pytest.fixture(scope="module")
def two(
    run_process: Callable[..., subprocess.CompletedProcess[str]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Folder of all ``RUNS``, done by one pair of processes."""
    folder = tmp_path_factory.mktemp("two")
    sets = {"ddp": DDP, "fsdp2": FSDP2}
    entries = [
        {"folder": folder / f"{name}-{cut}", "variant": name, "sets": sets[cut], "sgd": True}
        for name, cut in RUNS
    ]
    done = run_process(entries, processes=2)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


@pytest.fixture(scope="module")
def alone(train: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Folder of a variant's run on one process."""
    done: dict[str, Path] = {}

    def get(variant: str) -> Path:
        if variant not in done:
            done[variant] = tmp_path_factory.mktemp(variant)
            train(done[variant], variant, ONE, sgd=True)
        return done[variant]

    return get


@pytest.mark.parametrize(("variant", "cut"), RUNS)
def test_two_processes_equal_one(
    runs: ModuleType, two: Path, alone: Callable[[str], Path], variant: str, cut: str
) -> None:
    """Weights after each step; losses and metrics; queries with few and many golds fall on either rank."""
    one, other = alone(variant), two / f"{variant}-{cut}"
    assert len(runs.weights(one)) == 3
    assert runs.difference(runs.weights(one), runs.weights(other)) <= 1e-6
    for line, same in zip(*(read_lines(f / "metrics.jsonl") for f in (one, other)), strict=True):
        if line["event"] == "train":
            assert line["loss"] == pytest.approx(same["loss"], rel=1e-5)
        else:
            assert line["metrics"] == pytest.approx(same["metrics"])
