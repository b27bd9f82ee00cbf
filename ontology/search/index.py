"""An index of the words of terms, in arrays that can be mapped from disk."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..strings import Strings
from ..tables import Bools, Numbers, Role, Tables
from .typos import nearest
from .words import joined, normal, readings

Arrays = dict[str, NDArray[Any]]


class TermIndex:
    """The words of the active terms, definitions and comments left out.

    Its entries are terms, numbered from the best to the worst: those of active concepts first, then the
    shorter ones, then in order of the concepts.

    Args:
        tables: the ontology.
        arrays: what :func:`build` made of it.
    """

    def __init__(self, tables: Tables, arrays: Mapping[str, NDArray[Any]]) -> None:
        self.tables = tables
        self.words = Strings(arrays["words.offsets"], arrays["words.data"])
        self.starts, self.postings = arrays["starts"], arrays["postings"]
        self.firsts, self.spelled = arrays["firsts"], arrays["spelled"]
        self.rows, self.lengths = arrays["rows"], arrays["lengths"]
        self.active = int(arrays["active"][0])

    def find(self, text: str, k: int, inactive: bool = False) -> list[int]:
        """The rows of the ``k`` best terms in which each word of ``text`` begins a word, one of each concept.

        Args:
            text: any string.
            k: how many.
            inactive: whether terms of inactive concepts count too; they come last.
        """
        best: dict[int, int] = {}
        for entry in self._matching(text):
            if len(best) >= k or not (inactive or entry < self.active):
                break
            row = int(self.rows[entry])
            best.setdefault(int(self.tables.terms.concept[row]), row)
        return list(best.values())

    def equal(self, text: str) -> list[int]:
        """Concepts with a term that is ``text`` but for case, accents and punctuation; active ones first."""
        wanted = " ".join(readings(text)[0])
        found = self._matching(text)
        rows = self.rows[found[self.lengths[found] == _capped(len(wanted))]]
        same = pc.equal(normal(self.tables.terms.text.take(rows).arrow()), wanted)
        rows = rows[same.to_numpy(zero_copy_only=False)]
        return list(dict.fromkeys(self.tables.terms.concept[rows].tolist()))

    def corrections(self, text: str) -> dict[str, list[str]]:
        """Words of ``text`` that begin no word of the ontology, each with the nearest ones that are there."""
        unknown = []
        for word in text.split():
            missing = [[one for one in reading if not self._size(one)] for reading in readings(word)]
            unknown += missing[0] if all(missing) else []
        weights = np.diff(self.starts)
        return {word: nearest(word, self.words, weights) for word in unknown}

    def _matching(self, text: str) -> Numbers:
        """The entries in which each word of ``text`` begins a word, ascending; none where it has no words."""
        found = [self._all_of(reading) for reading in readings(text) if reading]
        return np.unique(np.concatenate(found)) if len(found) > 1 else [*found, np.zeros(0, np.int32)][0]

    def _all_of(self, prefixes: list[str]) -> Numbers:
        """The entries in which each of ``prefixes`` begins a word."""
        rare, *others = sorted(prefixes, key=self._size)
        found = self._any_of(rare)
        for prefix in others:
            if len(found) < self._size(prefix) // 4:
                found = found[self._has(found, prefix)]
            else:
                found = np.intersect1d(found, self._any_of(prefix), assume_unique=True)
        return found

    def _any_of(self, prefix: str) -> Numbers:
        """The entries with a word that begins with ``prefix``: such words are neighbours in the index."""
        first, last = self._range(prefix)
        mask = np.zeros(len(self.rows), np.bool_)
        mask[self.postings[self.starts[first] : self.starts[last]]] = True
        return np.flatnonzero(mask).astype(np.int32)

    def _has(self, entries: Numbers, prefix: str) -> Bools:
        """Which of ``entries``, each with at least one word, have a word that begins with ``prefix``."""
        first, last = self._range(prefix)
        begins, ends = self.firsts[entries], self.firsts[entries + 1]
        bounds = np.concatenate(([0], np.cumsum(ends - begins)))
        at = np.arange(bounds[-1]) + np.repeat(begins - bounds[:-1], ends - begins)
        hits = (self.spelled[at] >= first) & (self.spelled[at] < last)
        return np.logical_or.reduceat(hits, bounds[:-1]) if len(entries) else hits

    def _range(self, prefix: str) -> tuple[int, int]:
        """The words that begin with ``prefix``, from the first to before the last."""
        begins, every = prefix.encode(), range(len(self.words))
        first = bisect_left(every, begins, key=self.words.raw)
        return first, bisect_left(every, begins + b"\xff", first, key=self.words.raw)

    def _size(self, prefix: str) -> int:
        first, last = self._range(prefix)
        return int(self.starts[last] - self.starts[first])


def build(tables: Tables) -> Arrays:
    """The arrays of a :class:`TermIndex`."""
    terms = tables.terms
    named = terms.active & (terms.role != Role.DEFINITION) & (terms.role != Role.COMMENT)
    rows = np.flatnonzero(named).astype(np.int32)
    texts = terms.text.take(rows).arrow()
    plain = normal(texts)
    lengths = _capped(pc.utf8_length(plain).to_numpy())
    active = tables.concepts.active[terms.concept[rows]]
    order = np.lexsort((rows, lengths, ~active))
    tokens, entries = _tokens(texts, plain, order)
    return {
        **_postings(tokens, entries, len(rows)),
        "rows": rows[order],
        "lengths": lengths[order],
        "active": np.array([np.count_nonzero(active)]),
    }


def _capped(length: Any) -> Any:
    return np.minimum(length, 0xFFFF).astype(np.uint16)


def _tokens(
    texts: pa.Array, plain: pa.Array, order: NDArray[np.int64]
) -> tuple[pa.DictionaryArray, NDArray[np.int64]]:
    """The words of all terms, and the entry each is in; hyphened words come in parts and in one piece."""
    entry = np.empty(len(order), np.int64)
    entry[order] = np.arange(len(order))
    pieces = joined(texts)
    hyphened = np.flatnonzero(pc.not_equal(pieces, texts).to_numpy(zero_copy_only=False))
    both = pa.concat_arrays([plain, normal(pieces.take(pa.array(hyphened)))])
    lists = pc.split_pattern(both, " ")
    of = np.concatenate((entry, entry[hyphened]))[pc.list_parent_indices(lists).to_numpy()]
    return lists.flatten().dictionary_encode(), of


def _postings(tokens: pa.DictionaryArray, entries: NDArray[np.int64], size: int) -> Arrays:
    """Which words are in which of ``size`` entries, by word and by entry."""
    order = pc.array_sort_indices(tokens.dictionary).to_numpy()
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    words = Strings.of(tokens.dictionary.take(pa.array(order)))
    keys = np.sort(rank[tokens.indices.to_numpy()] * size + entries)  # np.unique takes ten times as long
    word, entry = np.divmod(keys[np.diff(keys, prepend=-1) > 0], max(size, 1))
    by_entry = np.argsort(entry, kind="stable")
    return {
        "words.offsets": words.offsets,
        "words.data": words.data,
        "starts": np.searchsorted(word, np.arange(len(order) + 1)),
        "postings": entry.astype(np.int32),
        "firsts": np.searchsorted(entry[by_entry], np.arange(size + 1)),
        "spelled": word[by_entry].astype(np.int32),
    }
