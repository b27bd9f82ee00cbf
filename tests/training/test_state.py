"""Checkpoints: whole or not there, readable, restored to the bit."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from kgllm.errors import CheckpointError
from kgllm.training import checkpoint
from kgllm.training.random_state import random_states, restore_random_states, seed_everything, undisturbed
from kgllm.training.settings import TrainConfig
from kgllm.training.task import Runtime
from kgllm.training.weights import load_model, model_tensors

FILES = {"model": {"w": torch.arange(6.0).reshape(2, 3), "n": torch.tensor(3)}}

CRASHES = """
import os, random, signal, sys, time
from pathlib import Path

import torch
from kgllm.training import checkpoint

folder, dice, step = Path(sys.argv[1]), random.Random(0), 0
tensors = {str(i): torch.full((5000,), float(i)) for i in range(8)}

def save_on(step):
    while True:
        step += 1
        checkpoint.write(folder, step, {"model": tensors, "optim": tensors}, {"step": step})
        checkpoint.retain(folder, keep_last=2, best=step - step % 10)

checkpoint.write(folder, 0, {"model": tensors, "optim": tensors}, {"step": 0})
for _ in range(100):
    child = os.fork()
    if not child:
        save_on(step)
    time.sleep(dice.uniform(0.005, 0.06))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    found = checkpoint.steps(folder)
    for at, path in found.items():
        assert checkpoint.read_state(path)["step"] == at
        assert checkpoint.read_tensors(path, "model")["7"].eq(7).all()
        assert checkpoint.read_tensors(path, "optim")["1"].eq(1).all()
    assert max(found) >= step
    step = max(found)
    checkpoint.retain(folder, keep_last=2, best=step - step % 10)
    assert len(list(folder.iterdir())) <= 3
