"""What the log line says about the steps since the last one, summed on the device."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from ..errors import TrainingError
from .task import Loss


class Meter:
    """Sums over the open log window; reading them is the only wait for the device.

    A step's vector is (2 + 2 · parts,) float64: Σ loss, units, then Σ and count of each part. A
    skipped step adds nothing.
    """

    def __init__(self) -> None:
        self.steps = 0
        self._parts: tuple[str, ...] = ()
        self._sums: Tensor | None = None
        self._unread: list[tuple[int, Tensor]] = []
        self._seconds = 0.0
        self._since = time.perf_counter()

    def vector(self, loss: Loss) -> Tensor:
        """The loss as a vector on its device, without waiting for it."""
        self._parts = self._parts or tuple(loss.parts)
        if tuple(loss.parts) != self._parts:
            raise TrainingError(
                f"loss parts changed from {list(self._parts)} to {list(loss.parts)}; "
                "a task gives the same parts in every batch, with count 0 where one is absent"
            )
        pairs = ((loss.total, loss.count), *loss.parts.values())
        device = loss.total.device
        return torch.stack([_scalar(value, device) for pair in pairs for value in pair]).double()

    def add(self, step: int, vector: Tensor, norm: Tensor, skipped: Tensor) -> None:
        """Add the ``step``-th step: its vector, gradient norm, and 1 where it was skipped."""
        row = torch.cat([torch.stack([torch.ones_like(norm), norm]), vector])
        row = torch.where(skipped.bool(), 0.0, row)
        self._sums = row if self._sums is None else self._sums + row
        self._unread.append((step, skipped))
        self.steps += 1

    def skipped(self) -> list[int]:
        """Steps skipped since the last call. Waits for the device."""
        flags = torch.stack([flag for _, flag in self._unread]).tolist() if self._unread else []
        steps = [step for (step, _), flag in zip(self._unread, flags, strict=True) if flag]
        self._unread = []
        return steps

    def read(self) -> dict[str, Any]:
        """Means over the window: ``loss``, ``parts``, ``grad_norm``; and its ``units`` and ``seconds``.

        A mean over nothing is ``None``. A new window opens. Waits for the device.
        """
        taken, norm, total, units, *rest = self._values() or [0.0] * 4
        pairs = zip(self._parts, rest[::2], rest[1::2], strict=False)
        line = {
            "loss": _mean(total, units),
            "parts": {name: _mean(value, count) for name, value, count in pairs},
            "grad_norm": _mean(norm, taken),
            "units": int(units),
            "seconds": self._elapsed(),
        }
        self._sums, self.steps, self._seconds = None, 0, 0.0
        self.restart()
        return line

    def restart(self) -> None:
        """The clock goes on from now."""
        self._since = time.perf_counter()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Time spent here is not training."""
        self._seconds = self._elapsed()
        yield
        self.restart()

    def state(self) -> dict[str, Any]:
        """The open window, exactly, for JSON."""
        return {
            "parts": list(self._parts),
            "steps": self.steps,
            "sums": self._values(),
            "seconds": self._seconds,
        }

    def load(self, state: Mapping[str, Any], device: torch.device) -> None:
        """Go on with a window that ``state`` described."""
        self._parts, self.steps, self._seconds = tuple(state["parts"]), state["steps"], state["seconds"]
        sums = state["sums"]
        self._sums = torch.tensor(sums, dtype=torch.float64, device=device) if sums else None

    def _values(self) -> list[float]:
        values: list[float] = [] if self._sums is None else self._sums.tolist()
        return values

    def _elapsed(self) -> float:
        return self._seconds + time.perf_counter() - self._since


def _scalar(value: Tensor | int, device: torch.device) -> Tensor:
    """() float32 on ``device``; a fill, unlike a copy from the host, does not wait for a GPU."""
    if isinstance(value, Tensor):
        return value.detach().float()
    return torch.full((), value, dtype=torch.float32, device=device)


def _mean(total: float, count: float) -> float | None:
    mean = total / count if count else math.nan
    return mean if math.isfinite(mean) else None
