"""The trunk of K-ON's published code, for comparison runs (zjukg/K-ON; kon.md §1.2, column "code").

It differs from ours in three ways: fixed mixture weights instead of gated residuals, no position
codes, and random instead of zero-initialised outputs, so it does not start at the language model.
Its attention is causal here; there it was not, or it failed (kon.md §1.4, B1).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .trunk import StepAttention, StepMLP

ATTENTION_SHARE, HIDDEN_SHARE, MLP_SHARE = 0.2, 0.5, 0.8
STEP_DECAY = 0.95
"""The published step weight is α_k = 0.95^k and never trained (B2)."""


class PaperTrunk(nn.Module):
    """ẑ_k = 0.2·attention(m)_k + 0.5·h + 0.8·m_k with m_k = w_k ∘ RMSNorm(SiLU(M_k h))."""

    def __init__(self, K: int, hidden_size: int, attention: StepAttention) -> None:
        super().__init__()
        self.mlp = StepMLP(K, hidden_size, rank=None)
        self.norm_weight = nn.Parameter(torch.ones(K, hidden_size))
        self.attention = attention

    def forward(self, h: Tensor) -> Tensor:
        """(B, d) → (B, K, d)."""
        m = self.norm_weight * self.mlp(h)
        out: Tensor = ATTENTION_SHARE * self.attention(m) + HIDDEN_SHARE * h[:, None] + MLP_SHARE * m
        return out
