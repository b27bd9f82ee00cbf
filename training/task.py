"""What a task tells the loop. The loop knows tasks only through this protocol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

Batch = Mapping[str, Any]
"""Tensors and plain values by name; the loop moves tensors to the device."""


@dataclass(frozen=True)
class Runtime:
    """Where and how a task runs. The seed has been set before a task is built.

    Attributes:
        device: where parameters and batches live.
        rank, world: this process and the number of processes.
        seed: all data order and sampling derive from it.
        autocast: dtype of the forward pass, ``None`` for float32.
    """

    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    rank: int = 0
    world: int = 1
    seed: int = 0
    autocast: torch.dtype | None = None


@dataclass(frozen=True)
class Loss:
    """A sum over units, and how many units it covers. The loop divides once per optimizer step.

    Attributes:
        total: () float32, Σ of the loss over units; carries the gradient.
        count: number of units (int or () tensor); 0 where a batch has nothing to learn from.
        parts: name → (sum, count), detached; logged as sum ÷ count over the log window. The names
            are the same in every batch and on every rank; count 0 where a part is absent.
    """

    total: Tensor
    count: int | Tensor
    parts: Mapping[str, tuple[Tensor, int | Tensor]] = field(default_factory=dict)


@dataclass(frozen=True)
class ParamGroup:
    """Parameters with one optimizer and one learning rate.

    Attributes:
        name: shown in the log.
        params: trainable parameters; each belongs to exactly one group.
        optimizer: ``adamw``, ``adam``, ``adagrad`` or ``sgd``.
        lr: peak learning rate; the schedule multiplies it.
        weight_decay: decoupled decay of parameters with two or more dimensions; vectors get none.
    """

    name: str
    params: tuple[nn.Parameter, ...]
    optimizer: str = "adamw"
    lr: float = 1e-3
    weight_decay: float = 0.0


@runtime_checkable
class Task(Protocol):
    """One way of training. Built from (config, runtime); see ``training.tasks.TASKS``.

    The class attribute ``Config`` is the pydantic model of the task's own block of settings.
    ``micro_batch`` units of work go into one batch; the loop draws ``accumulate`` batches per rank
    and step. What a task may have besides stands in the small protocols below.
    """

    name: str
    model: nn.Module
    """All that is trained or saved hangs below it."""
    best: tuple[str, str]
    """(metric name, ``"max"`` or ``"min"``) that selects the best checkpoint; never a test metric."""

    def groups(self) -> list[ParamGroup]:
        """Every trainable parameter in exactly one group, every frozen one in none.

        Read ``model``'s parameters anew at each call: sharding replaces them.
        """
        ...

    def batches(self, start: int, rank: int = 0, world: int = 1) -> Iterator[Batch]:
        """Endless; global batch i depends on (seed, i) only. Rank r yields start + r, start + r + world …"""
        ...

    def loss(self, batch: Batch) -> Loss:
        """Σ over the batch's units; ``total`` is float32 even under autocast."""
        ...

    def evaluate(self, split: str) -> dict[str, float]:
        """Metrics such as ``valid/both.realistic.mrr``.

        The loop calls it on every rank, without gradients, in evaluation mode, in float32, and
        restores mode and random states afterwards; rank 0's numbers count.
        """
        ...

    def state_dict(self) -> dict[str, Any]:
        """State outside the model: tensors, numbers, strings by name; empty for most tasks."""
        ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore what ``state_dict`` gave."""
        ...


@runtime_checkable
class CountsEpochs(Protocol):
    """A task that can tell how long an epoch is, so that ``train.epochs`` may be set."""

    def steps_per_epoch(self) -> int:
        """Optimizer steps of one pass over the training data."""
        ...


@runtime_checkable
class SavesPart(Protocol):
    """A task whose checkpoints hold a part of the model, e.g. adapters over a frozen backbone."""

    def trainable_state(self) -> dict[str, Tensor]:
        """Names as in ``model.state_dict()``; must hold every trainable parameter."""
        ...


@runtime_checkable
class ActsAfterStep(Protocol):
    """A task that does something after each optimizer step, e.g. normalising entity vectors."""

    def after_step(self, step: int) -> None:
        """Called with the number of steps done, without gradients. Parameters may be sharded."""
        ...


@runtime_checkable
class CountsFlops(Protocol):
    """A task that knows its arithmetic, for model-FLOPs utilisation."""

    def flops_per_unit(self) -> float:
        """Floating-point operations of forward and backward per unit of ``Loss.count``."""
        ...


@runtime_checkable
class Shards(Protocol):
    """A task that names the modules FSDP2 may gather one by one; without it the model is one piece."""

    def shards(self) -> list[nn.Module]:
        """Modules whose parameters are only used inside their own ``forward``, inner ones first."""
        ...


@runtime_checkable
class Exports(Protocol):
    """A task that can write its model for users."""

    def export(self, folder: Path) -> None:
        """Write ``save_pretrained``-style files."""
        ...
