"""What the training loop costs beside a bare loop, accelerate and the HF Trainer.

All four train the same model on the same batches with fused AdamW, clipping at 1.0, a cosine schedule
and a line every 10 steps, in rounds of random order, on one thread. Printed are CPU milliseconds per
step; ``over bare`` is the median of the rounds' differences, ``ratio`` that of the minima.

    python benchmarks/loop_overhead.py [--rounds 15] [--steps 500] [--model micro|lm] [--json]
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kgllm.cli.output import emit, table_of
from kgllm.training.loop import fit
from kgllm.training.optim import schedule
from kgllm.training.settings import FitSettings, OptimConfig, RuntimeConfig, TrainConfig
from kgllm.training.task import Batch, Loss, ParamGroup, Runtime

LR = 1e-3
LOG_EVERY = 10
WARM = 20
"""Steps before the clock starts."""


class Micro(nn.Module):
    """0.13 M parameters in five tensors: next to nothing to compute, so that overhead shows."""

    vocab, shape, reduction = 1000, (4, 8), "mean"

    def __init__(self) -> None:
        super().__init__()
        self.table, self.norm = nn.Embedding(self.vocab, 64), nn.LayerNorm(64)
        self.out = nn.Linear(64, self.vocab)

    def forward(self, input_ids: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Cross-entropy of the (batch, length) ``labels``."""
        logits = self.out(self.norm(self.table(input_ids)))
        return {"loss": F.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction=self.reduction)}


class Lm(nn.Module):
    """A Llama of 8.84 M parameters."""

    vocab, shape, reduction = 8000, (8, 128), "mean"

    def __init__(self) -> None:
        super().__init__()
        from transformers import LlamaConfig, LlamaForCausalLM

        sizes = {
            "hidden_size": 256,
            "intermediate_size": 688,
            "num_hidden_layers": 6,
            "num_attention_heads": 4,
        }
        self.lm = LlamaForCausalLM(LlamaConfig(vocab_size=self.vocab, use_cache=False, **sizes))

    def forward(self, input_ids: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Cross-entropy of the (batch, length) ``labels``."""
        logits = self.lm(input_ids=input_ids).logits
        return {"loss": F.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction=self.reduction)}


MODELS: dict[str, type[Micro] | type[Lm]] = {"micro": Micro, "lm": Lm}


class Clock:
    """Batches, and the CPU time between two of them; all loops draw from one."""

    def __init__(self, model: type[Micro] | type[Lm], steps: int) -> None:
        generator = torch.Generator().manual_seed(0)
        ids = torch.randint(model.vocab, (64, *model.shape), generator=generator)
        self._batches = [{"input_ids": x, "labels": x.roll(-1, 1)} for x in ids]
        self.steps = steps
        self.ms_per_step = 0.0

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        begin = 0.0
        for i in range(WARM + self.steps + 1):
            if i == WARM:
                begin = time.process_time()
            if i == WARM + self.steps:
                self.ms_per_step = (time.process_time() - begin) / self.steps * 1000
            yield self._batches[i % len(self._batches)]


def rate(total: int) -> Callable[[int], float]:
    """Factor of the learning rate by step: the same cosine for all loops."""
    return lambda step: schedule(step, total, OptimConfig())


def bare(model: nn.Module, clock: Clock) -> None:
    """What one would write by hand."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=LR, fused=True)
    factor = rate(WARM + clock.steps + 1)
    for step, batch in enumerate(clock):
        optimizer.param_groups[0]["lr"] = LR * factor(step)
        loss = model(**batch)["loss"]
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if step % LOG_EVERY == 0:
            json.dumps({"step": step, "loss": loss.item()})


class SumTask:
    """The model behind the Task protocol."""

    name = "overhead"
    best = ("valid/none", "max")

    def __init__(self, model: nn.Module, clock: Clock) -> None:
        self.model, self._clock = model, clock
        model.reduction = "sum"

    def groups(self) -> list[ParamGroup]:
        """All parameters in one group."""
        return [ParamGroup("all", tuple(self.model.parameters()), "adamw", LR)]

    def batches(self, start: int, rank: int = 0, world: int = 1) -> Iterator[Batch]:  # noqa: ARG002
        """The clock's batches."""
        return iter(self._clock)

    def loss(self, batch: Batch) -> Loss:
        """Σ over the labels."""
        return Loss(self.model(**batch)["loss"], batch["labels"].numel())

    def evaluate(self, split: str) -> dict[str, float]:
        """Nothing."""
        return {f"{split}/none": 0.0}

    def state_dict(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Nothing."""


def ours(model: nn.Module, clock: Clock) -> None:
    """``kgllm.training.loop.fit``."""
    train = TrainConfig(steps=WARM + clock.steps + 1, micro_batch=1, log_every=LOG_EVERY)
    settings = FitSettings(train, OptimConfig(), RuntimeConfig(device="cpu", dtype="float32"))
    with tempfile.TemporaryDirectory() as folder:
        fit(SumTask(model, clock), settings, Runtime(), Path(folder))


class Stream(torch.utils.data.IterableDataset):  # type: ignore[type-arg]
    """The clock as a torch data set."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        return iter(self._clock)


def with_accelerate(model: nn.Module, clock: Clock) -> None:
    """The loop of accelerate's own documentation."""
    from accelerate import Accelerator

    accelerator = Accelerator(cpu=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=LR, fused=True)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, rate(WARM + clock.steps + 1))
    loader = torch.utils.data.DataLoader(Stream(clock), batch_size=None)
    model, optimizer, loader, scheduler = accelerator.prepare(model, optimizer, loader, scheduler)
    for step, batch in enumerate(loader):
        with accelerator.accumulate(model):
            loss = model(**batch)["loss"]
            accelerator.backward(loss)
            accelerator.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            scheduler.step()
            optimizer.zero_grad()
        if step % LOG_EVERY == 0:
            json.dumps({"step": step, "loss": loss.item()})


def with_trainer(model: nn.Module, clock: Clock) -> None:
    """``transformers.Trainer``."""
    from transformers import Trainer, TrainingArguments

    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            max_steps=WARM + clock.steps + 1,
            per_device_train_batch_size=1,
            optim="adamw_torch_fused",
            learning_rate=LR,
            lr_scheduler_type="cosine",
            logging_steps=LOG_EVERY,
            save_strategy="no",
            report_to=[],
            use_cpu=True,
            disable_tqdm=True,
            dataloader_pin_memory=False,
        )
        trainer = Trainer(model, arguments, train_dataset=Stream(clock), data_collator=lambda batch: batch[0])
        trainer.log = lambda *_: None
        trainer.train()


