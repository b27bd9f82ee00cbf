"""Self-adversarial binary cross-entropy: the loss of K-ON's published code."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import logsigmoid


def self_adversarial_bce(positive: Tensor, negative: Tensor, temperature: float = 0.5) -> tuple[Tensor, int]:
    """Gold towards 1, negatives towards 0, the hard negatives weighing more.

    [softplus(−s_+) + Σ_j w_j softplus(s_j)] / (1 + Σ_j w_j) with w = softmax(s_j / temperature), through
    which no gradient flows. From RotatE (Sun et al. 2019, eq. 5–6) as K-ON's code has it (kon.md §1.3);
    the paper itself prints an NCE. Scores are absolute here, not relative to each other.

    Args:
        positive: (B,) scores of the golds.
        negative: (B, N) scores of the negatives.
        temperature: of the weights; small values look at the hardest negative only.

    Returns:
        Σ over the B pairs, and B.
    """
    weight = (negative.detach() / temperature).softmax(1)
    loss = -logsigmoid(positive) - (weight * logsigmoid(-negative)).sum(1)
    return (loss / (1 + weight.sum(1))).sum(), len(positive)
