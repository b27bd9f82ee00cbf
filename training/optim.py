"""Learning rates, optimizers and gradient norms.

Every parameter is stepped through its *leaf*: the parameter itself, or under FSDP2 the plain tensor
that holds this rank's share of it. So one code serves both, and fused kernels see plain tensors only.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from ..errors import CheckpointError, TrainingError
from . import dist
from .settings import OptimConfig
from .task import ParamGroup

KINDS: dict[str, type[torch.optim.Optimizer]] = {
    "adamw": torch.optim.AdamW,
    "adam": torch.optim.Adam,
    "adagrad": torch.optim.Adagrad,
    "sgd": torch.optim.SGD,
}
"""All have fused kernels on CPU and GPU: only these can skip a step without waiting for the device."""


def schedule(step: int, steps: int, config: OptimConfig) -> float:
    """Fraction of the peak learning rate in step ``step`` (from 0) of ``steps``. A pure function.

    Warm-up climbs in equal parts and reaches 1 in its last step. ``wsd`` (warm-up, stable, decay):
    Hu et al., MiniCPM, 2024, with a straight descent.
    """
    warmup = _length(config.warmup, steps)
    if step < warmup:
        return (step + 1) / warmup
    flat = warmup if config.schedule != "wsd" else max(warmup, steps - _length(config.decay, steps))
    if config.schedule == "constant" or step < flat:
        return 1.0
    progress = min(1.0, (step - flat) / max(1, steps - flat))
    left = (1 + math.cos(math.pi * progress)) / 2 if config.schedule == "cosine" else 1 - progress
    return config.floor + (1 - config.floor) * left


def _length(value: float, steps: int) -> int:
    return round(value * steps) if value < 1 else round(value)


class Leaf(NamedTuple):
    """A parameter, and the tensor that is stepped in its place."""

    name: str
    param: nn.Parameter
    tensor: Tensor


class Optimizers:
    """One torch optimizer for each kind that the groups name, driven as one.

    Args:
        groups: from the task; weight decay falls on parameters with two or more dimensions.
        model: every trainable parameter below it must stand in exactly one group.
        config: betas and clip.

    Raises:
        TrainingError: the groups do not partition the trainable parameters, or ask for what an
            optimizer does not offer.
    """

    def __init__(self, groups: Sequence[ParamGroup], model: nn.Module, config: OptimConfig) -> None:
        names = _partition(groups, model)
        params = [param for group in groups for param in group.params]
        self.leaves = [Leaf(names[param], param, dist.leaf(param)) for param in params]
        self._clip = config.clip
        self._sharded = any(leaf.tensor is not leaf.param for leaf in self.leaves)
        tensors = {leaf.param: leaf.tensor for leaf in self.leaves}
        by_kind: dict[str, list[dict[str, Any]]] = {}
        for group in groups:
            by_kind.setdefault(group.optimizer, []).extend(_torch_groups(group, tensors))
        self._optimizers = [_build(kind, parts, config) for kind, parts in by_kind.items()]
        self._owner = {t: o for o in self._optimizers for g in o.param_groups for t in g["params"]}

    def set_lr(self, factor: float) -> dict[str, float]:
        """Set all learning rates to ``factor`` × peak; returns them by group name."""
        rates = {}
        for optimizer in self._optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rates[group["name"]] = group["peak"] * factor
        return rates

    @torch.no_grad()
    def step(self, total: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
        """Multiply the gradients by ``scale``, clip them, step, and forget them.

        Where ``total`` or the norm is not finite the device skips the update: weights, moments and step
        counters stay as they are, and nothing waits.

        Args:
            total: () float32, Σ of the step's loss.
            scale: () float32, processes ÷ units of the step.

        Returns:
            () float32 norm before clipping; () float32, 1 where the step was skipped and else 0.
        """
        norm = dist.total_norm(grads := self._grads(), sharded=self._sharded) * scale
        factor = scale if self._clip is None else scale * (self._clip / (norm + 1e-6)).clamp(max=1.0)
        torch._foreach_mul_(grads, factor)
        skipped = ((norm + total) * 0).ne(0).float()  # 0 · inf and 0 · NaN are NaN, which equals nothing
        for optimizer in self._optimizers:
            optimizer.found_inf = skipped  # type: ignore[attr-defined]
            optimizer.step()
        self.clear()
        return norm, skipped

    def clear(self) -> None:
        """Forget all gradients."""
        for leaf in self.leaves:
            leaf.param.grad = leaf.tensor.grad = None

    def release(self) -> None:
        """Take the skip flag off, so that the optimizers work as usual elsewhere."""
        for optimizer in self._optimizers:
            vars(optimizer).pop("found_inf", None)

    def tensors(self) -> dict[str, Tensor]:
        """Whole CPU tensors by ``<parameter>/<moment>``. Every rank must call it."""
        return {
            f"{leaf.name}/{key}": dist.whole(value, leaf.param if key != "step" else value)
            for leaf in self.leaves
            for key, value in self._owner[leaf.tensor].state[leaf.tensor].items()
        }

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Restore what ``tensors`` gave, for any number of processes.

        Raises:
            CheckpointError: a tensor belongs to no parameter.
        """
        by_name = {leaf.name: leaf for leaf in self.leaves}
        for name, value in tensors.items():
            owner, _, key = name.rpartition("/")
            if owner not in by_name:
                raise CheckpointError(f"the optimizer state of {owner} has no parameter in this model")
            leaf = by_name[owner]
            moment = (
                value.to(leaf.tensor.device, copy=True) if key == "step" else dist.part(value, leaf.param)
            )
            self._owner[leaf.tensor].state[leaf.tensor][key] = moment

    def _grads(self) -> list[Tensor]:
        for leaf in self.leaves:
            if leaf.tensor is not leaf.param and leaf.param.grad is not None:
                leaf.tensor.grad = dist.local(leaf.param.grad)
        return [leaf.tensor.grad for leaf in self.leaves if leaf.tensor.grad is not None]


