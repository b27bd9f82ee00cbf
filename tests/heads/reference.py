"""K-ON in float64 by plain loops: what the fast code is compared with. Tests load it as a fixture."""

from __future__ import annotations

import torch
from torch import Tensor


def ramp(*shape: int, phase: float = 0.0, scale: float = 1.0) -> Tensor:
    """Float64 values in closed form, so that golden numbers do not hang on a random generator."""
    size = int(torch.tensor(shape).prod())
    return scale * torch.sin(torch.arange(size, dtype=torch.float64) * 0.7391 + phase).view(shape)


def step_logits(head, h: Tensor, W: Tensor) -> Tensor:
    """(B, K, V) logits of the low-rank heads, one query and one step at a time."""
    states = head(h)
    factor = head.config.score_alpha / head.config.score_rank
    rows = []
    for b in range(len(h)):
        for k in range(head.K):
            z = states.z[b, k]
            rows.append(W @ z + factor * (head.lora_b[k] @ (head.lora_a[k] @ z)))
    return torch.stack(rows).view(len(h), head.K, -1)


def log_probs(logits: Tensor, supports: list[list[int]] | None) -> Tensor:
    """(B, K, V) log-softmax over each step's support; over everything without supports."""
    out = torch.empty_like(logits)
    for k in range(logits.shape[1]):
        support = list(range(logits.shape[2])) if supports is None else supports[k]
        out[:, k] = logits[:, k] - logits[:, k, support].exp().sum(-1, keepdim=True).log()
    return out


def scored_tokens(tokens: list[int], K: int, eos_id: int | None) -> list[int]:
    """The tokens that count: the first K, with EOS where the name is shorter."""
    ended = tokens if eos_id is None else [*tokens, eos_id]
    return ended[:K]


def entity_scores(log_p: Tensor, names: list[list[int]], alpha: Tensor, gamma: Tensor) -> Tensor:
    """(B, E) scores by a loop over queries, entities and tokens."""
    rows = []
    for b in range(len(log_p)):
        for tokens in names:
            total = sum(alpha[k] * log_p[b, k, t] for k, t in enumerate(tokens))
            rows.append(total / torch.tensor(len(tokens)) ** gamma)
    return torch.stack(rows).view(len(log_p), len(names))