LOOPS = {"bare": bare, "kgllm": ours, "accelerate": with_accelerate, "HF Trainer": with_trainer}


def measure(model: type[Micro] | type[Lm], rounds: int, steps: int) -> dict[str, list[float]]:
    """CPU milliseconds per step by loop and round."""
    dice = random.Random(0)
    found: dict[str, list[float]] = {name: [] for name in LOOPS}
    for _ in range(rounds):
        for name in dice.sample(sorted(LOOPS), len(LOOPS)):
            torch.manual_seed(0)
            clock = Clock(model, steps)
            LOOPS[name](model().train(), clock)
            found[name].append(clock.ms_per_step)
    return found


def summary(found: Mapping[str, list[float]]) -> dict[str, dict[str, float]]:
    """Median, minimum, and both against the bare loop."""
    bare_ms = found["bare"]
    return {
        name: {
            "median_ms": statistics.median(ms),
            "min_ms": min(ms),
            "over_bare_ms": statistics.median(a - b for a, b in zip(ms, bare_ms, strict=True)),
            "ratio_of_minima": min(ms) / min(bare_ms),
        }
        for name, ms in found.items()
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--model", choices=MODELS, default="micro")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    rows = summary(measure(MODELS[options.model], options.rounds, options.steps))
    title = f"{options.model}, {options.rounds} rounds of {options.steps} steps, CPU ms per step, 1 thread"
    columns = ("loop", "median", "minimum", "over bare", "ratio")
    table = table_of(title, columns, [(name, *row.values()) for name, row in rows.items()])
    emit({**vars(options), "loops": rows}, as_json=options.json, table=table)


if __name__ == "__main__":
    main()
