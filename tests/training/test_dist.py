"""DDP and FSDP2 with two processes on CPU give what one process gives."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from kgllm.errors import ConfigError
from kgllm.training import checkpoint, dist
from kgllm.training.settings import RuntimeConfig

EXACT = {
    "dropout": 0,
    "ema": 0.9,
    "save_every": 1,
    "keep_last": 99,
    "log_every": 1,
    "eval_every": 4,
    "steps": 8,
}
SGD = {**EXACT, "kinds": ["sgd", "sgd"], "clip": None}
RUNS: dict[str, dict[str, Any]] = {
    "ddp": {**EXACT, "accumulate": 1},
    "ddp_accumulated": {**EXACT, "micro_batch": 2, "accumulate": 2},
    "fsdp2": {**EXACT, "accumulate": 1, "parallel": "fsdp2"},
    "fsdp2_accumulated": {**EXACT, "micro_batch": 2, "accumulate": 2, "parallel": "fsdp2"},
    "ddp_sgd": {**SGD, "accumulate": 1},
    "fsdp2_sgd": {**SGD, "accumulate": 1, "parallel": "fsdp2"},
    "stopped": {**EXACT, "accumulate": 1, "parallel": "fsdp2", "signal_at": 6},
    "poisoned": {**EXACT, "accumulate": 1, "poison": {"5": 1e40}, "max_skipped": 1},
    "dropout": {**EXACT, "accumulate": 1, "dropout": 0.5},
    "dropout_stopped": {**EXACT, "accumulate": 1, "dropout": 0.5, "signal_at": 7},
}


@pytest.fixture(scope="module")
def two(
    toy_process: Callable[..., subprocess.CompletedProcess[str]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Folder of all ``RUNS``, done by one pair of processes."""
    folder = tmp_path_factory.mktemp("two")
    runs = [{"folder": folder / name, **options} for name, options in RUNS.items()]
    runs.append({"folder": folder / "dropout_stopped", "resume": True, **RUNS["dropout"]})
    done = toy_process(runs, processes=2)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def weights(folder: Path, file: str = "model") -> list[dict[str, torch.Tensor]]:
    return [checkpoint.read_tensors(path, file) for path in checkpoint.steps(folder / "checkpoints").values()]


def difference(one: list[dict[str, torch.Tensor]], two: list[dict[str, torch.Tensor]]) -> float:
    pairs = [(a[n], b[n]) for a, b in zip(one, two, strict=True) for n in a]
    return max(((a - b).abs().max() / a.abs().max().clamp(min=1e-30)).item() for a, b in pairs)


@pytest.mark.parametrize("name", ["ddp", "ddp_accumulated", "fsdp2", "fsdp2_accumulated"])
def test_two_processes_equal_one(toy: ModuleType, two: Path, tmp_path: Path, name: str) -> None:
    """Weights and running averages after each of 8 steps, norms, losses, metrics; counts differ by rank."""
    toy.run_toy(tmp_path, **EXACT)
    assert difference(weights(tmp_path), weights(two / name)) <= 1e-6
    assert difference(weights(tmp_path, "ema"), weights(two / name, "ema")) <= 1e-6
    for one, other in zip(toy.events(tmp_path), toy.events(two / name), strict=True):
        assert one["event"] == other["event"]
        if one["event"] == "eval":
            assert one["metrics"] == pytest.approx(other["metrics"])
        else:
            numbers = [(e["loss"], e["grad_norm"], e["parts"]["even"]) for e in (one, other)]
            assert numbers[0] == pytest.approx(numbers[1], rel=1e-6)


@pytest.mark.parametrize("name", ["ddp_sgd", "fsdp2_sgd"])
def test_gradients_of_two_processes_equal_those_of_one(
    toy: ModuleType, two: Path, tmp_path: Path, name: str
) -> None:
    """Under sgd without clipping, the difference of two weights is a learning rate times a gradient."""
    toy.run_toy(tmp_path, **SGD)

    def gradients(folder: Path) -> list[dict[str, torch.Tensor]]:
        steps = weights(folder)
        return [{n: b[n] - a[n] for n in a} for a, b in itertools.pairwise(steps)]

    assert difference(weights(tmp_path), weights(two / name)) <= 1e-6
    assert difference(gradients(tmp_path), gradients(two / name)) <= 2e-5  # differences of rounded weights


def test_a_sharded_run_goes_on_in_one_process(toy: ModuleType, two: Path, tmp_path: Path) -> None:
    toy.run_toy(tmp_path, **EXACT)
    folder = two / "stopped"
    assert max(checkpoint.steps(folder / "checkpoints")) == 4
    toy.run_toy(folder, resume=True, **EXACT)
    assert difference(weights(tmp_path), weights(folder)) <= 1e-6
    assert difference(weights(tmp_path, "optim"), weights(folder, "optim")) <= 1e-5


def test_all_ranks_skip_the_step_that_one_poisons(two: Path) -> None:
    steps = weights(two / "poisoned")
    still = [i + 1 for i in range(1, 8) if difference(steps[i - 1 : i], steps[i : i + 1]) == 0]
    assert still == [3]  # batch 5 is the second of step 3


def test_two_processes_resume_bitwise_with_dropout(toy: ModuleType, two: Path) -> None:
    assert toy.fingerprint(two / "dropout") == toy.fingerprint(two / "dropout_stopped")
    random = checkpoint.read_state(checkpoint.latest(two / "dropout" / "checkpoints"))["random"]
    assert random[0]["torch"] != random[1]["torch"]


def test_one_process_needs_no_environment() -> None:
    with dist.start(RuntimeConfig(device="cpu", threads=1, dtype="bfloat16"), seed=3) as runtime:
        assert (runtime.rank, runtime.world, runtime.seed) == (0, 1, 3)
        assert runtime.autocast is torch.bfloat16
        drawn = torch.rand(1)
    with dist.start(RuntimeConfig(device="cpu", dtype="float32"), seed=3) as runtime:
        assert runtime.autocast is None
        assert torch.equal(torch.rand(1), drawn)


def test_deterministic_kernels_are_for_this_run_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":16:8")
    with dist.start(RuntimeConfig(device="cpu", deterministic=True), seed=0):
        assert torch.are_deterministic_algorithms_enabled()
    assert not torch.are_deterministic_algorithms_enabled()


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a GPU")
def test_a_gpu_that_is_not_there_is_an_error() -> None:
    with (
        pytest.raises(ConfigError, match=r"runtime\.device is cuda, but torch sees no GPU"),
        dist.start(RuntimeConfig(device="cuda"), seed=0),
    ):
        pass
