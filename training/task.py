"""What a task tells the loop. The loop knows tasks only through this protocol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

Batch = Mapping[str, Any]
"""Tensors and plain values by name; ``batch["n"]`` is the number of supervised units, an int."""


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
        count: number of units (int or () tensor); equals ``batch["n"]``.
        parts: name → (sum, count), detached; logged as sum ÷ count over the log window.
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

    ``micro_batch`` units of work go into one batch; the loop draws ``accumulate`` batches per rank
    and step. Optional members, looked up by name: ``trainable_state()``, ``after_step(step)``,
    ``export(folder)``, ``flops_per_unit()``.
    """

    name: str
    model: nn.Module
    best: tuple[str, str]
    """(metric name, ``"max"`` or ``"min"``) that selects the best checkpoint; never a test metric."""

    def groups(self) -> list[ParamGroup]:
        """Every trainable parameter in exactly one group, every frozen one in none."""
        ...

    def batches(self, start: int, rank: int = 0, world: int = 1) -> Iterator[Batch]:
        """Endless; global batch i depends on (seed, i) only. Rank r yields start + r, start + r + world …"""
        ...

    def loss(self, batch: Batch) -> Loss:
        """Σ over the batch's units; ``total`` is float32 even under autocast."""
        ...

    def evaluate(self, split: str) -> dict[str, float]:
        """Metrics such as ``valid/both.realistic.mrr``; leaves mode and random states as found."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """State outside the model; empty for most tasks."""
        ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore what ``state_dict`` gave."""
        ...


class Exports(Protocol):
    """A task that can write its model for users."""

    def export(self, folder: Path) -> None: ...
