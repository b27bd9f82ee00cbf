"""Exact scores of all entities from K step states, without a (B, E, K) or (B, K, V) tensor.

log p_k(t) is needed only for the S slots of the vocabulary: K small matrix products fill a table
(S, B). An entity's score is then a sum over its bag of slots (kon.md §3.1–§3.3):

    s(q, e) = c_q · L'_e^(−γ) · Σ_{k < L'_e} α_k · log p_k(t_k(e))
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .kon import KONHead, StepStates
from .lse import chunked_linear_logsumexp, linear_logits
from .vocab import EntityVocab


class Encoded(NamedTuple):
    """What scores of B queries are read from.

    Attributes:
        table: (S, B) float32 c · α_k · log p_k of each slot, or logits where nothing is normalised.
        length_factor: (E,) float32 L'^(−γ) of each entity.
    """

    table: Tensor
    length_factor: Tensor


class EntityScorer(nn.Module):
    """The slots and bags of a vocabulary on a device. Holds no parameters and no state to save.

    Args:
        vocab: the entities.
    """

    bag_slots: Tensor
    bag_offsets: Tensor
    lengths: Tensor
    tokens: Tensor
    lora_rows: Tensor
    slot_users: Tensor
    slot_offsets: Tensor

    def __init__(self, vocab: EntityVocab) -> None:
        super().__init__()
        self.num_entities = len(vocab)
        slots = vocab.slots
        bounds = slots.offsets.tolist()
        self._segments = list(zip(slots.steps.tolist(), bounds, bounds[1:], strict=False))
        self._bounds = vocab.bag_offsets  # stays on the host: slicing must not wait for the device
        users = np.repeat(np.arange(len(vocab), dtype=np.int32), vocab.lengths)
        by_slot = np.argsort(vocab.bag_slots, kind="stable")
        counts = np.bincount(vocab.bag_slots, minlength=len(slots))
        steps = slots.step_of_slot.astype(np.int64)
        arrays = {
            "bag_slots": vocab.bag_slots,
            "bag_offsets": vocab.bag_offsets,
            "lengths": vocab.lengths,
            "tokens": slots.tokens.astype(np.int64),
            "lora_rows": steps * vocab.vocab_size + slots.tokens,
            "slot_users": users[by_slot],
            "slot_offsets": np.append(0, np.cumsum(counts)).astype(np.int32),
        }
        for name, array in arrays.items():
            self.register_buffer(name, torch.from_numpy(array), persistent=False)

    def encode(self, head: KONHead, states: StepStates, W: Tensor, *, likelihood: bool = False) -> Encoded:
        """Everything that B queries share over entities; differentiable in states, head and W.

        Args:
            head: gives α, γ, the low-rank score layers and the kind of normalisation.
            states: what ``head`` returned for the queries.
            W: (V, d) LM head.
            likelihood: take α = 1, γ = 0, c = 1, so that scores are log-probabilities of names.
        """
        if likelihood:
            table = self._table(head, states, W, weights=None)
            return Encoded(table, torch.ones_like(self.lengths, dtype=table.dtype))
        table = self._table(head, states, W, weights=head.alpha[:, None] * states.scale)
        return Encoded(table, self.lengths.to(table.dtype) ** -head.gamma)

    def _table(self, head: KONHead, states: StepStates, W: Tensor, weights: Tensor | None) -> Tensor:
        """(S, B) log p_k(t) of each slot, or its logit where nothing is normalised, times (K, B) weights.

        The restricted softmax of a step runs over the tokens of the step's first non-empty segment;
        see ``EntityVocab.add_entities`` for the others.
        """
        parts: list[Tensor] = []
        normaliser: dict[int, Tensor] = {}
        with torch.autocast(W.device.type, enabled=False):
            # A trained W gathers all rows at once: one scatter into (V, d) on the way back instead of K.
            rows = W.index_select(0, self.tokens) if W.requires_grad and torch.is_grad_enabled() else None
            extra = None if head.lora_b is None else head.lora_b.flatten(0, 1).index_select(0, self.lora_rows)
            for step, start, stop in self._segments:
                if start == stop:
                    continue
                low = None if states.low is None else states.low[:, step]
                part = None if extra is None else extra[start:stop]
                # The product is transposed, slots × queries, so that a bag reads contiguous memory.
                own = W.index_select(0, self.tokens[start:stop]) if rows is None else rows[start:stop]
                x = linear_logits(own.to(states.z.dtype), states.z[:, step], part, low)
                if head.config.normalise != "none":
                    if step not in normaliser:
                        normaliser[step] = _normaliser(head, states, W, step, x)
                    x = x - normaliser[step]
                parts.append(x if weights is None else x * weights[step])
        return torch.cat(parts)

    def score(self, encoded: Encoded, start: int, stop: int) -> Tensor:
        """(B, stop − start) scores of entities start … stop − 1: a transposed view, equal for any slicing."""
        first, last = int(self._bounds[start]), int(self._bounds[stop])
        sums = F.embedding_bag(
            self.bag_slots[first:last],
            encoded.table,
            self.bag_offsets[start : stop + 1] - first,
            mode="sum",
            include_last_offset=True,
        )
        return sums.mul_(encoded.length_factor[start:stop, None]).T

    def scores_all(self, encoded: Encoded) -> Tensor:
        """(B, E) scores for training: as ``score(encoded, 0, E)``, with a faster, deterministic gradient."""
        bags = (self.bag_slots, self.bag_offsets, self.slot_users, self.slot_offsets)
        sums: Tensor = _BagSum.apply(encoded.table, *bags)  # type: ignore[no-untyped-call]
        return (sums * encoded.length_factor[:, None]).T

    def scores(self, encoded: Encoded, candidates: Tensor) -> Tensor:
        """(B, N) scores of each query's own (B, N) int64 candidates; O(B·N·K) memory."""
        lengths = self.lengths[candidates, None]
        step = torch.arange(int(self.lengths.max()), device=candidates.device)
        inside = step < lengths
        use = (self.bag_offsets[candidates, None] + step).where(inside, 0)
        query = torch.arange(len(candidates), device=candidates.device)[:, None, None]
        values = encoded.table[self.bag_slots[use].long(), query]
        return values.where(inside, 0.0).sum(-1) * encoded.length_factor[candidates]


def _normaliser(head: KONHead, states: StepStates, W: Tensor, step: int, logits: Tensor) -> Tensor:
    """(B,) log-sum-exp of a step, over its slots' (S_k, B) ``logits`` or over the whole vocabulary."""
    if head.config.normalise == "entity":
        return logits.logsumexp(0)
    low = None if states.low is None else states.low[:, step]
    lora_b = None if head.lora_b is None else head.lora_b[step]
    return chunked_linear_logsumexp(states.z[:, step], W, low, lora_b)


class _BagSum(torch.autograd.Function):
    """embedding_bag whose gradient is an embedding_bag too, over the users of each slot.

    PyTorch's own backward scatters: 15 times slower on a CPU, and with atomics on a GPU.
    """

    @staticmethod
    def forward(
        ctx: Any, table: Tensor, slots: Tensor, offsets: Tensor, users: Tensor, user_offsets: Tensor
    ) -> Tensor:
        ctx.save_for_backward(users, user_offsets)
        return F.embedding_bag(slots, table, offsets, mode="sum", include_last_offset=True)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        users, offsets = ctx.saved_tensors
        back = F.embedding_bag(users, grad.contiguous(), offsets, mode="sum", include_last_offset=True)
        return back, None, None, None, None
