"""What a data set is, once read: ids, three splits, and the texts of its entities and relations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..kg.vocab import Vocab

Triples = NDArray[np.int64]
"""(n, 3) int64: head id, relation id, tail id."""


@dataclass(frozen=True)
class SourceFile:
    """One file a data set was read from; results name it so that they can be repeated."""

    path: Path
    sha256: str
    rows: int


@dataclass(frozen=True)
class Texts:
    """Readable text by label. A label that is absent has no text; nothing is guessed here."""

    entity_names: Mapping[str, str] = field(default_factory=dict)
    relation_names: Mapping[str, str] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Dataset:
    """A link-prediction data set.

    Attributes:
        name: catalogue name or folder name.
        entities, relations: labels and their ids.
        train, valid, test: (n, 3) int64 arrays of (head, relation, tail) ids, rows as in the files.
        texts: names, descriptions, aliases by label.
        sources: the files read, with hashes.
        notes: what a result must mention, e.g. that a split was remade.
    """

    name: str
    entities: Vocab
    relations: Vocab
    train: Triples
    valid: Triples
    test: Triples
    texts: Texts = field(default_factory=Texts)
    sources: tuple[SourceFile, ...] = ()
    notes: tuple[str, ...] = ()

    def split(self, name: str) -> Triples:
        """The triples of ``train``, ``valid`` or ``test``."""
        if name not in ("train", "valid", "test"):
            raise ValueError(f"split {name!r} is not one of train, valid, test")
        triples: Triples = getattr(self, name)
        return triples

    @property
    def all_triples(self) -> Triples:
        """(n, 3) train, valid and test, one after the other; duplicates are kept."""
        return np.concatenate([self.train, self.valid, self.test])
