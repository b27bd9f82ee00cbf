"""log Σ_v exp over a vocabulary, without ever holding the logits."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

CHUNK = 4096
"""Vocabulary rows per chunk: 4 B·4096 bytes of logits at a time for B inputs."""


def chunked_linear_logsumexp(
    z: Tensor, W: Tensor, low: Tensor | None = None, lora_b: Tensor | None = None, *, chunk: int = CHUNK
) -> Tensor:
    """log Σ_v exp(⟨z, W_v⟩ + ⟨low, B_v⟩), computed in ``z``'s dtype, autocast or not.

    The logits are made ``chunk`` rows at a time, in the forward pass and again in the backward pass,
    so memory is O(n·chunk) in both. A low-rank update enters as r more columns, [z, low]·[W, B]ᵀ;
    W + BA is never formed.

    Args:
        z: (n, d) float32 or float64.
        W: (V, d) any float dtype; cast one chunk at a time.
        low: (n, r) scaled low-rank codes (α/r)·A z, or ``None``.
        lora_b: (V, r) rows that go with ``low``.
        chunk: vocabulary rows per chunk; changes the result by rounding only.

    Returns:
        (n,) in ``z``'s dtype; −∞ where every logit is −∞. First derivatives only.
    """
    result: Tensor = _LinearLogSumExp.apply(z, W, low, lora_b, chunk)  # type: ignore[no-untyped-call]
    return result


def linear_logits(z: Tensor, W: Tensor, low: Tensor | None, lora_b: Tensor | None) -> Tensor:
    """(n, V) logits z Wᵀ + low Bᵀ in ``z``'s dtype; the second term only where both its factors are given."""
    logits = z @ W.to(z.dtype).T
    if low is not None and lora_b is not None:
        logits = torch.addmm(logits, low, lora_b.to(z.dtype).T)
    return logits


def widen(x: Tensor) -> Tensor:
    """``x`` in float32, or as it is in float64: scores and losses are never computed in less."""
    return x if x.dtype == torch.float64 else x.float()


class _LinearLogSumExp(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, z: Tensor, W: Tensor, low: Tensor | None, lora_b: Tensor | None, chunk: int
    ) -> Tensor:
        total = z.new_full((len(z),), -torch.inf)
        with torch.autocast(z.device.type, enabled=False):
            for start in range(0, len(W), chunk):
                part = slice(start, start + chunk)
                x = linear_logits(z, W[part], low, None if lora_b is None else lora_b[part])
                peak = _finite(x.amax(1))
                total = torch.logaddexp(total, x.sub_(peak[:, None]).exp_().sum(1).log() + peak)
        ctx.save_for_backward(z, W, low, lora_b, total)
        ctx.chunk = chunk
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        z, W, low, lora_b, total = ctx.saved_tensors
        need_z, need_w, need_low, need_b, _ = ctx.needs_input_grad
        dz = torch.zeros_like(z) if need_z else None
        dw = torch.empty_like(W) if need_w else None
        dlow = torch.zeros_like(low) if need_low else None
        db = torch.empty_like(lora_b) if need_b else None
        with torch.autocast(z.device.type, enabled=False):
            for start in range(0, len(W), ctx.chunk):
                part = slice(start, start + ctx.chunk)
                rows, extra = W[part], None if lora_b is None else lora_b[part]
                p = (
                    linear_logits(z, rows, low, extra)
                    .sub_(_finite(total)[:, None])
                    .exp_()
                    .mul_(grad[:, None])
                )
                if dz is not None:
                    dz.addmm_(p, rows.to(z.dtype))
                if dw is not None:
                    dw[part] = p.T @ z
                if dlow is not None and extra is not None:
                    dlow.addmm_(p, extra.to(z.dtype))
                if db is not None and low is not None:
                    db[part] = p.T @ low
        return dz, dw, dlow, db, None


def _finite(x: Tensor) -> Tensor:
    """−∞ becomes 0, so that −∞ − x is −∞ and not NaN."""
    return x.masked_fill(x == -torch.inf, 0.0)
