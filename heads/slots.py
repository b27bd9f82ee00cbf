"""The distinct (step, token) pairs of an entity vocabulary, in an order that only ever grows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Slots:
    """S slots in G segments; all slots of a segment belong to one step.

    The first K segments are steps 0 … K − 1 of the first build; their tokens are the support of the
    restricted softmax. Entities added later append segments, so that old slots never move and the
    matrix products that fill them keep their shapes, hence their last bits.

    Attributes:
        tokens: (S,) int32 token ids, ascending within a segment.
        steps: (G,) int32 step of each segment.
        offsets: (G + 1,) int32; segment g is ``tokens[offsets[g]:offsets[g + 1]]``.
    """

    tokens: NDArray[np.int32]
    steps: NDArray[np.int32]
    offsets: NDArray[np.int32]

    @classmethod
    def empty(cls) -> Self:
        """No segments, no slots."""
        none = np.zeros(0, dtype=np.int32)
        return cls(none, none, np.zeros(1, dtype=np.int32))

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def step_of_slot(self) -> NDArray[np.int32]:
        """(S,) int32 step of each slot."""
        return np.repeat(self.steps, np.diff(self.offsets))

    def per_step(self, K: int) -> tuple[int, ...]:
        """Number of slots at each of the K steps."""
        return tuple(np.bincount(self.step_of_slot, minlength=K).tolist())

    def extend(self, grid: NDArray[np.int32], vocab_size: int) -> tuple[Slots, NDArray[np.int32]]:
        """Slots that also cover ``grid``, and the (E, K) int32 slot ids of its tokens, −1 where it has none.

        Args:
            grid: (E, K) int32 tokens by step; −1 marks a step without a token.
            vocab_size: exclusive upper bound of token ids.
        """
        first = not len(self.steps)
        slot_of = np.full((grid.shape[1], vocab_size), -1, dtype=np.int32)
        slot_of[self.step_of_slot, self.tokens] = np.arange(len(self), dtype=np.int32)
        tokens, steps, size = [self.tokens], [], len(self)
        offsets = [self.offsets]
        for step, column in enumerate(grid.T):
            used = np.unique(column[column >= 0])
            new = used[slot_of[step, used] < 0]
            if not (first or len(new)):
                continue
            slot_of[step, new] = np.arange(size, size + len(new), dtype=np.int32)
            size += len(new)
            tokens.append(new)
            steps.append(step)
            offsets.append(np.asarray([size], dtype=np.int32))
        ids = np.where(grid >= 0, slot_of[np.arange(grid.shape[1]), grid], np.int32(-1))
        grown = Slots(
            np.concatenate(tokens),
            np.concatenate([self.steps, np.asarray(steps, dtype=np.int32)]),
            np.concatenate(offsets),
        )
        return grown, ids
