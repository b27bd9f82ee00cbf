"""From scores to probabilities one can act on: temperature, calibration error, abstention."""

from __future__ import annotations

import torch
from torch import Tensor

_LOG_RANGE = 12.0
_HALVINGS = 60


def fit_temperature(scores: Tensor, gold: Tensor) -> float:
    """The T > 0 that maximises the likelihood of the golds under softmax(scores / T) (Guo et al. 2017).

    The negative log-likelihood is convex in 1/T and its derivative, Σ (E_p[s] − s_gold), monotone, so
    the root is found by bisection. T stays within e^±12 where the golds are always or never on top.

    Args:
        scores: (n, E) float scores on validation queries; −∞ marks filtered entities, never a gold.
        gold: (n,) int64 gold entity of each query.
    """
    scores = scores.double()
    finite = scores.masked_fill(scores == -torch.inf, 0.0)
    target = scores.gather(1, gold[:, None]).sum()
    low, high = -_LOG_RANGE, _LOG_RANGE
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        expected = ((scores * torch.tensor(middle).exp()).softmax(1) * finite).sum()
        low, high = (middle, high) if expected < target else (low, middle)
    return float(torch.tensor(-(low + high) / 2).exp())


def expected_calibration_error(confidence: Tensor, correct: Tensor, bins: int = 15) -> float:
    """Σ over bins of (share of queries) · |mean confidence − accuracy|, with bins of equal width.

    Args:
        confidence: (n,) probabilities in [0, 1] of the predicted answers.
        correct: (n,) bool, whether the prediction was right.
        bins: number of bins.
    """
    index = (confidence * bins).long().clamp(max=bins - 1)
    gap = torch.zeros(bins, dtype=torch.float64, device=confidence.device)
    gap.index_add_(0, index, confidence.double() - correct.double())
    return float(gap.abs().sum() / len(confidence))


def abstention_mass(log_probs: Tensor, representatives: Tensor) -> Tensor:
    """(B,) probability that the answer is none of the entities: 1 − Σ_E P(e), in [0, 1].

    Meaningful for a full-vocabulary softmax with EOS: then names form a prefix code and the sum over all
    strings is 1 (kon.md §3.1, P3).

    Args:
        log_probs: (B, E) scores of ``EntityScorer.encode(…, likelihood=True)``.
        representatives: ``EntityVocab.representatives`` as a tensor; each scored string counts once.
    """
    return (1 - log_probs[:, representatives].exp().sum(1)).clamp(0.0, 1.0)
