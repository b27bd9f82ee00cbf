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
    """One small vector for each step of the open log window; reading them is the only wait for the device.

    The vector is (2 + 2 · parts,) float32: Σ loss, units, then Σ and count of each part.
    """

    def __init__(self) -> None:
        self._parts: tuple[str, ...] = ()
        self._steps: list[int] = []
        self._rows: list[Tensor] = []
        self._checked = 0
        self._seconds = 0.0
        self._since = time.perf_counter()

    @property
    def steps(self) -> int:
        """Steps in the window."""
        return len(self._steps)

    def vector(self, loss: Loss) -> Tensor:
        """The loss as a vector on its device, without waiting for it."""
        parts = tuple(loss.parts)
        self._parts = self._parts or parts
        if parts != self._parts:
            raise TrainingError(
                f"loss parts changed from {list(self._parts)} to {list(parts)}; "
                "a task gives the same parts in every batch, with count 0 where one is absent"
            )
        pairs = ((loss.total, loss.count), *loss.parts.values())
        device = loss.total.device
        return torch.stack([_scalar(value, device) for pair in pairs for value in pair])

    def add(self, step: int, vector: Tensor, norm: Tensor, skipped: Tensor) -> None:
        """Add the ``step``-th step: its vector, gradient norm, and 1 where it was skipped."""
        self._steps.append(step)
        self._rows.append(torch.cat([torch.stack([skipped, norm]), vector]))

    def skipped(self) -> list[int]:
        """Steps skipped since the last call. Waits for the device."""
        found = [s for s, row in zip(self._steps, self._values(), strict=True) if row[0]][self._checked :]
        self._checked += len(found)
        return found

    def read(self) -> dict[str, Any]:
        """Means over the window: ``loss``, ``parts``, ``grad_norm``; and its ``units`` and ``seconds``.

        Skipped steps count for nothing; a mean over nothing is ``None``. A new window opens. Waits for
        the device.
        """
        rows = [row[1:] for row in self._values() if not row[0]]
        norm, total, units, *rest = [math.fsum(column) for column in zip(*rows, strict=True)] or [0.0] * 3
        pairs = zip(self._parts, rest[::2], rest[1::2], strict=False)
        line = {
            "loss": _mean(total, units),
            "parts": {name: _mean(value, count) for name, value, count in pairs},
            "grad_norm": _mean(norm, len(rows)),
            "units": int(units),
            "seconds": self._elapsed(),
        }
        self._steps, self._rows, self._checked, self._seconds = [], [], 0, 0.0
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
        """The open window, exactly, for JSON; its skipped steps have been asked for."""
        numbers = {"steps": self._steps, "rows": self._values(), "seconds": self._seconds}
        return {"parts": list(self._parts), **numbers}

    def load(self, state: Mapping[str, Any], device: torch.device) -> None:
        """Go on with a window that ``state`` described."""
        self._parts, self._steps, self._seconds = tuple(state["parts"]), state["steps"], state["seconds"]
        self._rows = [torch.tensor(row, device=device) for row in state["rows"]]
        self._checked = sum(row[0] > 0 for row in state["rows"])

    def _values(self) -> list[list[float]]:
        values: list[list[float]] = torch.stack(self._rows).tolist() if self._rows else []
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
