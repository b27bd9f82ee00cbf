"""A run of one step, one evaluation, one checkpoint and its reload: does everything fit together?"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from ..errors import CheckpointError
from . import checkpoint
from .hardware import peak_memory
from .loop import fit
from .run import CHECKPOINTS
from .settings import FitSettings
from .task import CountsFlops, Runtime, Task
from .weights import load_model, model_tensors


@dataclass(frozen=True)
class DryRun:
    """What one step took.

    Attributes:
        parameters, trainable: numbers of scalars below ``task.model``.
        flops_per_unit: forward and backward, if the task knows.
        memory: peak bytes, of the GPU or of this process.
        checkpoint: bytes on disk.
        seconds: wall time of everything, reload included.
        metrics: of the evaluation after one step.
    """

    parameters: int
    trainable: int
    flops_per_unit: float | None
    memory: int
    checkpoint: int
    seconds: float
    metrics: dict[str, float]


def dry_run(task: Task, settings: FitSettings, runtime: Runtime) -> DryRun:
    """One optimizer step of ``task`` in a temporary folder. For one process.

    Raises:
        CheckpointError: the checkpoint does not give the model back.
    """
    begin = time.perf_counter()
    sizes = [(p.numel(), p.requires_grad) for p in task.model.parameters()]
    one = settings.train.model_copy(update={"steps": 1, "epochs": None, "log_every": 1})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        result = fit(task, FitSettings(one, settings.optim, settings.runtime), runtime, folder)
        saved = checkpoint.latest(folder / CHECKPOINTS)
        written = checkpoint.read_tensors(saved, "model")
        for key, value in model_tensors(task).items():
            if not torch.equal(value, written[key]):
                raise CheckpointError(f"the checkpoint holds other values of {key} than the model")
        load_model(task, saved)
        disk = sum(path.stat().st_size for path in saved.iterdir())
    return DryRun(
        parameters=sum(n for n, _ in sizes),
        trainable=sum(n for n, trainable in sizes if trainable),
        flops_per_unit=task.flops_per_unit() if isinstance(task, CountsFlops) else None,
        memory=peak_memory(runtime.device),
        checkpoint=disk,
        seconds=time.perf_counter() - begin,
        metrics=result.metrics,
    )
