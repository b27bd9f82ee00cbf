"""A toy task with dropout, unequal counts, two optimizers and state of its own; also a program.

``python toy_task.py '[{"folder": …, "resume": …, …}, …]'`` calls ``fit`` once for each entry, whose other
keys are those of ``SETTINGS``. Under ``torchrun`` it runs on several processes.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from kgllm.training import checkpoint, dist
from kgllm.training.log import read_lines
from kgllm.training.loop import Result, fit
from kgllm.training.order import DataOrder, item_seed
from kgllm.training.random_state import seed_everything
from kgllm.training.settings import FitSettings, OptimConfig, RuntimeConfig, TrainConfig
from kgllm.training.task import Batch, Loss, ParamGroup, Runtime

ITEMS = 60


class ToyModel(nn.Module):
    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.table = nn.Embedding(ITEMS, 6)
        self.block = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Dropout(dropout), nn.Linear(8, 3))
        self.tied = self.table

    def forward(self, items: Tensor) -> Tensor:
        logits: Tensor = self.block(self.tied(items))
        return logits


class ToyTask:
    """Learns a label for each item; item i weighs i % 3 units, so counts differ and may be 0."""

    name = "toy"
    best = ("valid/accuracy", "max")

    def __init__(self, runtime: Runtime, train: TrainConfig, options: Mapping[str, Any]) -> None:
        self.runtime = runtime
        self.model = ToyModel(options["dropout"]).to(runtime.device)
        self.kinds = options["kinds"]
        self.poison = {int(index): value for index, value in options["poison"].items()}
        self.broken_at = options["broken_at"]
        self.steps_seen = 0
        per_step = train.accumulate * runtime.world
        self.order = DataOrder(ITEMS, train.micro_batch, per_step, runtime.seed)

    def groups(self) -> list[ParamGroup]:
        net, table = self.kinds
        inner = tuple(p for p in self.model.block.parameters() if p.requires_grad)
        return [
            ParamGroup("net", inner, net, 0.01, 0.1 if net == "adamw" else 0.0),
            ParamGroup("table", (self.model.table.weight,), table, 0.1),
        ]

    def steps_per_epoch(self) -> int:
        return self.order.steps_per_epoch

    def shards(self) -> list[nn.Module]:
        return [self.model.block[0]]

    def batches(self, start: int, rank: int = 0, world: int = 1) -> Iterator[Batch]:
        index = start + rank
        for epoch, items in self.order.batches(start, rank, world):
            noise = item_seed(self.runtime.seed, epoch, items) % 100 / 1e4
            tensors = {"items": torch.from_numpy(items), "noise": torch.from_numpy(noise).float()}
            yield {**tensors, "poison": self.poison.get(index, 0.0), "index": index}
            index += world

    def loss(self, batch: Batch) -> Loss:
        if batch["index"] == self.broken_at:
            raise torch.OutOfMemoryError("no more memory")
        items = batch["items"]
        weight = (items % 3).float()
        logits = self.model(items).float()
        each = nn.functional.cross_entropy(logits, items % 7 % 3, reduction="none")
        total = (weight * (each + batch["noise"])).sum() + batch["poison"] * self.model.table.weight.sum()
        return Loss(
            total, weight.sum(), {"even": (each.detach()[items % 2 == 0].sum(), (items % 2 == 0).sum())}
        )

    def evaluate(self, split: str) -> dict[str, float]:
        torch.rand(3)
        items = torch.arange(ITEMS)
        right = (self.model(items).argmax(-1) == items % 7 % 3).float().mean()
        return {f"{split}/accuracy": right.item(), f"{split}/seen": float(self.steps_seen)}

    def after_step(self, step: int) -> None:
        self.steps_seen += 1
        bias = dist.local(self.model.block[3].bias)
        bias.clamp_(-1, 1)
        assert step >= self.steps_seen

    def state_dict(self) -> dict[str, Any]:
        return {"seen": self.steps_seen, "twice": torch.tensor([2.0 * self.steps_seen])}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.steps_seen = state["seen"]
        assert state["twice"].item() == 2 * self.steps_seen


SETTINGS: dict[str, Any] = {
    "steps": 23, "micro_batch": 4, "accumulate": 2, "eval_every": 10, "log_every": 5, "save_every": 4,
    "max_skipped": 0, "keep_last": 2, "seed": 0, "dropout": 0.2, "parallel": "ddp", "ema": 0.9,
    "dtype": "float32", "poison": {}, "broken_at": -1, "warmup": 3, "pause": 0.0, "signal_at": -1,
    "kill_at": -1, "patience": None, "identity": "toy", "clip": 1.0, "kinds": ["adamw", "adagrad"],
}  # fmt: skip


class Saboteur:
    """Draws batches for the task, and sends a signal to its own process before a given one."""

    def __init__(self, task: ToyTask, options: Mapping[str, Any]) -> None:
        self._draw, self._options = task.batches, options

    def __call__(self, start: int, rank: int = 0, world: int = 1) -> Iterator[Batch]:
        for batch in self._draw(start, rank, world):
            if batch["index"] == self._options["signal_at"]:
                os.kill(os.getpid(), signal.SIGTERM)
            if batch["index"] == self._options["kill_at"]:
                os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(self._options["pause"])
            yield batch


def settings_of(options: Mapping[str, Any]) -> FitSettings:
    names = ("steps", "micro_batch", "accumulate", "eval_every", "log_every", "save_every")
    more = ("max_skipped", "keep_last", "patience")
    train = TrainConfig(**{name: options[name] for name in (*names, *more)})
    optim = OptimConfig(warmup=options["warmup"], ema=options["ema"], clip=options["clip"])
    runtime = RuntimeConfig(device="cpu", dtype=options["dtype"], threads=1, parallel=options["parallel"])
    return FitSettings(train, optim, runtime, options["identity"])


def run_toy(folder: Path, *, resume: bool = False, **changes: Any) -> tuple[ToyTask, Result]:
    options = {**SETTINGS, **changes}
    with dist.start(settings_of(options).runtime, options["seed"]) as runtime:
        return fit_toy(folder, runtime, options, resume)


def fit_toy(
    folder: Path, runtime: Runtime, options: Mapping[str, Any], resume: bool
) -> tuple[ToyTask, Result]:
    settings = settings_of(options)
    task = ToyTask(runtime, settings.train, options)
    task.batches = Saboteur(task, options)  # type: ignore[method-assign]
    return task, fit(task, settings, runtime, folder, resume=resume)


def events(folder: Path) -> list[dict[str, Any]]:
    """The lines of metrics.jsonl without what differs from run to run."""
    timed = {"wall", "cpu", "units_per_s", "mem_peak"}
    return [
        {k: v for k, v in line.items() if k not in timed} for line in read_lines(folder / "metrics.jsonl")
    ]


def fingerprint(folder: Path) -> dict[str, Any]:
    """SHA-256 of each file of tensors in the newest checkpoint; its state; the events."""
    newest = checkpoint.latest(folder / "checkpoints")
    files = newest.glob("*.safetensors")
    hashes = {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    state = checkpoint.read_state(newest)
    kept = {k: v for k, v in state.items() if k not in ("wall", "cpu", "window")}
    return {**hashes, "state": kept, "window": state["window"]["rows"], "events": events(folder)}


def main(runs: list[dict[str, Any]]) -> None:
    with dist.start(RuntimeConfig(device="cpu", dtype="float32", threads=1), seed=0) as runtime:
        for run in runs:
            seed_everything(SETTINGS["seed"])
            folder, resume = Path(run.pop("folder")), run.pop("resume", False)
            fit_toy(folder, runtime, {**SETTINGS, **run}, resume)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
