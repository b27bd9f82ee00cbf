"""Confidence intervals by resampling test triples, and paired differences between two models.

The unit is the triple with both its queries, because the two are dependent. One run's interval says
nothing about the variance over training seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .ranks import HITS, TIES, Floats, Ints, expected
from .table import RankTable


class Interval(NamedTuple):
    """A percentile interval around the value on the whole table."""

    value: float
    low: float
    high: float


class Bootstrap(NamedTuple):
    """How to resample: how often, from which seed, and the mass of the interval."""

    resamples: int = 1000
    seed: int = 0
    level: float = 0.95


DEFAULT = Bootstrap()


def intervals(
    table: RankTable, ties: str = "realistic", hits: Sequence[int] = HITS, how: Bootstrap = DEFAULT
) -> dict[str, Interval]:
    """Intervals of ``mrr``, ``mr``, ``hits@k`` and, for realistic ranks, ``amri``, ``adjusted_mrr``.

    Micro averages. Only sums per triple are resampled, never scores: O(resamples × triples).
    """
    sums, names = _triple_sums(table, ties, hits)
    draws = _resample(sums, how)
    values = _metrics(sums.sum(axis=0, keepdims=True), names)
    return {
        name: Interval(float(values[name][0]), *_percentiles(draw, how.level))
        for name, draw in _metrics(draws, names).items()
    }


def paired_difference(
    a: RankTable,
    b: RankTable,
    ties: str = "realistic",
    hits: Sequence[int] = HITS,
    how: Bootstrap = DEFAULT,
) -> dict[str, Interval]:
    """Intervals of metric(a) − metric(b), both resampled with the same triples.

    Raises:
        ValueError: the tables do not rank the same queries.
    """
    columns = ("triple", "side", "head", "relation", "tail")
    if len(a) != len(b) or any((getattr(a, c) != getattr(b, c)).any() for c in columns):
        raise ValueError("the two tables rank different queries; compare models on the same split and sides")
    (first, names), (second, _) = _triple_sums(a, ties, hits), _triple_sums(b, ties, hits)
    draws = _resample(np.concatenate([first, second], axis=1), how)
    split = first.shape[1]
    values = [_metrics(sums.sum(axis=0, keepdims=True), names) for sums in (first, second)]
    drawn = [_metrics(part, names) for part in (draws[:, :split], draws[:, split:])]
    return {
        name: Interval(
            float(values[0][name][0] - values[1][name][0]),
            *_percentiles(drawn[0][name] - drawn[1][name], how.level),
        )
        for name in values[0]
    }


def _triple_sums(table: RankTable, ties: str, hits: Sequence[int]) -> tuple[Floats, list[str]]:
    """(triples, columns) sums over the queries of each triple; the first column counts them."""
    if ties not in TIES:
        raise ValueError(f"ties {ties!r} is not one of {', '.join(TIES)}")
    ranks = table.ranks()
    r = ranks.of(ties)
    columns: dict[str, NDArray[np.generic]] = {"count": np.ones(len(r)), "mr": r, "mrr": 1 / r}
    columns |= {f"hits@{k}": r <= k for k in hits}
    if ties == "realistic":
        chance = expected(ranks.candidates, ())
        columns |= {"expected mr": chance["mr"], "expected mrr": chance["mrr"]}
    _, unit = np.unique(table.triple, return_inverse=True)
    sums = [np.bincount(unit, weights=column) for column in columns.values()]
    return np.stack(sums, axis=1), list(columns)


def _resample(sums: Floats, how: Bootstrap) -> Floats:
    """(resamples, columns) sums over triples drawn with replacement."""
    rng = np.random.default_rng(how.seed)
    n = len(sums)
    draws = np.empty((how.resamples, sums.shape[1]))
    for i in range(how.resamples):
        times: Ints = np.bincount(rng.integers(n, size=n), minlength=n)
        draws[i] = times @ sums
    return draws


def _metrics(sums: Floats, names: Sequence[str]) -> dict[str, Floats]:
    """Metrics of each row of sums."""
    mean = dict(zip(names, (sums / sums[:, :1]).T, strict=True))
    result = {name: mean[name] for name in names if name != "count" and not name.startswith("expected")}
    if "expected mr" in mean:
        with np.errstate(invalid="ignore", divide="ignore"):  # one candidate: nothing to adjust, NaN
            result["amri"] = 1 - (mean["mr"] - 1) / (mean["expected mr"] - 1)
            chance = mean["expected mrr"]
            result["adjusted_mrr"] = (mean["mrr"] - chance) / (1 - chance)
    return result


def _percentiles(draws: Floats, level: float) -> tuple[float, float]:
    low, high = np.quantile(draws, ((1 - level) / 2, (1 + level) / 2))
    return float(low), float(high)
