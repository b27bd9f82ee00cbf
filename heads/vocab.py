"""Entity names as token sequences, and the small tables that K-ON scores them with.

An entity is scored by the first K tokens of its name, followed by the end-of-sequence token (EOS)
where the name is shorter than K. A *slot* is one distinct (step, token) pair that some entity uses;
an entity is then a *bag* of at most K slots, and its score is a sum over them (`heads.score`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import CheckpointError, VocabError
from .slots import Slots
from .tokens import (
    AUTO_CAP,
    Tokenize,
    checked_tokens,
    colliding_entities,
    hashes_of,
    lengths_of,
    prefix_groups,
    smallest_k,
    token_grid,
)

MAX_COLLIDING = 0.5
"""An explicit K that makes more than this share of entities collide is refused."""

_TENSORS = (
    "slot_tokens",
    "segment_steps",
    "segment_offsets",
    "bag_slots",
    "bag_offsets",
    "name_lengths",
    "name_hashes",
)


@dataclass(frozen=True)
class VocabReport:
    """What the choice of K costs.

    Attributes:
        entities: how many there are.
        K: tokens scored per entity.
        mean_length: mean number of tokens of a whole name, EOS not counted.
        longest: tokens of the longest name.
        truncated: entities whose name has more than K tokens.
        colliding: entities that share all K tokens with an entity of another name, and so its score.
        duplicates: entities whose whole name another entity bears; no K tells them apart.
        examples: up to five groups of names that collide at K.
        slots_per_step: distinct tokens at each of the K steps.
    """

    entities: int
    K: int
    mean_length: float
    longest: int
    truncated: int
    colliding: int
    duplicates: int
    examples: tuple[tuple[str, ...], ...]
    slots_per_step: tuple[int, ...]

    def to_dict(self) -> dict[str, Any]:
        """The same figures as plain values, for JSON."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class EntityVocab:
    """The token slots of E entities. Build it with ``EntityVocab.build``.

    Attributes:
        names: the E names, by entity id.
        K: tokens scored per entity.
        eos_id: token that ends a name shorter than K; ``None`` scores no end.
        vocab_size: rows of the LM head that the token ids point into.
        slots: the distinct (step, token) pairs.
        bag_slots: (nnz,) int32 slot ids, entity by entity, in the order of the steps.
        bag_offsets: (E + 1,) int32; entity e is ``bag_slots[bag_offsets[e]:bag_offsets[e + 1]]``.
        name_lengths: (E,) int32 tokens of the whole name.
        name_hashes: (E,) int64 digest of the whole token sequence; equal where names are the same.
    """

    names: tuple[str, ...]
    K: int
    eos_id: int | None
    vocab_size: int
    slots: Slots
    bag_slots: NDArray[np.int32]
    bag_offsets: NDArray[np.int32]
    name_lengths: NDArray[np.int32]
    name_hashes: NDArray[np.int64]

    @classmethod
    def build(
        cls,
        names: Sequence[str],
        tokenize: Tokenize,
        *,
        vocab_size: int,
        eos_id: int | None,
        K: int | Literal["auto"] = "auto",
        allow_collisions: bool = False,
    ) -> EntityVocab:
        """Tokenise ``names`` and lay out their slots.

        Args:
            names: one per entity, in id order; the same name may occur more than once.
            tokenize: names to token ids without special tokens.
            vocab_size: number of rows of the LM head.
            eos_id: token that ends a name, or ``None`` to score no end (the published code's rule).
            K: tokens per entity; ``"auto"`` is the smallest K ≤ 16 at which fewer than 0.5 % of the
                entities collide with an entity of another name.
            allow_collisions: accept a K at which more than half of the entities collide.

        Raises:
            VocabError: no names, a name without tokens, a token id outside the LM head, or K too small.
        """
        tokens = checked_tokens(names, tokenize, vocab_size, eos_id)
        lengths, hashes = lengths_of(tokens), hashes_of(tokens)
        grid = token_grid(tokens, lengths, max(AUTO_CAP, 1 if K == "auto" else K), eos_id)
        groups = [group for _, group in zip(range(AUTO_CAP), prefix_groups(grid, vocab_size), strict=False)]
        auto = smallest_k(groups, hashes, int(lengths.max()))
        chosen = auto if K == "auto" else K
        if chosen < 1:
            raise VocabError(f"K={K} is not a number of tokens; use K=auto or K >= 1")
        slots, bags, offsets = _bags(Slots.empty(), grid[:, :chosen], vocab_size)
        vocab = cls(tuple(names), chosen, eos_id, vocab_size, slots, bags, offsets, lengths, hashes)
        share = vocab.report.colliding / len(names)
        if share > MAX_COLLIDING and not allow_collisions:
            raise VocabError(
                f"K={chosen} is too small: {share:.1%} of {len(names)} entities share all {chosen} tokens "
                f"with another name, expected at most {MAX_COLLIDING:.0%}; use K=auto or K >= {auto}"
            )
        return vocab

    def add_entities(self, names: Sequence[str], tokenize: Tokenize) -> EntityVocab:
        """A vocabulary with ``names`` appended; needs no training, and old entities keep ids and slots.

        Tokens that were not in use at a step become new slots. The restricted normaliser stays the one of
        the first build: new slots are measured against it but not part of it, so the log-probabilities of
        old entities do not change, not even in the last bit.

        Raises:
            VocabError: as ``build``, except that K stays as it is.
        """
        tokens = checked_tokens(names, tokenize, self.vocab_size, self.eos_id)
        lengths = lengths_of(tokens)
        grid = token_grid(tokens, lengths, self.K, self.eos_id)
        slots, bags, offsets = _bags(self.slots, grid, self.vocab_size)
        return EntityVocab(
            self.names + tuple(names),
            self.K,
            self.eos_id,
            self.vocab_size,
            slots,
            np.concatenate([self.bag_slots, bags]),
            np.concatenate([self.bag_offsets, self.bag_offsets[-1] + offsets[1:]]),
            np.concatenate([self.name_lengths, lengths]),
            np.concatenate([self.name_hashes, hashes_of(tokens)]),
        )

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def lengths(self) -> NDArray[np.int32]:
        """(E,) int32 scored tokens of each entity, EOS included, 1 … K: L' of kon.md §3.1."""
        return np.diff(self.bag_offsets)

    @cached_property
    def token_ids(self) -> NDArray[np.int32]:
        """(E, K) int32 scored tokens, EOS included; −1, and nothing else, marks a step without one."""
        ids = np.full((len(self), self.K), -1, dtype=np.int32)
        ids[np.arange(self.K) < self.lengths[:, None]] = self.slots.tokens[self.bag_slots]
        return ids

    @cached_property
    def groups(self) -> NDArray[np.int64]:
        """(E,) int64; equal for entities that no score can tell apart."""
        *_, last = prefix_groups(self.token_ids, self.vocab_size)
        return last

    @cached_property
    def representatives(self) -> NDArray[np.int64]:
        """Ascending ids of the first entity of each group: each scored string once."""
        return np.sort(np.unique(self.groups, return_index=True)[1])

    @cached_property
    def report(self) -> VocabReport:
        """Length, truncation and collision figures at this K."""
        colliding = colliding_entities(self.groups, self.name_hashes)
        _, name, count = np.unique(self.name_hashes, return_inverse=True, return_counts=True)
        return VocabReport(
            entities=len(self),
            K=self.K,
            mean_length=float(self.name_lengths.mean()),
            longest=int(self.name_lengths.max()),
            truncated=int((self.name_lengths > self.K).sum()),
            colliding=int(colliding.sum()),
            duplicates=int((count[name] > 1).sum()),
            examples=self._examples(colliding),
            slots_per_step=self.slots.per_step(self.K),
        )

    def _examples(self, colliding: NDArray[np.bool_], limit: int = 5) -> tuple[tuple[str, ...], ...]:
        shown = np.unique(self.groups[colliding])[:limit]
        members = (np.flatnonzero(self.groups == group)[:limit] for group in shown)
        return tuple(tuple(self.names[e] for e in entities) for entities in members)

    def to_state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Tensors and JSON-ready values from which ``from_state`` rebuilds the vocabulary exactly."""
        arrays = (
            *(self.slots.tokens, self.slots.steps, self.slots.offsets),
            *(self.bag_slots, self.bag_offsets, self.name_lengths, self.name_hashes),
        )
        info = {"K": self.K, "eos_id": self.eos_id, "vocab_size": self.vocab_size, "names": [*self.names]}
        return {key: torch.from_numpy(a) for key, a in zip(_TENSORS, arrays, strict=True)}, info

    @classmethod
    def from_state(cls, tensors: Mapping[str, Tensor], info: Mapping[str, Any]) -> EntityVocab:
        """The vocabulary that ``to_state`` described.

        Raises:
            CheckpointError: a part is missing or the parts do not fit each other.
        """
        missing = [k for k in _TENSORS if k not in tensors]
        missing += [k for k in ("K", "eos_id", "vocab_size", "names") if k not in info]
        if missing:
            raise CheckpointError(f"entity vocabulary lacks {', '.join(missing)}; save the model again")
        tokens, steps, bounds, bags, offsets, lengths, hashes = (tensors[key].numpy() for key in _TENSORS)
        names = tuple(info["names"])
        fits = len(names) == len(offsets) - 1 == len(lengths) == len(hashes) and offsets[-1] == len(bags)
        if not fits or bounds[-1] != len(tokens):
            raise CheckpointError(
                f"entity vocabulary is torn: {len(names)} names, {len(offsets) - 1} bags, {len(bags)} slot "
                "uses do not fit each other; save the model again"
            )
        slots = Slots(tokens, steps, bounds)
        return cls(
            names, info["K"], info["eos_id"], info["vocab_size"], slots, bags, offsets, lengths, hashes
        )


def _bags(
    slots: Slots, grid: NDArray[np.int32], vocab_size: int
) -> tuple[Slots, NDArray[np.int32], NDArray[np.int32]]:
    slots, ids = slots.extend(grid, vocab_size)
    offsets = np.zeros(len(grid) + 1, dtype=np.int32)
    np.cumsum((grid >= 0).sum(1), out=offsets[1:])
    return slots, ids[grid >= 0], offsets
