"""InfoNCE: the gold answer against sampled non-answers."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import logsigmoid


def info_nce(positive: Tensor, negative: Tensor, log_expected: Tensor | None = None) -> tuple[Tensor, int]:
    """−log of the gold's share of exp-score among itself and N negatives.

    With ``log_expected`` = log(N·q_j), the log of how often negative j is expected in the sample, each
    negative stands for 1/(N q_j) candidates and the loss estimates ``entity_ce`` (the logQ correction of
    sampled softmax, Bengio & Senécal 2008). Without it, the loss is over the sample only.

    Args:
        positive: (B,) scores of the golds.
        negative: (B, N) scores of the negatives.
        log_expected: broadcastable to (B, N); ``Negatives.log_expected[:, None]`` for uniform draws.

    Returns:
        Σ over the B pairs, and B.
    """
    corrected = negative if log_expected is None else negative - log_expected
    return -logsigmoid(positive - corrected.logsumexp(1)).sum(), len(positive)
