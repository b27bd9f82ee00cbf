"""The registered tasks on a toy graph with a toy language model; also a program.

``python task_runs.py GRAPH '[{"folder": …, "variant": …, …}, …]'`` trains once for each entry, whose other
keys are arguments and options of ``run``. Under ``torchrun`` it runs on several processes.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as td

from kgllm.training import checkpoint, dist
from kgllm.training.config import RunConfig, load_config, task_class
from kgllm.training.log import read_lines
from kgllm.training.loop import Result, fit
from kgllm.training.random_state import seed_everything
from kgllm.training.task import Batch, ParamGroup, Runtime

NAMES = [
    "river", "old bridge", "white tower", "market", "harbour", "lake", "east gate", "theatre",
    "mill", "fountain", "guild hall", "deep well", "park", "island", "upper town", "quarry",
]  # fmt: skip
RELATIONS = ["next to", "older than", "seen from"]

_COMMON = [
    "runtime.device=cpu", "runtime.dtype=float32", "runtime.threads=1",
    "train.steps=12", "train.micro_batch=8", "train.log_every=1", "optim.schedule=constant",
    "eval.bootstrap=0",
]  # fmt: skip
_KON = ["kon.head.attention_heads=2", "kon.head.dropout=0", "kon.lr=0.01", *_COMMON]
_SCRATCH = [
    "kon.backbone={kind: scratch, d: 24, layers: 2, heads: 2, vocab_size: 300, dropout: 0}", *_KON
]  # fmt: skip
_LORA = [
    "kon.backbone={kind: hf, path: GRAPH/lm, tune: lora}",
    "kon.backbone.lora={dropout: 0, targets: [q_proj, v_proj, down_proj]}", *_KON
]  # fmt: skip
_KGE = ["kge.dim=16", *_COMMON]
_DISTANCE = [*_KGE, "kge.dim=32", "kge.negatives=32", "kge.lr=0.05"]

VARIANTS: dict[str, tuple[str, Sequence[str]]] = {
    "kge-complex": ("kge", _KGE),
    "kge-distmult": ("kge", [*_KGE, "kge.model=distmult", "kge.label_smoothing=0.1"]),
    "kge-transe": ("kge", [*_DISTANCE, "kge.model=transe"]),
    "kge-rotate": ("kge", [*_DISTANCE, "kge.model=rotate"]),
    "kon": ("kon", _SCRATCH),
    "kon-multi_pos": ("kon", [*_SCRATCH, "kon.loss.entity=multi_pos", "kon.head.score_rank=0"]),
    "kon-ce_all": ("kon", [*_SCRATCH, "kon.loss={entity: ce_all, sft: 0.1, kl: 0.1}"]),
    "kon-info_nce": ("kon", [*_SCRATCH, "kon.loss={entity: info_nce, negatives: 8}"]),
    "kon-self_adv_bce": ("kon", [*_SCRATCH, "kon.loss={entity: self_adv_bce, negatives: 8}"]),
    "kon-lora": ("kon", _LORA),
    "kon-frozen": ("kon", [*_KON, "kon.backbone={kind: hf, path: GRAPH/lm, tune: frozen}"]),
}
"""Variant → task and settings; GRAPH stands for the folder of the graph."""


def write_graph(folder: Path) -> None:
    """48 training, 8 validation and 8 test triples over 16 named entities, and a random Llama in ``lm``."""
    from transformers import AutoModelForCausalLM, LlamaConfig

    from kgllm.lm.tokenizer import train_bpe

    pairs = np.random.default_rng(0).permutation(16 * 3 * 16)[:64]
    labels = [f"e{i}" for i in range(16)]
    rows = [f"e{i // 48}\tr{i // 16 % 3}\te{i % 16}\n" for i in pairs.tolist()]
    for name, part in (("train", rows[:48]), ("valid", rows[48:56]), ("test", rows[56:])):
        (folder / f"{name}.txt").write_text("".join(part))
    entity_text = "".join(f"{label}\t{name}\n" for label, name in zip(labels, NAMES, strict=True))
    (folder / "entity2text.txt").write_text(entity_text)
    relation_text = "".join(f"r{i}\t{name}\n" for i, name in enumerate(RELATIONS))
    (folder / "relation2text.txt").write_text(relation_text)
    tokenizer = train_bpe(NAMES + RELATIONS, 300)
    torch.manual_seed(0)
    sizes = {"hidden_size": 24, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    llama = LlamaConfig(vocab_size=tokenizer.vocab_size, initializer_range=0.2, **sizes)
    AutoModelForCausalLM.from_config(llama, dtype=torch.float32).save_pretrained(folder / "lm")
    tokenizer.save(folder / "lm")


def settings(graph: Path, variant: str, *sets: str) -> RunConfig:
    """Settings of a variant, changed by ``sets``."""
    name, own = VARIANTS[variant]
    texts = [text.replace("GRAPH", str(graph)) for text in (*own, *sets)]
    return load_config(name, sets=texts, flags={"data.name": str(graph)}).config


def build(graph: Path, variant: str, *sets: str) -> Any:
    """The task of a variant, seeded as the loop would."""
    config = settings(graph, variant, *sets)
    seed_everything(config.seed)
    return task_class(config.task)(config, Runtime(seed=config.seed))


def run(
    graph: Path, folder: Path, variant: str, sets: Sequence[str] = (), **options: Any
) -> tuple[Any, Result]:
    """Train a variant.

    Options: ``resume``; ``signals``, name of a signal → batch before which the process gets it; ``sgd``,
    plain descent for all groups, because adaptive optimizers turn rounding of tiny gradients into steps.
    """
    config = settings(graph, variant, *sets)
    with dist.start(config.runtime, config.seed) as runtime:
        task = task_class(config.task)(config, runtime)
        task.batches = _signalling(task.batches, options.get("signals", {}))
        if options.get("sgd"):
            task.groups = partial(_sgd, task.groups)
        found = fit(task, config.fit_settings(), runtime, folder, resume=options.get("resume", False))
    return task, found


def _sgd(groups: Callable[[], list[ParamGroup]]) -> list[ParamGroup]:
    return [replace(group, optimizer="sgd", lr=0.05, weight_decay=0) for group in groups()]


def _signalling(draw: Callable[..., Iterator[Batch]], signals: dict[str, int]) -> Callable[..., Any]:
    def batches(start: int, rank: int = 0, world: int = 1) -> Iterator[Batch]:
        for number, batch in enumerate(draw(start, rank, world)):
            for name, at in signals.items():
                if start + rank + number * world == at:
                    os.kill(os.getpid(), signal.Signals[name])
            yield batch

    return batches


def weights(folder: Path) -> list[dict[str, torch.Tensor]]:
    """Model tensors of every checkpoint of a run, by step."""
    return [
        checkpoint.read_tensors(path, "model") for path in checkpoint.steps(folder / "checkpoints").values()
    ]


def fingerprint(folder: Path) -> dict[str, Any]:
    """SHA-256 of each file of tensors in the newest checkpoint, and all events without what was clocked."""
    files = checkpoint.latest(folder / "checkpoints").glob("*.safetensors")
    clocked = {"wall", "cpu", "units_per_s", "mfu", "mem_peak"}
    lines = read_lines(folder / "metrics.jsonl")
    events = [{key: value for key, value in line.items() if key not in clocked} for line in lines]
    return {"events": events} | {f.stem: hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def difference(one: Sequence[dict[str, torch.Tensor]], two: Sequence[dict[str, torch.Tensor]]) -> float:
    """Largest difference of two runs' ``weights``, relative to each tensor's largest value, or to 0.01."""
    pairs = [(a[name], b[name]) for a, b in zip(one, two, strict=True) for name in a]
    return max(((a - b).abs().max() / a.abs().max().clamp(min=0.01)).item() for a, b in pairs)


if __name__ == "__main__":
    if "WORLD_SIZE" in os.environ:
        # One group for all runs: a second one can meet keys that the first has left in torchrun's store.
        td.init_process_group("gloo")
        td.init_process_group = td.destroy_process_group = lambda *_: None
    for entry in json.loads(sys.argv[2]):
        run(Path(sys.argv[1]), Path(entry.pop("folder")), entry.pop("variant"), **entry)
