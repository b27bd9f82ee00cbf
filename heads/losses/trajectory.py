"""Head trajectory tuning: keep the LM an LM, and the K steps near what the LM says token by token.

Both losses average over the tokens of a name inside each query and add over queries, so their unit is
the query, as that of the entity losses, and names of any length weigh the same (kon.md §1.3, B5–B7).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ..kon import KONHead, StepStates
from ..lse import chunked_linear_logsumexp, linear_logits, widen

ROWS = 256
"""(query, step) pairs per chunk of the KL: 4·256·V bytes for each of its few (rows, V) tensors."""


def htt_sft(hidden: Tensor, W: Tensor, targets: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Next-token cross-entropy of the gold name through the LM's own head.

    Args:
        hidden: (B, K, d) LM states that predict name token 0 … K − 1 under teacher forcing.
        W: (V, d) LM head.
        targets: (B, K) token ids of the gold names; read only where ``mask`` is true.
        mask: (B, K) bool, true for tokens of the name and its EOS.

    Returns:
        Σ over queries of the mean over their tokens, and the number of queries with a token.
    """
    rows, token = widen(hidden[mask]), targets[mask].long()
    surprise = chunked_linear_logsumexp(rows, W) - (rows * W[token].to(rows.dtype)).sum(1)
    return (surprise * _token_weight(mask, rows.dtype)[mask]).sum(), mask.any(1).sum()


def htt_kl(
    head: KONHead, states: StepStates, teacher: Tensor, W: Tensor, mask: Tensor
) -> tuple[Tensor, Tensor]:
    """KL(p_LM ‖ p_KON) between the LM's next-token distribution and each step's, summed over the vocabulary.

    The gradient reaches the K-ON head and what lies behind ``states``; the teacher and W are constants.

    Args:
        head: the K-ON head, for its low-rank score layers.
        states: what ``head`` returned for the B prompts.
        teacher: (B, K, d) LM states that predict name token 0 … K − 1 under teacher forcing.
        W: (V, d) LM head.
        mask: (B, K) bool, true for tokens of the name and its EOS.

    Returns:
        Σ over queries of the mean over their tokens, and the number of queries with a token.
    """
    total = states.z.new_zeros(())
    weight = _token_weight(mask, states.z.dtype)
    fixed = W.detach().to(states.z.dtype)
    for k in range(mask.shape[1]):
        valid = mask[:, k]
        low = None if states.low is None else states.low[valid, k]
        lora_b = None if head.lora_b is None else head.lora_b[k]
        lm = _Teacher(fixed, teacher[valid, k].detach().to(fixed.dtype), weight[valid, k])
        total = total + _LinearKL.apply(states.z[valid, k], low, lora_b, lm)  # type: ignore[no-untyped-call]
    return total, mask.any(1).sum()


def _token_weight(mask: Tensor, dtype: torch.dtype) -> Tensor:
    """(B, K) 1 / number of tokens of the query."""
    return mask.sum(1, keepdim=True, dtype=dtype).clamp(min=1).reciprocal().expand(mask.shape)


class _Teacher(NamedTuple):
    """Constants of one step: LM head (V, d), its states (n, d), and the weight of each row (n,)."""

    W: Tensor
    states: Tensor
    weight: Tensor


class _LinearKL(torch.autograd.Function):
    """Σ_i w_i KL(softmax(W t_i) ‖ softmax(W z_i + B u_i)), some rows at a time.

    The gradient with respect to the logits, w (p_KON − p_LM), is at hand in the forward pass, so the
    products with it are taken there, and no (n, V) tensor outlives its chunk.
    """

    @staticmethod
    def forward(ctx: Any, z: Tensor, low: Tensor | None, lora_b: Tensor | None, lm: _Teacher) -> Tensor:
        total = z.new_zeros(())
        dz = torch.empty_like(z)
        dlow = None if low is None else torch.empty_like(low)
        db = None if lora_b is None else torch.zeros_like(lora_b)
        with torch.autocast(z.device.type, enabled=False):
            for start in range(0, len(z), ROWS):
                rows = slice(start, start + ROWS)
                part = None if low is None else low[rows]
                log_p = linear_logits(z[rows], lm.W, part, lora_b).log_softmax(1)
                log_lm = linear_logits(lm.states[rows], lm.W, None, None).log_softmax(1)
                p_lm = log_lm.exp()
                total += ((p_lm * (log_lm - log_p)).sum(1) * lm.weight[rows]).sum()
                dx = (log_p.exp() - p_lm) * lm.weight[rows, None]
                dz[rows] = dx @ lm.W
                if dlow is not None and db is not None and lora_b is not None and part is not None:
                    dlow[rows] = dx @ lora_b
                    db += dx.T @ part
        ctx.save_for_backward(dz, dlow, db)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        dz, dlow, db = ctx.saved_tensors
        low, lora_b = (None if d is None else d * grad for d in (dlow, db))
        return dz * grad, low, lora_b, None
