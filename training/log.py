"""Metrics: always as JSON lines, besides as progress on stderr and to TensorBoard."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from ..errors import MissingExtraError

Line = Mapping[str, Any]
"""One event: ``{"event": "train" | "eval", "step": …, …}``."""


class Listener:
    """Hears what a run has to say, on rank 0. This one does nothing with it."""

    def start(self, step: int, steps: int) -> None:
        """A run starts, or goes on, at ``step`` of ``steps``."""

    def event(self, line: Line) -> None:
        """The steps since the last event, or an evaluation."""

    def note(self, text: str) -> None:
        """A sentence for people."""

    def close(self) -> None:
        """The run is over, or failed."""


class JsonLines(Listener):
    """``metrics.jsonl``: one JSON object a line, handed to the system as soon as it is complete."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None

    def start(self, step: int, steps: int) -> None:  # noqa: ARG002
        """Drop the lines after ``step``: these steps are done again."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        kept = [json.dumps(line) + "\n" for line in read_lines(self._path) if line["step"] <= step]
        rest = self._path.with_name(self._path.name + ".tmp")
        rest.write_text("".join(kept), encoding="utf-8")
        rest.replace(self._path)
        self._file = self._path.open("a", encoding="utf-8")

    def event(self, line: Line) -> None:
        """Append ``line``."""
        if self._file:
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The events in a metrics.jsonl, without a last line that a crash cut short."""
    lines = []
    for text in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            lines.append(json.loads(text))
        except json.JSONDecodeError:
            break
    return lines


class TensorBoard(Listener):
    """Every number as a scalar for TensorBoard, in ``folder``.

    Raises:
        MissingExtraError: tensorboard is not installed.
    """

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise MissingExtraError("tensorboard", "tb") from error
        self._writer = SummaryWriter(str(folder))

    def event(self, line: Line) -> None:
        """Write the numbers of ``line``."""
        for name, value in _numbers(line, str(line["event"])):
            self._writer.add_scalar(name, value, line["step"])

    def close(self) -> None:
        """Bring everything to disk."""
        self._writer.close()


def _numbers(line: Line, prefix: str) -> Iterator[tuple[str, float]]:
    for key, value in line.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{prefix}/{key}")
        elif isinstance(value, int | float) and key != "step":
            yield f"{prefix}/{key}", float(value)


class Console(Listener):
    """Progress on stderr: a bar with the time left on a terminal, elsewhere a line now and then.

    Args:
        metric: the metric to show, e.g. the one that selects the best checkpoint.
        every: seconds between two plain lines.
    """

    def __init__(self, metric: str, every: float = 10.0) -> None:
        from rich import console, progress

        self._metric, self._every = metric, every
        self._console = console.Console(stderr=True, highlight=False)
        columns = (progress.BarColumn(), progress.MofNCompleteColumn(), progress.TimeRemainingColumn())
        text = progress.TextColumn("{task.description}")
        self._bar = progress.Progress(*columns, text, console=self._console)
        self._loss = self._score = ""
        self._steps, self._spoken = 0, -every

    def start(self, step: int, steps: int) -> None:
        """Show the bar."""
        self._steps = steps
        self._bar_task = self._bar.add_task("", total=steps, completed=step)
        if self._console.is_terminal:
            self._bar.start()

    def event(self, line: Line) -> None:
        """Show the newest loss and score."""
        if line["event"] == "train" and line["loss"] is not None:
            self._loss = f"loss {line['loss']:.4f}"
        elif line["event"] == "eval" and self._metric in line["metrics"]:
            self._score = f"{self._metric} {line['metrics'][self._metric]:.4f}"
        shown = "  ".join(filter(None, (self._loss, self._score)))
        self._bar.update(self._bar_task, description=shown, completed=line["step"])
        if not self._console.is_terminal and time.monotonic() - self._spoken >= self._every:
            self._spoken = time.monotonic()
            self._console.print(f"step {line['step']}/{self._steps}  {shown}", soft_wrap=True)

    def note(self, text: str) -> None:
        """Print a sentence, above the bar."""
        self._console.print(text, markup=False, soft_wrap=True)

    def close(self) -> None:
        """Take the bar down."""
        if self._console.is_terminal:
            self._bar.stop()
