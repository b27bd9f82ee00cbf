"""Triples and entity pairs packed into one integer each, so that sets of them are sorted arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .dataset import Triples

Keys = NDArray[np.int64]


def triple_keys(triples: Triples, num_entities: int, num_relations: int) -> Keys:
    """(n,) int64, equal exactly where the triples are; needs entities² × relations < 2⁶³."""
    head, relation, tail = triples.T
    keys: Keys = (head * num_relations + relation) * num_entities + tail
    return keys


def pair_keys(heads: Keys, tails: Keys, num_entities: int) -> Keys:
    """(n,) int64, equal exactly where the ordered pairs are."""
    return heads * num_entities + tails
