"""What every task promises the loop; parametrised over variants of all registered tasks."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor

from kgllm.training.config import task_class
from kgllm.training.optim import Optimizers
from kgllm.training.random_state import random_states, undisturbed
from kgllm.training.settings import OptimConfig
from kgllm.training.task import Task
from kgllm.training.tasks import TASKS
from kgllm.training.weights import load_model

Build = Callable[..., Any]
VARIANTS = (
    "kge-complex", "kge-distmult", "kge-transe", "kge-rotate", "kon", "kon-multi_pos", "kon-ce_all",
    "kon-info_nce", "kon-self_adv_bce", "kon-lora", "kon-frozen",
)  # fmt: skip
each_variant = pytest.mark.parametrize("variant", VARIANTS)


def equal(one: Any, two: Any) -> bool:
    return torch.equal(one, two) if isinstance(one, Tensor) else one == two


def items(batch: Any) -> list[tuple[int, ...]]:
    """The queries of a batch."""
    return list(zip(*(batch[key].tolist() for key in ("source", "relation", "side")), strict=True))


def test_every_task_has_a_variant_here(runs: ModuleType) -> None:
    assert set(VARIANTS) == set(runs.VARIANTS)
    assert {task for task, _ in runs.VARIANTS.values()} == set(TASKS)
    for name in TASKS:
        assert task_class(name).name == name


@each_variant
def test_groups_partition_the_trainable_parameters(build: Build, variant: str) -> None:
    task = build(variant)
    assert isinstance(task, Task)
    held = [id(p) for group in task.groups() for p in group.params]
    assert len(held) == len(set(held))
    assert set(held) == {id(p) for p in task.model.parameters() if p.requires_grad}
    assert not task.best[0].startswith("test")
    Optimizers(task.groups(), task.model, OptimConfig())  # which says what is wrong, if something is


@each_variant
def test_ranks_share_the_global_batches(build: Build, variant: str) -> None:
    """Batch i is a function of (seed, i), whoever draws it and from where on."""
    task = build(variant, "train.accumulate=2")
    alone = list(islice(task.batches(3), 12))
    shared = [list(islice(task.batches(3, rank, 3), 4)) for rank in range(3)]
    for i, batch in enumerate(alone):
        other = shared[i % 3][i // 3]
        assert batch.keys() == other.keys()
        assert all(equal(batch[key], other[key]) for key in batch)


@each_variant
def test_an_epoch_asks_each_query_at_most_once(build: Build, variant: str) -> None:
    task = build(variant)
    epochs = task.steps_per_epoch()
    first, second = (
        [item for batch in islice(task.batches(start), epochs) for item in items(batch)]
        for start in (0, epochs)
    )
    if task.name == "kon":  # kge asks for every triple, kon asks each query once
        assert len(set(first)) == len(first)
    assert first != second
    assert len(first) == len(second) == 8 * epochs


@each_variant
def test_learns_the_toy_graph(train: Build, tmp_path: Path, variant: str) -> None:
    sets = ["train.steps=100", "train.micro_batch=56", "optim.schedule=cosine", "optim.warmup=0.1"]
    task, result = train(tmp_path, variant, sets)
    assert result.reason == "finished"
    with undisturbed(task.model):
        found = task.evaluate("train")
    assert found["train/both.realistic.mrr"] >= 0.85  # guessing gives .25


@each_variant
def test_evaluation_disturbs_nothing(build: Build, variant: str) -> None:
    task = build(variant)
    state = {name: value.clone() for name, value in task.model.state_dict().items()}
    random = random_states()
    with undisturbed(task.model):
        first, second = (task.evaluate("valid") for _ in range(2))
    assert first == second
    assert task.best[0] in first
    assert all(torch.equal(value, state[name]) for name, value in task.model.state_dict().items())
    assert random_states() == random
    assert all(p.grad is None for p in task.model.parameters())


@each_variant
def test_t33_accumulation_equals_one_batch(
    train: Build, runs: ModuleType, tmp_path: Path, variant: str
) -> None:
    """The same global batches cut into 1, 2 and 4; counts of golds differ from cut to cut."""
    sets = ["train.steps=4", "train.save_every=1", "train.keep_last=9"]
    for cut in (1, 2, 4):
        more = [f"train.micro_batch={16 // cut}", f"train.accumulate={cut}"]
        train(tmp_path / str(cut), variant, [*sets, *more], sgd=True)
    whole, *parts = (runs.weights(tmp_path / str(cut)) for cut in (1, 2, 4))
    assert [runs.difference(whole, part) <= 1e-6 for part in parts] == [True, True]


@each_variant
def test_losses_are_sums_of_units(build: Build, variant: str) -> None:
    task = build(variant)
    task.model.eval()
    whole = task.loss(next(islice(task.batches(0), 0, None)))
    assert whole.total.dtype == torch.float32
    assert whole.total.dim() == 0
    assert whole.total.requires_grad
    assert int(whole.count) == 8
    assert all(not torch.as_tensor(total).requires_grad for total, _ in whole.parts.values())


@each_variant
def test_a_checkpoint_brings_the_scores_back(
    train: Build, build: Build, tmp_path: Path, variant: str
) -> None:
    task, _ = train(tmp_path, variant, ["train.steps=3"])
    fresh = build(variant, "seed=1") if variant not in ("kon-lora", "kon-frozen") else build(variant)
    load_model(fresh, tmp_path / "checkpoints" / "step_00000003")
    fresh.load_state_dict(task.state_dict())
    with undisturbed(task.model), undisturbed(fresh.model):
        assert fresh.evaluate("valid") == task.evaluate("valid")
        batch = next(task.batches(5))
        assert torch.equal(task.loss(batch).total, fresh.loss(batch).total)
