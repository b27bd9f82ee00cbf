"""From one hidden state to K step states: what stands between the LM and the K score layers."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import ConfigError

NORM_EPS = 1e-6


class StepMLP(nn.Module):
    """SiLU(M_k h) for K steps at once, root-mean-square normalised; K-ON's head MLP (kon.md §1.2 a).

    Args:
        K: steps.
        hidden_size: d.
        rank: ``None`` for full d × d matrices M_k, else M_k = U_k D_k with D_k of this many rows.
    """

    def __init__(self, K: int, hidden_size: int, rank: int | None) -> None:
        super().__init__()
        width = hidden_size if rank is None else rank
        self.weight = nn.Parameter(torch.empty(K, width, hidden_size).normal_(std=hidden_size**-0.5))
        self.up: nn.Parameter | None = None
        if rank is not None:
            self.up = nn.Parameter(torch.empty(K, hidden_size, rank).normal_(std=rank**-0.5))

    def forward(self, h: Tensor) -> Tensor:
        """(B, d) → (B, K, d)."""
        K, width, d = self.weight.shape
        x = F.linear(h, self.weight.flatten(0, 1)).view(len(h), K, width)  # one product for all K steps
        if self.up is not None:
            x = torch.einsum("bkr,kdr->bkd", x, self.up)
        return F.rms_norm(F.silu(x), (d,), eps=NORM_EPS)


class StepAttention(nn.Module):
    """Causal self-attention over the K steps; step k sees steps 0 … k, in training and in evaluation.

    The mask is always explicit. ``nn.MultiheadAttention(is_causal=True)`` without a mask raises in
    training and attends to later steps in its inference path.

    Raises:
        ConfigError: ``heads`` does not divide ``hidden_size``.
    """

    def __init__(self, hidden_size: int, heads: int, dropout: float) -> None:
        super().__init__()
        if hidden_size % heads:
            raise ConfigError(
                f"attention_heads={heads} does not divide the hidden size {hidden_size}; choose a divisor"
            )
        self.heads, self.dropout = heads, dropout
        self.qkv = nn.Linear(hidden_size, 3 * hidden_size, bias=False)
        self.out = nn.Linear(hidden_size, hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, K, d) → (B, K, d)."""
        K = x.shape[1]
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in self.qkv(x).chunk(3, -1))
        earlier = torch.ones(K, K, dtype=torch.bool, device=x.device).tril()
        dropout = self.dropout if self.training else 0.0
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=earlier, dropout_p=dropout)
        out: Tensor = self.out(mixed.transpose(1, 2).flatten(-2))
        return out


class Trunk(nn.Module):
    """K step states that all equal ``h`` at initialisation.

    z_k = h + g_k ∘ RMSNorm(SiLU(M_k h)) with gates g_k = 0, then ẑ_k = z_k + c_k, where c is causal
    attention over RMSNorm(z_0) + code_0 … RMSNorm(z_k) + code_k whose output projection starts at 0.
    The gate is also the norm's weight: a second elementwise factor would add nothing.
    """

    def __init__(self, K: int, hidden_size: int, rank: int | None, attention: StepAttention) -> None:
        super().__init__()
        self.mlp = StepMLP(K, hidden_size, rank)
        self.gate = nn.Parameter(torch.zeros(K, hidden_size))
        self.code = nn.Parameter(torch.empty(K, hidden_size).normal_(std=0.02))
        self.attention = attention
        nn.init.zeros_(attention.out.weight)

    def forward(self, h: Tensor) -> Tensor:
        """(B, d) → (B, K, d)."""
        return self.condition(h[:, None] + self.gate * self.mlp(h))

    def condition(self, z: Tensor) -> Tensor:
        """(B, K, d) → (B, K, d): add to each step what the steps before it say."""
        out: Tensor = z + self.attention(F.rms_norm(z, (z.shape[-1],), eps=NORM_EPS) + self.code)
        return out
