"""The one training loop. It knows tasks only through the protocol in ``task.py``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from . import dist
from .interrupt import stop_request
from .log import Listener
from .optim import schedule
from .run import Run
from .settings import FitSettings
from .state import Best
from .task import Runtime, Task


@dataclass(frozen=True)
class Result:
    """How a run ended.

    Attributes:
        step: optimizer steps done.
        reason: all steps done; ``train.patience`` evaluations without a new best; a signal.
        best: best evaluation; its checkpoint is kept.
        metrics: of the last evaluation in this process, empty if there was none.
    """

    step: int
    reason: Literal["finished", "patience", "signal"]
    best: Best | None
    metrics: dict[str, float]


def fit(
    task: Task,
    settings: FitSettings,
    runtime: Runtime,
    folder: Path,
    *,
    resume: bool = False,
    listeners: Sequence[Listener] = (),
) -> Result:
    """Train ``task``; checkpoints go to ``folder/checkpoints``, events to ``folder/metrics.jsonl``.

    A resumed run is bitwise equal to one that never stopped, given the same number of processes and
    micro-batch; with others it is equal to rounding. SIGTERM, SIGINT and SIGUSR1 finish the step and save.

    Args:
        resume: go on from the latest checkpoint in ``folder``, or start where there is none.
        listeners: hear every event, besides metrics.jsonl.

    Raises:
        CheckpointError: the folder holds checkpoints and ``resume`` is false, or they do not fit.
        ConfigError: ``train.epochs`` is set and the task does not count epochs.
        TrainingError: more than ``train.max_skipped`` steps had no finite loss and gradient; the
            parameter groups are no partition; the GPU's memory does not suffice.
    """
    train = settings.train
    run = Run(task, settings, runtime, folder, listeners)
    try:
        run.start(resume)
        with stop_request() as request:
            while True:
                # -------- once in a while
                last = run.step >= run.steps
                stopped = dist.any_rank(bool(request), runtime.world)
                if last or run.due(train.eval_every):
                    run.evaluate()
                last = last or run.out_of_patience
                if last or stopped or run.due(train.save_every) or run.is_best:
                    run.save(last)
                if last or stopped:
                    break

                # -------- one optimizer step
                _step(run)
                if run.due(train.log_every):
                    run.log()
        run.say_why(request.signal)
    finally:
        run.close()
    reason: Any = "finished" if run.step >= run.steps else "patience" if last else "signal"
    return Result(run.step, reason, run.state.progress.best, run.metrics)


def _step(run: Run) -> None:
    """Add up the gradients of some micro-batches, divide once by the count of units, update.

    The gradient is that of Σ loss ÷ Σ units over all micro-batches and ranks, however the work is cut.
    Nothing here waits for the device.
    """
    accumulate, world = run.settings.train.accumulate, run.runtime.world
    run.rates = run.optimizers.set_lr(schedule(run.step, run.steps, run.settings.optim))
    sums: Any = None
    try:
        for i in range(1, accumulate + 1):
            loss = run.engine.backward(run.draw(), exchange=i == accumulate)
            vector = run.meter.vector(loss)
            sums = vector if sums is None else sums + vector
    except torch.OutOfMemoryError as error:
        raise run.out_of_memory() from error
    total, units = dist.sum_ranks(sums, world)[:2]
    norm, skipped = run.optimizers.step(total, world / units)  # the gradients are averages over ranks
    if run.ema:
        run.ema.update(skipped)
    run.state.progress.step += 1
    run.meter.add(run.step, sums, norm, skipped)
    if run.after_step:
        with torch.no_grad():
            run.after_step(run.step)
    run.garbage.quiet()
