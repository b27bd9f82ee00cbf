"""Entity names as token grids, and how well their first K tokens tell entities apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from ..errors import VocabError

Tokenize = Callable[[list[str]], list[list[int]]]
"""Names → token ids, one list each, without special tokens."""

AUTO_CAP = 16
"""``K="auto"`` never looks further than this many tokens."""
AUTO_COLLIDING = 0.005
"""``K="auto"`` takes the smallest K that leaves fewer than this share of entities colliding."""


def prefix_groups(token_ids: NDArray[np.int32], vocab_size: int) -> Iterator[NDArray[np.int64]]:
    """For k = 1, 2, …: (E,) int64 dense group ids, equal where the first k columns are equal."""
    group = np.zeros(len(token_ids), dtype=np.int64)
    for column in token_ids.T:
        key = group * (vocab_size + 1) + column + 1  # column −1 (no token) becomes digit 0
        group = np.unique(key, return_inverse=True)[1].astype(np.int64)
        yield group


def checked_tokens(
    names: Sequence[str], tokenize: Tokenize, vocab_size: int, eos_id: int | None
) -> list[list[int]]:
    """Token ids of each name.

    Raises:
        VocabError: no names, a name without tokens, or a token outside the LM head.
    """
    if not names:
        raise VocabError("no entity names; a K-ON head needs at least one entity")
    if eos_id is not None and not 0 <= eos_id < vocab_size:
        raise VocabError(
            f"eos_id {eos_id} is outside the LM head's {vocab_size} rows; use its tokenizer's EOS"
        )
    tokens = tokenize(list(names))
    for e, ids in enumerate(tokens):
        if not ids:
            raise VocabError(
                f"entity {e} {names[e]!r} has no tokens, expected at least one; give it a readable name"
            )
        if min(ids) < 0 or max(ids) >= vocab_size:
            raise VocabError(
                f"entity {e} {names[e]!r} has token ids {min(ids)} to {max(ids)}, expected 0 to "
                f"{vocab_size - 1}, the rows of the LM head; use the tokenizer of this LM head"
            )
    return tokens


def lengths_of(tokens: list[list[int]]) -> NDArray[np.int32]:
    """(E,) int32 number of tokens."""
    return np.fromiter(map(len, tokens), dtype=np.int32, count=len(tokens))


def hashes_of(tokens: list[list[int]]) -> NDArray[np.int64]:
    """(E,) int64 digests of the token sequences, the same on every machine."""
    digests = (blake2b(np.asarray(ids, dtype="<i4").tobytes(), digest_size=8).digest() for ids in tokens)
    return np.frombuffer(b"".join(digests), dtype="<i8").astype(np.int64)


def token_grid(
    tokens: list[list[int]], lengths: NDArray[np.int32], width: int, eos_id: int | None
) -> NDArray[np.int32]:
    """(E, width) int32: the name's tokens, EOS where there is room, then −1."""
    grid = np.full((len(tokens), width), -1, dtype=np.int32)
    flat = np.fromiter(chain.from_iterable(ids[:width] for ids in tokens), dtype=np.int32)
    grid[np.arange(width) < lengths[:, None]] = flat
    if eos_id is not None:
        short = np.flatnonzero(lengths < width)
        grid[short, lengths[short]] = eos_id
    return grid


def colliding_entities(groups: NDArray[np.int64], names: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(E,) bool: the entity's group also holds another name."""
    _, name = np.unique(names, return_inverse=True)
    pairs = np.unique(groups * len(names) + name)
    distinct = np.bincount(pairs // len(names))
    return distinct[groups] > 1


def smallest_k(groups: list[NDArray[np.int64]], names: NDArray[np.int64], longest: int) -> int:
    """The K of ``K="auto"``, from the ``prefix_groups`` of K = 1, 2, …; all there is where none suffices."""
    for k, group in enumerate(groups, start=1):
        if colliding_entities(group, names).mean() < AUTO_COLLIDING:
            return k
    return min(len(groups), longest + 1)
