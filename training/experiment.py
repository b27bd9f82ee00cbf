"""From settings to a finished run folder: train, take the best checkpoint, rank test once, report."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..data.dataset import Dataset
from ..data.load import load_dataset
from ..data.names import name_entities, relation_names
from ..errors import CheckpointError
from ..heads.base import QueryScorer
from ..heads.pretrained import load_pretrained
from ..heads.vocab import EntityVocab
from . import checkpoint, dist
from .config import Resolved, RunConfig, task_class
from .dry_run import DryRun
from .dry_run import dry_run as one_step
from .log import Listener
from .loop import Result, fit
from .ranking.config import EvalConfig, Split
from .ranking.controls import controls
from .ranking.evaluation import Evaluation, RunFacts, evaluate
from .ranking.link_prediction import Progress, evaluating, headline, known_answers, rank_triples, trace
from .report.page import write_report
from .run import CHECKPOINTS
from .run_folder import forget_run, load_run, open_run, write_atomically
from .task import Runtime
from .weights import load_model

MODEL = "model"
LABELS = "labels.json"
FACTS = "facts.json"


@dataclass(frozen=True)
class Outcome:
    """What a call of ``train`` leaves.

    Attributes:
        folder: the run folder.
        result: how training ended.
        evaluation: of the test split; ``None`` where a signal stopped the run, and on ranks above 0.
        cpu, wall: seconds of this process, evaluation included.
    """

    folder: Path
    result: Result
    evaluation: Evaluation | None
    cpu: float
    wall: float


def train(
    resolved: Resolved, folder: Path, *, resume: bool = False, listeners: Sequence[Listener] = ()
) -> Outcome:
    """Run one training from settings to report. The test split is ranked once, after selection.

    Args:
        folder: of the run; made if it is missing.
        resume: go on with the run in ``folder``.
        listeners: hear every event, besides metrics.jsonl.

    Raises:
        KgllmError: whatever is wrong with settings, data or checkpoints.
    """
    config, cpu, wall = resolved.config, time.process_time(), time.perf_counter()
    with dist.start(config.runtime, config.seed) as runtime:
        task = task_class(config.task)(config, runtime)  # first: a mistake in the data leaves no run behind
        if runtime.rank == 0:
            open_run(folder, resolved, resume=resume)
        try:
            result = fit(task, config.fit_settings(), runtime, folder, resume=resume, listeners=listeners)
        except Exception:
            if runtime.rank == 0 and not checkpoint.steps(folder / CHECKPOINTS):
                forget_run(folder)
            raise
    found = None
    if runtime.rank == 0 and result.reason != "signal":
        alone = Runtime(runtime.device, seed=runtime.seed, autocast=runtime.autocast)
        if runtime.world > 1:
            task = task_class(config.task)(config, alone)
        _export(task, config, result, folder)
        found = evaluate_run(folder, "test")
    return Outcome(folder, result, found, time.process_time() - cpu, time.perf_counter() - wall)


def dry_run(resolved: Resolved) -> DryRun:
    """One step, one evaluation and one checkpoint of what ``train`` would run; leaves nothing behind."""
    config = resolved.config
    with dist.start(config.runtime, config.seed) as runtime:
        return one_step(task_class(config.task)(config, runtime), config.fit_settings(), runtime)


def evaluate_run(
    folder: Path, split: Split, settings: EvalConfig | None = None, progress: Progress | None = None
) -> Evaluation:
    """Rank a split with a finished run's model; writes metrics.json, ranks.jsonl and report.html.

    The files of a split other than test lie in a folder named after it.

    Args:
        settings: of the protocol; ``None`` takes the run's own.
        progress: called after each batch of queries.

    Raises:
        CheckpointError: the run has no exported model, or it is of another data set.
    """
    config, dataset, scorer = open_model(folder)
    settings = settings or config.eval
    device = _device(config)
    runtime = Runtime(device)
    model: Any = scorer
    model.to(device)
    known = known_answers(dataset, settings.filter)
    sharing = getattr(model, "sharing_prefix", nullcontext)
    with evaluating(model), sharing():
        table = rank_triples(scorer, dataset.split(split), known, settings, runtime, progress)
        top = trace(scorer, table, known, settings, runtime) if settings.trace_top else None
    facts = RunFacts(
        **json.loads((folder / MODEL / FACTS).read_text(encoding="utf-8")),
        name_flags=_name_flags(scorer),
        controls=controls(dataset, split, table, settings),
    )
    found = evaluate(table, dataset, split, settings, facts, top)
    target = folder if split == "test" else folder / split
    target.mkdir(exist_ok=True)
    found.write(target)
    if split == "test":
        write_report(folder, _readable(dataset, config))
    return found


def open_model(folder: Path) -> tuple[RunConfig, Dataset, QueryScorer]:
    """Settings, data set and model of a finished run.

    Raises:
        ConfigError: there is no run in the folder.
        CheckpointError: it has no exported model, or its data set is not the one it was trained on.
    """
    config = load_run(folder)
    if not (folder / MODEL / LABELS).is_file():
        raise CheckpointError(
            f"{folder} has no finished model; finish it with kgllm train --resume --out {folder}"
        )
    dataset = load_dataset(config.data)
    labels = json.loads((folder / MODEL / LABELS).read_text(encoding="utf-8"))
    for kind, vocab in (("entities", dataset.entities), ("relations", dataset.relations)):
        if tuple(labels[kind]) != vocab.labels:
            raise CheckpointError(
                f"{folder} was trained on other {kind} ({len(labels[kind]):,} of them; {dataset.name} "
                f"now has {len(vocab):,}, or another order); restore the data or train again"
            )
    return config, dataset, load_pretrained(folder / MODEL)


def _export(task: Any, config: RunConfig, result: Result, folder: Path) -> None:
    """The selected checkpoint as a model folder, with the labels its ids mean."""
    saved = checkpoint.steps(folder / CHECKPOINTS)
    step = result.best.step if result.best and result.best.step in saved else max(saved)
    load_model(task, saved[step])
    target = folder / MODEL
    task.export(target)
    labels = {"entities": task.dataset.entities.labels, "relations": task.dataset.relations.labels}
    write_atomically(target / FACTS, json.dumps(_facts(task, config, result, step), indent=1))
    write_atomically(target / LABELS, json.dumps(labels, ensure_ascii=False))


def _facts(task: Any, config: RunConfig, result: Result, step: int) -> dict[str, Any]:
    model, supervision = task.describe()
    chosen = f"last step ({step})"
    if result.best:
        chosen = f"{headline(config.eval)} = {result.best.value:.4f} at step {step}, filter train + valid"
    return {"model": model, "seed": config.seed, "supervision": supervision, "selection": chosen}


def _device(config: RunConfig) -> torch.device:
    gpu = config.runtime.device != "cpu" and torch.cuda.is_available()
    return torch.device("cuda" if gpu else "cpu")


def _name_flags(scorer: Any) -> dict[str, NDArray[np.bool_]]:
    """What a name-based scorer knows of each entity; nothing for others."""
    if not isinstance(vocab := getattr(scorer, "vocab", None), EntityVocab):
        return {}
    _, name, count = np.unique(vocab.name_hashes, return_inverse=True, return_counts=True)
    return {"gold name cut": vocab.name_lengths > vocab.K, "gold name shared": (count > 1)[name]}


def _readable(dataset: Dataset, config: RunConfig) -> Mapping[str, str]:
    """Names by label, for people; shared names are harmless here."""
    lenient = config.data.model_copy(update={"missing_names": "id", "duplicate_names": "keep"})
    entities = zip(dataset.entities, name_entities(dataset, lenient).names, strict=True)
    relations = zip(dataset.relations, relation_names(dataset), strict=True)
    return {**dict(entities), **dict(relations)}
