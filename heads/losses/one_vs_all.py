"""Cross-entropy of each gold answer over all entities, other answers not excused."""

from __future__ import annotations

from torch import Tensor

from ..counters import Pairs


def one_vs_all_ce(scores: Tensor, gold: Pairs) -> tuple[Tensor, int]:
    """Σ_g −log softmax(s)_g over all entities: the classical 1-vs-all loss of every training triple.

    The golds of a query compete for the mass, and a query weighs as many times as it has answers
    (Lacroix et al., ICML 2018, eq. 2; "1vsAll" in Ruffinelli et al., ICLR 2020).

    Args:
        scores: (B, E) float.
        gold: the supervised pairs.

    Returns:
        Σ over golds, and the number of golds.

    Relations: ``multi_positive_ce`` is the same with every query weighing once; ``entity_ce`` leaves
    the other golds out of the denominator.
    """
    surprise = scores.logsumexp(1)[gold.query] - scores[tuple(gold)]
    return surprise.sum(), len(gold.query)
