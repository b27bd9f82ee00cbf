"""Cross-entropy over all entities: each gold answer against everything that is not an answer."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from ..counters import Pairs


def entity_ce(scores: Tensor, gold: Pairs, known: Pairs, smoothing: float = 0.0) -> tuple[Tensor, int]:
    """Softmax cross-entropy of each gold, with the query's other known answers left out.

    For a gold g of query q with non-answers N_q:  −s_g + log(exp s_g + Σ_{e ∈ N_q} exp s_e). A query with
    several golds so costs what its golds cost one by one (kon.md §5.3), whatever the de-duplication.
    With smoothing ε the target is (1 − ε) on the gold plus ε spread evenly over gold and N_q.

    Args:
        scores: (B, E) float.
        gold: the supervised pairs.
        known: all training answers of the B queries; holds every pair of ``gold``.
        smoothing: ε in [0, 1).

    Returns:
        Σ over golds, and the number of golds.

    Relations: ``multi_positive_ce`` lets all golds of a query share the mass; ``info_nce`` samples N_q.
    """
    others = scores.index_put(tuple(known), scores.new_tensor(torch.finfo(scores.dtype).min))
    rest = others.logsumexp(1)[gold.query]
    positive = scores[tuple(gold)]
    loss = -logsigmoid(positive - rest)
    if smoothing:
        held = scores.new_zeros(len(scores)).index_add(0, known.query, scores[tuple(known)])
        count = scores.shape[1] - torch.bincount(known.query, minlength=len(scores))
        # −log p_g = loss, and −log p_e = loss + s_g − s_e, so the even share needs only the sum of scores.
        mean = ((scores.sum(1) - held)[gold.query] + positive) / (count[gold.query] + 1)
        loss = loss + smoothing * (positive - mean)
    return loss.sum(), len(gold.query)


def multi_positive_ce(scores: Tensor, gold: Pairs) -> tuple[Tensor, int]:
    """Cross-entropy against the even distribution over a query's golds.

    For a query with golds G: −(1/|G|) Σ_{g ∈ G} log softmax(s)_g over all entities: the golds share the
    mass and compete for it, and a query counts once however many answers it has.

    Args:
        scores: (B, E) float.
        gold: all training answers of the B queries.

    Returns:
        Σ over queries with a gold, and the number of such queries.
    """
    golds = torch.bincount(gold.query, minlength=len(scores))
    surprise = scores.logsumexp(1)[gold.query] - scores[tuple(gold)]
    return (surprise / golds[gold.query]).sum(), int((golds > 0).sum())
