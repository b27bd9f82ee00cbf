"""A task's weights, to a checkpoint and back; all that evaluation needs of one."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from ..errors import CheckpointError
from . import checkpoint, dist
from .task import SavesPart, Task


def model_tensors(task: Task) -> dict[str, Tensor]:
    """What a checkpoint holds of ``task.model``: whole CPU tensors. Every rank must call it.

    A tensor that the model knows under two names (tied embeddings) is stored under the first.
    """
    state = task.trainable_state() if isinstance(task, SavesPart) else task.model.state_dict(keep_vars=True)
    first: dict[int, str] = {}
    for name, tensor in state.items():
        first.setdefault(id(tensor), name)
    return {name: dist.whole(dist.local(state[name]), state[name]) for name in first.values()}


@torch.no_grad()
def load_model(task: Task, path: Path, *, averaged: bool = True) -> None:
    """Put the weights of the checkpoint at ``path`` into ``task.model``.

    Args:
        averaged: take the running averages where the checkpoint has them, as evaluation does.

    Raises:
        CheckpointError: the checkpoint is damaged or of another model.
    """
    checkpoint.read_state(path)
    saved = checkpoint.read_tensors(path, "model")
    if averaged:
        saved |= checkpoint.read_tensors(path, "ema")
    targets = task.model.state_dict(keep_vars=True)
    if problem := _misfit(task, saved, targets):
        raise CheckpointError(f"{path} is of another model: {problem}; use the config.yaml of its run")
    for name, value in saved.items():
        dist.local(targets[name]).copy_(dist.part(value, targets[name]))


def _misfit(task: Task, saved: dict[str, Tensor], targets: dict[str, Tensor]) -> str:
    """The first thing that keeps ``saved`` from filling the model, or nothing."""
    for name, value in saved.items():
        if name not in targets:
            return f"it holds {name}, which the model lacks"
        if targets[name].shape != value.shape:
            return f"{name} has shape {tuple(value.shape)}, in the model {tuple(targets[name].shape)}"
    filled = {id(targets[name]) for name in saved}
    partial = isinstance(task, SavesPart)
    for name, target in targets.items():
        if id(target) not in filled and (target.requires_grad or not partial):
            return f"it lacks {name}"
    return ""
