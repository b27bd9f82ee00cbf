"""Maps to other terminologies: simple ones, and complex and extended ones with rules."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ...issues import Issues
from ...strings import Strings
from ...tables import Maps, Xrefs
from ..coding import numbered, numbered_texts
from ..ordering import order
from ..reporting import short
from ..rows import Rows
from .concepts import Known


class Schemes:
    """The map refsets of a release, numbered as they come."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def numbers(self, refsets: NDArray[np.int64]) -> NDArray[np.uint16]:
        """(n,) the number of each refset."""
        ids, rank = numbered(refsets)
        first = len(self.names)
        self.names += [str(id) for id in ids if str(id) not in self.names[:first]]
        return np.array([self.names.index(str(id)) for id in ids], np.uint16)[rank]


def read_xrefs(rows: Rows, known: Known, schemes: Schemes) -> Xrefs:
    """The codes of concepts in the simple maps of active ``rows``."""
    concept = known.find(rows["referencedComponentId"])
    scheme, codes = schemes.numbers(rows["refsetId"]), rows.text("mapTarget")
    at = np.flatnonzero(concept >= 0)
    at = at[order((concept[at], scheme[at], numbered_texts(codes)[1][at]))]
    return Xrefs(concept[at], scheme[at], Strings.of(codes).take(at))


def read_maps(parts: Sequence[Rows], known: Known, schemes: Schemes, issues: Issues) -> Maps:
    """The complex and extended maps of active rows.

    Raises:
        OntologyError: a group or a priority is no small number, and the load is strict.
    """
    parts = [short(issues, rows, "mapGroup", "mapPriority") for rows in parts]
    concept = known.find(_numbers(parts, "referencedComponentId"))
    scheme = schemes.numbers(_numbers(parts, "refsetId"))
    group, priority = _numbers(parts, "mapGroup"), _numbers(parts, "mapPriority")
    at = np.flatnonzero(concept >= 0)
    at = at[order((concept[at], scheme[at], group[at], priority[at]))]
    return Maps(
        concept[at],
        scheme[at],
        group[at].astype(np.int16),
        priority[at].astype(np.int16),
        _texts(parts, "mapRule").take(at),
        _texts(parts, "mapAdvice").take(at),
        _texts(parts, "mapTarget").take(at),
        _numbers(parts, "mapCategoryId")[at],
    )


def _numbers(parts: Sequence[Rows], column: str) -> NDArray[np.int64]:
    """A column of all parts; 0 for those that lack it, as complex maps lack the category."""
    columns = (rows.columns.get(column, np.zeros(len(rows), np.int64)) for rows in parts)
    return np.concatenate(list(columns))


def _texts(parts: Sequence[Rows], column: str) -> Strings:
    texts = [rows.text(column) for rows in parts]
    return Strings.of(pa.chunked_array(texts, pa.large_string()))
