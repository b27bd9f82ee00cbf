"""What the loop works with, and its verbs: start, evaluate, log, save."""

from __future__ import annotations

import gc
import math
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

from ..errors import CheckpointError, ConfigError, TrainingError
from . import checkpoint, dist
from .ema import Ema
from .hardware import CpuAndWall, peak_flops, peak_memory
from .interrupt import Garbage
from .log import JsonLines, Line, Listener
from .optim import Optimizers
from .order import item_seed
from .random_state import restore_random_states, seed_everything, undisturbed
from .settings import FitSettings
from .state import Best, TrainState
from .task import ActsAfterStep, Batch, CountsEpochs, CountsFlops, Runtime, Task

CHECKPOINTS = "checkpoints"
METRICS = "metrics.jsonl"


class Run:
    """One call of ``fit``; the arguments are those of ``fit``."""

    def __init__(
        self,
        task: Task,
        settings: FitSettings,
        runtime: Runtime,
        folder: Path,
        listeners: Sequence[Listener],
    ) -> None:
        self.task, self.settings, self.runtime, self.folder = task, settings, runtime, folder
        self.listeners = (JsonLines(folder / METRICS), *listeners) if runtime.rank == 0 else ()
        self.per_step = settings.train.accumulate * runtime.world
        self.epoch = task.steps_per_epoch() if isinstance(task, CountsEpochs) else None
        self.steps = self._total_steps()
        self.engine = dist.Engine(task, runtime, settings.runtime.parallel)
        self.optimizers = Optimizers(task.groups(), task.model, settings.optim)
        self.ema = Ema(self.optimizers.leaves, settings.optim.ema) if settings.optim.ema else None
        self.after_step = task.after_step if isinstance(task, ActsAfterStep) else None
        global_batch = settings.train.micro_batch * self.per_step
        self.state = TrainState(task, runtime, self.optimizers, settings.identity, global_batch, self.ema)
        self.meter = self.state.meter
        self.garbage = Garbage()
        self.clock = CpuAndWall()
        self.metrics: dict[str, float] = {}
        self.rates: dict[str, float] = {}
        self._saved = -1

    @property
    def step(self) -> int:
        """Optimizer steps done."""
        return self.state.progress.step

    @property
    def is_best(self) -> bool:
        """Whether the best evaluation so far is of this step."""
        best = self.state.progress.best
        return best is not None and best.step == self.step

    @property
    def out_of_patience(self) -> bool:
        """Whether ``train.patience`` evaluations in a row brought no new best."""
        patience = self.settings.train.patience
        return patience is not None and self.state.progress.waited >= patience

    def due(self, every: int) -> bool:
        """Whether this step is a multiple of ``every``; never for 0."""
        return every > 0 and self.step > 0 and self.step % every == 0

    def start(self, resume: bool) -> None:
        """Begin, or go on from the latest checkpoint."""
        folder = self.folder / CHECKPOINTS
        found = checkpoint.steps(folder)
        if found and not resume:
            raise CheckpointError(f"{folder} holds checkpoints of a run; pass --resume, or another --out")
        self.task.model.train()
        random = self.state.load(found[max(found)]) if found else {}
        self._saved = max(found, default=-1)
        self.clock = CpuAndWall(self.state.progress.wall, self.state.progress.cpu)
        for listener in self.listeners:
            listener.start(self.step, self.steps)
        first = self.step * self.per_step
        self._batches: Iterator[Batch] = self.task.batches(first, self.runtime.rank, self.runtime.world)
        if random:  # last of all, because building and loading may draw
            restore_random_states(random)
        elif self.runtime.rank > 0:  # all ranks began with the same weights, dropout must differ
            seed_everything(int(item_seed(self.runtime.seed, self.step, self.runtime.rank)))
        self.meter.restart()

    def draw(self) -> Batch:
        """The next micro-batch of this rank."""
        batch = next(self._batches, None)
        if batch is None:
            raise TrainingError(
                f"the batches of task {self.task.name} ended at step {self.step}; make them endless"
            )
        return batch

    def evaluate(self) -> None:
        """Measure on the validation split, once a step, with averaged weights if there are any."""
        now = self.state.progress
        if now.evaluated == self.step:
            return
        gc.collect()
        averaged = self.ema.applied() if self.ema else nullcontext()
        with self.meter.away(), undisturbed(self.task.model), averaged:
            self.metrics = self.engine.evaluate("valid")
        value, sign = self._selecting_metric(), 1 if self.task.best[1] == "max" else -1
        better = math.isfinite(value) and (now.best is None or sign * value > sign * now.best.value)
        if better:
            now.best = Best(value, self.step)
        now.evaluated, now.waited = self.step, 0 if better else now.waited + 1
        self._tell({"event": "eval", "step": self.step, "split": "valid", "metrics": self.metrics})

    def log(self) -> None:
        """One line about the steps since the last one; reading it is the one wait for the device."""
        self._count_skipped()
        line = self.meter.read()
        speed = line.pop("units") / line.pop("seconds")
        self._tell(
            {
                "event": "train",
                "step": self.step,
                "epoch": self.step / self.epoch if self.epoch else None,
                **line,
                "lr": self.rates,
                "units_per_s": speed,
                "mfu": self._mfu(speed),
                "mem_peak": peak_memory(self.runtime.device),
                "skipped": self.state.progress.skipped,
            }
        )

    def save(self, last: bool) -> None:
        """Write a checkpoint, once a step, and delete those that need not be kept."""
        self._count_skipped()
        if last and self.meter.steps:
            self.log()
        if self._saved == self.step:
            return
        now, train, folder = self.state.progress, self.settings.train, self.folder / CHECKPOINTS
        now.wall, now.cpu = self.clock.read()
        with self.meter.away():
            self.state.save(folder)
            if self.runtime.rank == 0:
                best = now.best.step if now.best else None
                checkpoint.retain(folder, keep_last=train.keep_last, keep_every=train.keep_every, best=best)
        self._saved = self.step

    def say_why(self, signal: str) -> None:
        """Tell people why a run ended before its last step."""
        at = f"step {self.step} of {self.steps}"
        if self.step >= self.steps:
            return
        if self.out_of_patience:
            text = f"stopped at {at}: no new best in {self.state.progress.waited} evaluations"
        else:
            text = (
                f"{signal or 'signal to another rank'}: saved {at}; go on with --resume --out {self.folder}"
            )
        for listener in self.listeners:
            listener.note(text)

    def close(self) -> None:
        """Leave the process as it was."""
        self.optimizers.release()
        self.garbage.restore()
        for listener in self.listeners:
            listener.close()

    def out_of_memory(self) -> TrainingError:
        """What to do when a step does not fit."""
        train = self.settings.train
        return TrainingError(
            f"out of memory in step {self.step + 1} with train.micro_batch={train.micro_batch}; halve it, "
            f"double train.accumulate (now {train.accumulate}), and go on with --resume --out {self.folder}"
        )

    def _total_steps(self) -> int:
        train = self.settings.train
        if train.steps is not None:
            return train.steps
        if self.epoch is None or train.epochs is None:
            raise ConfigError(
                f"task {self.task.name} does not count epochs; set train.steps, not train.epochs"
            )
        return math.ceil(train.epochs * self.epoch)

    def _selecting_metric(self) -> float:
        name = self.task.best[0]
        if name not in self.metrics:
            found = ", ".join(sorted(self.metrics)) or "nothing"
            raise TrainingError(f"task {self.task.name} selects by {name!r}, but its evaluation gave {found}")
        return self.metrics[name]

    def _count_skipped(self) -> None:
        """Too many skipped steps are an error, and always before they are saved."""
        now, allowed, n = self.state.progress, self.settings.train.max_skipped, self.per_step
        skipped = self.meter.skipped()
        now.skipped += len(skipped)
        if skipped and now.skipped > allowed:
            shown = ", ".join(f"{s} (batches {(s - 1) * n} to {s * n - 1})" for s in skipped[:8])
            raise TrainingError(
                f"{now.skipped} steps had no finite loss and gradient, or nothing to learn from, and "
                f"train.max_skipped is {allowed}; lower the rates, or look at steps {shown}"
            )

    def _mfu(self, speed: float) -> float | None:
        peak = peak_flops(self.runtime.device, self.runtime.autocast)
        if peak is None or not isinstance(self.task, CountsFlops):
            return None
        return speed * self.task.flops_per_unit() / (peak * self.runtime.world)

    def _tell(self, line: Line) -> None:
        wall, cpu = self.clock.read()
        for listener in self.listeners:
            listener.event({**line, "wall": wall, "cpu": cpu})
