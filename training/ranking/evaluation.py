"""A whole evaluation: ranks, metrics, intervals, groups, and the protocol that gives them meaning."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.dataset import Dataset
from .bootstrap import Bootstrap, intervals
from .config import EvalConfig
from .files import RankFile, replacing, write_ranks
from .groups import GroupRow, group_metrics, groupings
from .link_prediction import by_side, flat_metrics, headline
from .ranks import Floats, Ints
from .table import RankTable


@dataclass(frozen=True)
class RunFacts:
    """What a result must say about the run it comes from.

    Attributes:
        model: in words, for example ``ComplEx-N3, 100 dimensions``.
        seed: of training; also of the bootstrap.
        supervision: what the model learned from, for example ``train triples and entity names``.
        selection: how the checkpoint was chosen: metric and split, or ``last step``.
        name_flags: (E,) bool by name of what a name-based scorer knows of entities; see ``groupings``.
        controls: metrics of baselines run in the same process, by model; names as in ``flat_metrics``.
    """

    model: str
    seed: int
    supervision: str
    selection: str
    name_flags: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    controls: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The result of ranking one split.

    Attributes:
        ranks: every row, with labels and groups.
        protocol: what was ranked and how; JSON-ready.
        metrics: as ``flat_metrics``.
        intervals: metric name → (low, high), 95 %, where the protocol asks for them.
        groups: metrics by group.
        controls: metrics of baselines.
    """

    ranks: RankFile
    protocol: Mapping[str, Any]
    metrics: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    groups: tuple[GroupRow, ...]
    controls: Mapping[str, Mapping[str, float]]

    def to_json(self) -> dict[str, Any]:
        """``metrics.json``; a value that is not defined is null."""
        document = {
            "protocol": self.protocol,
            "metrics": self.metrics,
            "intervals": self.intervals,
            "groups": [asdict(row) for row in self.groups],
            "controls": self.controls,
        }
        finite: dict[str, Any] = _finite(document)
        return finite

    def write(self, folder: Path) -> None:
        """Write ``metrics.json`` and ``ranks.jsonl``, each whole or not at all."""
        write_ranks(folder / "ranks.jsonl", self.ranks)
        with replacing(folder / "metrics.json") as out:
            json.dump(self.to_json(), out, indent=2, ensure_ascii=False, allow_nan=False)
            out.write("\n")


def evaluate(
    table: RankTable,
    dataset: Dataset,
    split: str,
    config: EvalConfig,
    facts: RunFacts,
    top: tuple[Ints, Floats] | None = None,
) -> Evaluation:
    """Everything a result says about a ranked split.

    Args:
        table: from ``rank_triples``, filtered as ``config.filter`` says.
        dataset, split, config: what was ranked and how.
        facts: about the run.
        top: from ``trace``; written with each row.
    """
    groups = groupings(table, dataset, facts.name_flags)
    bounds: dict[str, tuple[float, float]] = {}
    if config.bootstrap and config.average == "micro":
        how = Bootstrap(config.bootstrap, facts.seed)
        for side, part in by_side(table):
            found = intervals(part, config.ties, config.hits, how)
            bounds |= {f"{split}/{side}.{config.ties}.{n}": (i.low, i.high) for n, i in found.items()}
    return Evaluation(
        ranks=RankFile(table, dataset.entities, dataset.relations, groups, top),
        protocol=_protocol(dataset, split, config, facts) | {"queries": len(table)},
        metrics=flat_metrics(table, split, config),
        intervals=bounds,
        groups=tuple(group_metrics(table, groups, config.hits)),
        controls=facts.controls,
    )


def _protocol(dataset: Dataset, split: str, config: EvalConfig, facts: RunFacts) -> dict[str, Any]:
    return {
        "data": dataset.name,
        "notes": list(dataset.notes),
        "files": [{"name": f.path.name, "sha256": f.sha256, "rows": f.rows} for f in dataset.sources],
        "split": split,
        "filter": list(config.filter),
        "ties": config.ties,
        "atol": config.atol,
        "rtol": config.rtol,
        "sides": config.sides,
        "average": config.average,
        "candidates": "all entities of the data set",
        "num_candidates": len(dataset.entities),
        "bootstrap": config.bootstrap,
        "headline": headline(config, split),
        "model": facts.model,
        "seed": facts.seed,
        "supervision": facts.supervision,
        "selection": facts.selection,
    }


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value
