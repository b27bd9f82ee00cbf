"""Everything that decides the next step, to a checkpoint and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from .. import __version__
from ..errors import CheckpointError
from . import checkpoint, dist
from .ema import Ema
from .meter import Meter
from .optim import Optimizers
from .random_state import random_states
from .task import Runtime, Task
from .weights import load_model, model_tensors


@dataclass(frozen=True)
class Best:
    """The best value of the selection metric so far, and its step."""

    value: float
    step: int


@dataclass
class Progress:
    """Where a run stands.

    Attributes:
        step: optimizer steps done, skipped ones included.
        best: best evaluation so far.
        waited: evaluations in a row without a new best.
        evaluated: step of the last evaluation.
        skipped: steps whose loss or gradient was not finite.
        wall, cpu: seconds spent, over all resumptions.
    """

    step: int = 0
    best: Best | None = None
    waited: int = 0
    evaluated: int = 0
    skipped: int = 0
    wall: float = 0.0
    cpu: float = 0.0


@dataclass
class TrainState:
    """The parts of a run that a checkpoint holds.

    Attributes:
        identity: hash of the settings that a resumed run must share.
        global_batch: units of work per optimizer step; a resumed run must share it too.
        ema: the running average of the weights, if one is kept.
        meter: the open log window.
    """

    task: Task
    runtime: Runtime
    optimizers: Optimizers
    identity: str
    global_batch: int
    ema: Ema | None = None
    meter: Meter = field(default_factory=Meter)
    progress: Progress = field(default_factory=Progress)

    def save(self, folder: Path) -> None:
        """Write a checkpoint of this step below ``folder``. Every rank must call it; rank 0 writes."""
        own = self.task.state_dict()
        files = {
            "model": model_tensors(self.task),
            "optim": self.optimizers.tensors(),
            "ema": self.ema.tensors() if self.ema else {},
            "task": {k: dist.whole(v, v) for k, v in own.items() if isinstance(v, Tensor)},
        }
        state = {
            **asdict(self.progress),
            "position": self.progress.step * self.global_batch,
            "global_batch": self.global_batch,
            "identity": self.identity,
            "window": self.meter.state(),
            "task": {k: v for k, v in own.items() if not isinstance(v, Tensor)},
            "versions": {"kgllm": __version__, "torch": torch.__version__},
            "random": dist.of_all_ranks(random_states(), self.runtime.world),
        }
        if self.runtime.rank == 0:
            filled = {name: tensors for name, tensors in files.items() if tensors}
            checkpoint.write(folder, self.progress.step, filled, state)

    def load(self, path: Path) -> Mapping[str, str]:
        """Restore all but the random states, and return this rank's: they must be restored last.

        They are empty for a rank that the saved run did not have.

        Raises:
            CheckpointError: the checkpoint is damaged, or belongs to other settings.
        """
        state = checkpoint.read_state(path)
        self._check(state, path)
        load_model(self.task, path, averaged=False)
        self.optimizers.load_tensors(checkpoint.read_tensors(path, "optim"))
        if self.ema:
            self.ema.load_tensors(checkpoint.read_tensors(path, "ema"))
        self.task.load_state_dict({**state["task"], **checkpoint.read_tensors(path, "task")})
        self.meter.load(state["window"], self.runtime.device)
        numbers = {name: state[name] for name in ("step", "waited", "evaluated", "skipped", "wall", "cpu")}
        self.progress = Progress(best=Best(**state["best"]) if state["best"] else None, **numbers)
        random: list[dict[str, str]] = state["random"]
        return random[self.runtime.rank] if self.runtime.rank < len(random) else {}

    def _check(self, state: Mapping[str, Any], path: Path) -> None:
        if state["identity"] != self.identity:
            raise CheckpointError(
                f"{path} was made with other settings; resume with those of the run's config.yaml, "
                "or start a new run with another --out"
            )
        if state["global_batch"] != self.global_batch:
            raise CheckpointError(
                f"{path} was made with global batches of {state['global_batch']}, this run has "
                f"{self.global_batch} (train.micro_batch × train.accumulate × processes); make them equal"
            )
