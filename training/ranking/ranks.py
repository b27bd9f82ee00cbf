"""Ranks and what is made of them: pure numpy, no model, no data set.

Definitions: Berrendorf et al. 2020 (arXiv 2002.06914) for adjusted mean ranks, Hoyt et al. 2022
(arXiv 2203.07544) for expectations and variances of the other metrics under random ranks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TIES = ("realistic", "optimistic", "pessimistic")
HITS = (1, 3, 10)
_EXACT = 10**6


@dataclass(frozen=True, eq=False)
class Ranks:
    """The ranks of n golds, one per query.

    Attributes:
        greater: (n,) int64, candidates that score higher than the gold.
        equal: (n,) int64, other candidates that tie with it.
        candidates: (n,) int64, candidates after filtering, the gold included.
        weights: (n,) float64 positive, or ``None`` where every query counts alike. Macro averages give a
            query one over the size of its group.
    """

    greater: Ints
    equal: Ints
    candidates: Ints
    weights: Floats | None = None

    def __len__(self) -> int:
        return len(self.greater)

    @property
    def optimistic(self) -> Floats:
        """Best rank the ties allow, from 1."""
        return (1 + self.greater).astype(np.float64)

    @property
    def pessimistic(self) -> Floats:
        """Worst rank the ties allow."""
        return (1 + self.greater + self.equal).astype(np.float64)

    @property
    def realistic(self) -> Floats:
        """Mean of the two: the expected rank when ties are broken by chance."""
        return 1.0 + self.greater + self.equal / 2

    def of(self, ties: str) -> Floats:
        """(n,) ranks under one of ``TIES``."""
        if ties not in TIES:
            raise ValueError(f"ties {ties!r} is not one of {', '.join(TIES)}")
        ranks: Floats = getattr(self, ties)
        return ranks

    def take(self, index: Ints | NDArray[np.bool_]) -> Ranks:
        """The ranks at ``index``."""
        weights = None if self.weights is None else self.weights[index]
        return Ranks(self.greater[index], self.equal[index], self.candidates[index], weights)


def base_metrics(ranks: Ranks, ties: str = "realistic", hits: Sequence[int] = HITS) -> dict[str, float]:
    """Metrics of the ranks alone.

    Keys: ``mrr``, ``mr`` (arithmetic mean rank), ``gmr`` and ``hmr`` (geometric, harmonic), ``imr`` and
    ``igmr`` (inverses of mr, gmr), ``median``, ``std``, ``var``, ``mad`` (median absolute deviation from
    the median), ``count``, ``hits@k``. All are NaN, and count 0, without ranks.
    """
    r, w = ranks.of(ties), ranks.weights
    if not len(r):
        names = ("mrr", "mr", "gmr", "hmr", "imr", "igmr", "median", "std", "var", "mad")
        return {"count": 0.0} | dict.fromkeys((*names, *(f"hits@{k}" for k in hits)), np.nan)
    mean, mrr = _mean(r, w), _mean(1 / r, w)
    geometric, median = float(np.exp(_mean(np.log(r), w))), _median(r, w)
    variance = _mean((r - mean) ** 2, w)
    metrics = {"count": float(len(r)), "mrr": mrr, "mr": mean, "gmr": geometric, "hmr": 1 / mrr}
    metrics |= {"imr": 1 / mean, "igmr": 1 / geometric, "median": median}
    metrics |= {"std": variance**0.5, "var": variance, "mad": _median(np.abs(r - median), w)}
    return metrics | {f"hits@{k}": _mean(r <= k, w) for k in hits}


def adjusted_metrics(ranks: Ranks, hits: Sequence[int] = HITS) -> dict[str, float]:
    """Metrics relative to random ranks over each query's own candidates, from realistic ranks.

    Keys: ``amr`` (random 1, lower is better); ``amri``, ``adjusted_mrr``, ``adjusted_hits@k`` (random 0,
    perfect 1); ``z_mr``, ``z_mrr``, ``z_hits@k`` (standard deviations above random, larger is better).
    NaN where random ranks leave nothing to adjust, for example with one candidate.
    """
    metrics: dict[str, float] = {}
    r, w = ranks.realistic, ranks.weights
    mean, expected, deviation = _against_random(r, *_mr_moments(ranks.candidates), w)
    metrics["amr"] = _divide(mean, expected)
    metrics["amri"] = 1 - _divide(mean - 1, expected - 1)
    metrics["z_mr"] = _divide(expected - mean, deviation)
    values = [("mrr", 1 / r, _mrr_moments(ranks.candidates))]
    values += [(f"hits@{k}", (r <= k).astype(float), _hits_moments(ranks.candidates, k)) for k in hits]
    for name, value, moments in values:
        mean, expected, deviation = _against_random(value, *moments, w)
        metrics[f"adjusted_{name}"] = _divide(mean - expected, 1 - expected)
        metrics[f"z_{name}"] = _divide(mean - expected, deviation)
    return metrics


def expected(candidates: Ints, hits: Sequence[int] = HITS) -> dict[str, Floats]:
    """(n,) expectations of ``mr``, ``mrr`` and ``hits@k`` of each query under a random rank."""
    means = {"mr": _mr_moments(candidates)[0], "mrr": _mrr_moments(candidates)[0]}
    return means | {f"hits@{k}": _hits_moments(candidates, k)[0] for k in hits}


def harmonic(n: Ints, power: int = 1) -> Floats:
    """Generalised harmonic numbers Σ_{i ≤ n} i^−power for power 1 or 2, elementwise; n ≥ 1.

    Summed exactly up to 10⁶, by the Euler–Maclaurin series beyond, whose error there is below 1e-15.
    """
    exact = np.cumsum(np.arange(1, min(int(n.max(initial=1)), _EXACT) + 1, dtype=np.float64) ** -power)
    small = exact[np.minimum(n, len(exact)) - 1]
    x = np.maximum(n, 1).astype(np.float64)
    if power == 1:
        large = np.log(x) + np.euler_gamma + 1 / (2 * x) - 1 / (12 * x**2)
    else:
        large = np.pi**2 / 6 - 1 / x + 1 / (2 * x**2) - 1 / (6 * x**3)
    return np.where(n <= _EXACT, small, large)


def _mr_moments(n: Ints) -> tuple[Floats, Floats]:
    return (n + 1) / 2, (n.astype(np.float64) ** 2 - 1) / 12


def _mrr_moments(n: Ints) -> tuple[Floats, Floats]:
    mean = harmonic(n) / n
    return mean, np.maximum(harmonic(n, 2) / n - mean**2, 0)


def _hits_moments(n: Ints, k: int) -> tuple[Floats, Floats]:
    p = np.minimum(k, n) / n
    return p, p * (1 - p)


def _against_random(
    value: Floats, mean: Floats, variance: Floats, weights: Floats | None
) -> tuple[float, float, float]:
    """Mean of the values, its expectation, and the standard deviation of the mean."""
    w = np.ones(len(value)) if weights is None else weights
    total = w.sum()
    if not total:
        return np.nan, np.nan, np.nan
    return _mean(value, weights), _mean(mean, weights), float(np.sqrt((w**2 * variance).sum()) / total)


def _mean(values: NDArray[np.generic], weights: Floats | None) -> float:
    return float(np.average(values.astype(np.float64), weights=weights))


def _median(values: Floats, weights: Floats | None) -> float:
    """The value at which half of the weight is reached; midway to the next where exactly half is."""
    if weights is None:
        return float(np.median(values))
    order = np.argsort(values)
    share = np.cumsum(weights[order]) / weights.sum()
    at = int(np.searchsorted(share, 0.5 - 1e-12))
    after = min(at + 1, len(values) - 1) if share[at] <= 0.5 + 1e-12 else at
    return float((values[order[at]] + values[order[after]]) / 2)


def _divide(a: float, b: float) -> float:
    return a / b if b else float("nan")
