"""Answers of a finished run to one question, by name."""

from __future__ import annotations

import difflib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..data.dataset import Dataset
from ..data.names import name_entities, relation_names
from ..data.queries import Queries, Side
from ..errors import ConfigError
from ..heads.counters import Pairs, top_k
from .experiment import open_model
from .link_data import query_tensors
from .ranking.link_prediction import evaluating, known_answers


@dataclass(frozen=True)
class Question:
    """One end of a triple and its relation, by name or label."""

    entity: str
    relation: str
    asks_tail: bool


@dataclass(frozen=True)
class Answer:
    """An entity with its score.

    Attributes:
        label, name: of the entity.
        score: of the model; higher is better.
        probability: softmax of the scores over all entities. Only calibrated scores make it a chance.
        known: splits of the data set that hold the triple, e.g. ``train``; empty for a new one.
    """

    label: str
    name: str
    score: float
    probability: float
    known: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def predict_run(folder: Path, question: Question, k: int, *, new: bool = False) -> list[Answer]:
    """The ``k`` best answers, best first.

    Args:
        folder: of a finished run.
        new: leave out answers that train, valid or test hold.

    Raises:
        ConfigError: a name is unknown or stands for several entities; near names are suggested.
    """
    config, dataset, scorer = open_model(folder)
    lenient = config.data.model_copy(update={"missing_names": "id", "duplicate_names": "keep"})
    names, relations = name_entities(dataset, lenient).names, relation_names(dataset)
    source = _find("entity", question.entity, dataset.entities.labels, names)
    relation = _find("relation", question.relation, dataset.relations.labels, relations)
    side = Side.TAIL if question.asks_tail else Side.HEAD
    queries = Queries(*(np.array([i], dtype=np.int64) for i in (source, relation, int(side))))
    held = _splits_of(dataset, queries)
    hidden = np.array(sorted(held) if new else [], dtype=np.int64)
    exclude = Pairs(torch.zeros(len(hidden), dtype=torch.int64), torch.from_numpy(hidden))
    model: Any = scorer
    with evaluating(model):
        encoded = scorer.encode(query_tensors(queries))
        best = top_k(scorer, encoded, min(k, scorer.num_entities), exclude, chunk=scorer.num_entities)
        share = scorer.score(encoded, 0, scorer.num_entities)[0].softmax(0)
    return [
        Answer(dataset.entities.label(e), names[e], s, float(share[e]), ", ".join(held.get(e, ())))
        for e, s in zip(best.ids[0].tolist(), best.scores[0].tolist(), strict=True)
        if e >= 0
    ]


def _splits_of(dataset: Dataset, queries: Queries) -> dict[int, list[str]]:
    """Answers that the data set holds, each with the splits that hold it."""
    held: dict[int, list[str]] = {}
    for split in ("train", "valid", "test"):
        table = known_answers(dataset, (split,))
        for entity in table.known(queries)[1].tolist() if table else []:
            held.setdefault(entity, []).append(split)
    return held


def _find(kind: str, wanted: str, labels: tuple[str, ...], names: list[str]) -> int:
    """The id that a label or a name means; case counts only where it must."""
    if wanted in labels:
        return labels.index(wanted)
    found = [i for i, name in enumerate(names) if name == wanted]
    found = found or [i for i, name in enumerate(names) if name.lower() == wanted.lower()]
    if len(found) == 1:
        return found[0]
    if found:
        shown = ", ".join(labels[i] for i in found[:5])
        raise ConfigError(f"{kind} {wanted!r} is the name of {len(found)}; give one of the labels {shown}")
    near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.5)
    remedy = f"did you mean {', '.join(near)}?" if near else "give a name or label of the run's data set"
    raise ConfigError(f"{kind} {wanted!r} is unknown; {remedy}")