def _torch_groups(group: ParamGroup, tensors: Mapping[nn.Parameter, Tensor]) -> Iterator[dict[str, Any]]:
    """The group as torch wants it: with weight decay, and without it for vectors and scalars."""
    if group.weight_decay and group.optimizer != "adamw":
        raise TrainingError(
            f"group {group.name!r} asks {group.optimizer} for weight decay {group.weight_decay}; "
            "only adamw decays weights apart from the gradient: use adamw or 0"
        )
    shared = {"name": group.name, "peak": group.lr, "lr": group.lr}
    matrices = [tensors[p] for p in group.params if p.ndim >= 2]
    others = [tensors[p] for p in group.params if p.ndim < 2]
    if matrices:
        yield {**shared, "params": matrices, "weight_decay": group.weight_decay}
    if others:
        yield {**shared, "params": others, "weight_decay": 0.0}


def _build(kind: str, groups: list[dict[str, Any]], config: OptimConfig) -> torch.optim.Optimizer:
    betas = {"betas": config.betas} if kind in ("adam", "adamw") else {}
    optimizer: Any = KINDS[kind]
    built: torch.optim.Optimizer = optimizer(groups, fused=True, **betas)
    return built


def _partition(groups: Sequence[ParamGroup], model: nn.Module) -> dict[nn.Parameter, str]:
    """Names by parameter; an error where the groups are not a partition."""
    names = {param: name for name, param in model.named_parameters()}
    held = Counter(param for group in groups for param in group.params)
    unknown = [g for g in groups if g.optimizer not in KINDS]
    problems = [f"group {g.name!r}: {g.optimizer!r} is none of {', '.join(KINDS)}" for g in unknown]
    for param, name in names.items():
        if held[param] > 1:
            problems.append(f"{name} stands in the groups {held[param]} times")
        if param.requires_grad and not held[param]:
            problems.append(f"{name} is trainable and in no group")
        if held[param] and not param.requires_grad:
            problems.append(f"{name} is frozen and in a group")
    if any(param not in names for param in held):
        problems.append("a parameter in a group is not below task.model")
    if not held:
        problems.append("no parameter is trainable")
    if problems:
        raise TrainingError("parameter groups: " + "; ".join(problems))
    return names
