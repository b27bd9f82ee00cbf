"""A running average of the weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from ..errors import CheckpointError
from . import dist
from .optim import Leaf


class Ema:
    """Averages weights over optimizer steps: average ← decay · average + (1 − decay) · weight.

    Args:
        leaves: the weights to follow (``Optimizers.leaves``); the averages start as copies.
        decay: between 0 and 1.
    """

    def __init__(self, leaves: Sequence[Leaf], decay: float) -> None:
        self._leaves = leaves
        self._decay = decay
        self._averages = [leaf.tensor.detach().clone() for leaf in leaves]

    @torch.no_grad()
    def update(self, skipped: Tensor) -> None:
        """One step; nothing moves where ``skipped`` (() float32) is 1."""
        weight = (1 - self._decay) * (1 - skipped)
        for average, leaf in zip(self._averages, self._leaves, strict=True):
            average.lerp_(leaf.tensor, weight)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The averages stand in for the weights, which come back bit by bit."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        for average, leaf in zip(self._averages, self._leaves, strict=True):
            weight = leaf.tensor.clone()
            leaf.tensor.copy_(average)
            average.copy_(weight)

    def tensors(self) -> dict[str, Tensor]:
        """Whole CPU tensors by parameter name. Every rank must call it."""
        pairs = zip(self._averages, self._leaves, strict=True)
        return {leaf.name: dist.whole(average, leaf.param) for average, leaf in pairs}

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Restore what ``tensors`` gave, for any number of processes.

        Raises:
            CheckpointError: the average of a parameter is missing.
        """
        for average, leaf in zip(self._averages, self._leaves, strict=True):
            if leaf.name not in tensors:
                raise CheckpointError(
                    f"the checkpoint holds no running average of {leaf.name}; unset optim.ema"
                )
            average.copy_(dist.part(tensors[leaf.name], leaf.param))