print(step)
"""


def write(folder: Path, *steps: int) -> None:
    for step in steps:
        checkpoint.write(folder, step, FILES, {"step": step})


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write(tmp_path, 7, 12)
    path = checkpoint.latest(tmp_path)
    assert path.name == "step_00000012"
    state = checkpoint.read_state(path)
    assert state["step"] == 12
    assert list(state["files"]) == ["model.safetensors"]
    tensors = checkpoint.read_tensors(path, "model")
    assert all(torch.equal(tensors[name], value) for name, value in FILES["model"].items())
    assert checkpoint.read_tensors(path, "ema") == {}
    assert (path / "state.json").read_text().startswith("{\n")


def test_a_step_is_written_once(tmp_path: Path) -> None:
    write(tmp_path, 7)
    before = (tmp_path / "step_00000007" / "state.json").stat().st_mtime_ns
    write(tmp_path, 7)
    assert (tmp_path / "step_00000007" / "state.json").stat().st_mtime_ns == before


@given(
    st.sets(st.integers(0, 99), min_size=1),
    st.integers(1, 4),
    st.integers(0, 5),
    st.none() | st.integers(0, 99),
)
def test_retention_keeps_last_best_and_multiples(
    tmp_path_factory: pytest.TempPathFactory, steps: set[int], last: int, every: int, best: int | None
) -> None:
    folder = tmp_path_factory.mktemp("kept")
    for step in steps:
        (folder / f"step_{step:08d}").mkdir()
    (folder / "step_00000100.tmp").mkdir()
    checkpoint.retain(folder, keep_last=last, keep_every=every, best=best)
    kept = set(sorted(steps)[-last:]) | {s for s in steps if s == best or (every and s % every == 0)}
    assert set(checkpoint.steps(folder)) == kept == {int(path.name[5:]) for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            lambda path: (path / "model.safetensors").unlink(),
            r"model\.safetensors is missing, \d+ bytes expected",
        ),
        (lambda path: os.truncate(path / "model.safetensors", 20), r"has 20 bytes, \d+ bytes expected"),
        (lambda path: (path / "state.json").unlink(), r"state\.json is missing or unreadable"),
        (lambda path: os.truncate(path / "state.json", 20), r"state\.json is missing or unreadable"),
        (lambda path: (path / "state.json").write_text("[]"), r"state\.json is missing or unreadable"),
    ],
)
def test_damage_is_named_with_its_remedy(tmp_path: Path, damage: object, message: str) -> None:
    write(tmp_path, 7)
    damage(tmp_path / "step_00000007")  # type: ignore[operator]
    with pytest.raises(
        CheckpointError, match=message + r".*; delete .*step_00000007 to resume from an older"
    ):
        checkpoint.read_state(tmp_path / "step_00000007")


def test_bytes_that_are_no_tensors_are_named(tmp_path: Path) -> None:
    write(tmp_path, 7)
    file = tmp_path / "step_00000007" / "model.safetensors"
    file.write_bytes(b"x" * file.stat().st_size)
    with pytest.raises(CheckpointError, match=r"model\.safetensors cannot be read"):
        checkpoint.read_tensors(tmp_path / "step_00000007", "model")


def test_no_checkpoint_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no checkpoint in .*without --resume"):
        checkpoint.latest(tmp_path / "none")
    with pytest.raises(CheckpointError, match=r"no checkpoint at"):
        checkpoint.read_state(tmp_path / "none")


def test_a_crash_leaves_whole_checkpoints_only(tmp_path: Path) -> None:
    """A hundred kills at random moments of a process that does nothing but save and delete."""
    command = [sys.executable, "-c", CRASHES, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20


def test_random_states_come_back_exactly() -> None:
    seed_everything(5)
    random.gauss(0, 1)  # leaves a second value in store
    np.random.standard_normal()
    states = json.loads(json.dumps(random_states()))
    first = (
        random.gauss(0, 1),
        random.random(),
        np.random.standard_normal(3).tolist(),
        torch.randn(3).tolist(),
    )
    restore_random_states(states)
    again = (
        random.gauss(0, 1),
        random.random(),
        np.random.standard_normal(3).tolist(),
        torch.randn(3).tolist(),
    )
    assert first == again


def test_undisturbed_restores_modes_and_states_even_after_an_error() -> None:
    model = torch.nn.Sequential(torch.nn.Dropout(), torch.nn.Sequential(torch.nn.Dropout()))
    model[1].eval()
    before = random_states()

    def evaluate() -> None:
        with undisturbed(model):
            assert not model.training
            assert not torch.is_grad_enabled()
            torch.rand(1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        evaluate()
    assert [m.training for m in model.modules()] == [True, True, False, False]
    assert random_states() == before


@pytest.fixture
def task(toy: ModuleType) -> object:
    seed_everything(0)
    return toy.ToyTask(Runtime(), TrainConfig(steps=1, micro_batch=8), toy.SETTINGS)


def test_tied_weights_are_stored_once_and_come_back(toy: ModuleType, task: object, tmp_path: Path) -> None:
    tensors = model_tensors(task)  # type: ignore[arg-type]
    assert "table.weight" in tensors
    assert "tied.weight" not in tensors
    path = checkpoint.write(tmp_path, 1, {"model": tensors}, {})
    seed_everything(1)
    other = toy.ToyTask(Runtime(), TrainConfig(steps=1, micro_batch=8), toy.SETTINGS)
    load_model(other, path)
    assert torch.equal(other.model.tied.weight, tensors["table.weight"])
    assert all(torch.equal(a, b) for a, b in zip(other.model.parameters(), tensors.values(), strict=True))


def test_averages_replace_weights_when_asked(task: object, tmp_path: Path) -> None:
    tensors = model_tensors(task)  # type: ignore[arg-type]
    averages = {"table.weight": torch.ones(60, 6)}
    path = checkpoint.write(tmp_path, 1, {"model": tensors, "ema": averages}, {})
    load_model(task, path, averaged=True)  # type: ignore[arg-type]
    assert model_tensors(task)["table.weight"].eq(1).all()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop("block.0.bias"), r"it lacks block\.0\.bias"),
        (lambda t: t.update(extra=torch.zeros(1)), r"it holds extra, which the model lacks"),
        (
            lambda t: t.update({"table.weight": torch.zeros(2, 6)}),
            r"table\.weight has shape \(2, 6\), in the model \(60, 6\)",
        ),
    ],
)
def test_a_checkpoint_of_another_model_is_refused(
    task: object, tmp_path: Path, change: object, message: str
) -> None:
    tensors = dict(model_tensors(task))  # type: ignore[arg-type]
    change(tensors)  # type: ignore[operator]
    path = checkpoint.write(tmp_path, 1, {"model": tensors}, {})
    with pytest.raises(CheckpointError, match=message):
        load_model(task, path)  # type: ignore[arg-type]


def test_a_task_may_save_a_part(toy: ModuleType, tmp_path: Path) -> None:
    class Adapter(toy.ToyTask):
        def trainable_state(self) -> dict[str, torch.Tensor]:
            return {n: t for n, t in self.model.state_dict(keep_vars=True).items() if t.requires_grad}

    adapter = Adapter(Runtime(), TrainConfig(steps=1, micro_batch=8), toy.SETTINGS)
    adapter.model.table.requires_grad_(False)
    tensors = model_tensors(adapter)
    assert set(tensors) == {f"block.{i}.{name}" for i in (0, 3) for name in ("weight", "bias")}
    load_model(adapter, checkpoint.write(tmp_path, 1, {"model": tensors}, {}))
    adapter.model.table.requires_grad_(True)
    with pytest.raises(CheckpointError, match=r"it lacks table\.weight"):
        load_model(adapter, tmp_path / "step_00000001")
