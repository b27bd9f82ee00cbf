"""An ontology as columns. Readers make :class:`Tables`; everything else reads them.

A concept is known by its *position*, an int32 that counts through the sorted ids. Every table refers to
concepts by position. A table's rows are sorted by the concept they belong to, so that the rows of one concept
are a slice, found by binary search. Tables hold what an ontology says now; earlier versions are read as of
another date.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .ids import Ids, Positions
from .strings import Strings

Bools = NDArray[np.bool_]
Codes = NDArray[np.uint8]
Numbers = NDArray[np.int32]


class Kind(IntEnum):
    """What a concept is."""

    CLASS = 0
    RELATION = 1  # Typedef, property; in RF2 attributes are concepts like others, so they are classes
    SUBSET = 2  # of OBO; RF2 refsets are classes
    INDIVIDUAL = 3


class Role(IntEnum):
    """What a term is to its concept."""

    FSN = 0
    """RF2: fully specified name, unique, with the semantic tag."""
    LABEL = 1
    """The name, where the format has one kind of name: OBO name, rdfs:label, skos:prefLabel."""
    EXACT = 2
    """RF2: any synonym, the preferred term among them."""
    BROAD = 3
    NARROW = 4
    RELATED = 5
    DEFINITION = 6
    COMMENT = 7


class Preference(IntEnum):
    """What a dialect says of a description (RF2 language refset)."""

    NONE = 0
    ACCEPTABLE = 1
    PREFERRED = 2


class Link(IntEnum):
    """Where the meaning of an inactive concept went; in the order in which a replacement is looked for."""

    SAME_AS = 0
    REPLACED_BY = 1
    POSSIBLY_EQUIVALENT_TO = 2
    MOVED_TO = 3
    MOVED_FROM = 4
    ALTERNATIVE = 5
    SIMILAR_TO = 6
    PARTIALLY_EQUIVALENT_TO = 7
    WAS_A = 8
    REFERS_TO = 9
    CONSIDER = 10  # OBO


def _strings() -> Strings:
    return Strings(np.zeros(1, np.int64), np.zeros(0, np.uint8))


def _bool_() -> NDArray[np.bool_]:
    return np.zeros(0, np.bool_)


def _uint8() -> NDArray[np.uint8]:
    return np.zeros(0, np.uint8)


def _uint16() -> NDArray[np.uint16]:
    return np.zeros(0, np.uint16)


def _int16() -> NDArray[np.int16]:
    return np.zeros(0, np.int16)


def _int32() -> NDArray[np.int32]:
    return np.zeros(0, np.int32)


def _int64() -> NDArray[np.int64]:
    return np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class Concepts:
    """One row for each concept, in the order of the ids.

    Args:
        active: bool.
        kind: uint8 of :class:`Kind`.
        defined: bool, whether the concept's axioms are sufficient to recognise it.
        time: int32 ``yyyymmdd`` of the row (RF2 effectiveTime), 0 where the format knows none.
        module: int32 position of the module, −1 where there is none.
    """

    active: Bools
    kind: Codes
    defined: Bools
    time: Numbers
    module: Positions


@dataclass(frozen=True, slots=True)
class Terms:
    """Names, synonyms and definitions, sorted by concept; within one by role, the preferred first.

    Args:
        concept: (t,) int32 position.
        role: uint8 of :class:`Role`.
        active: bool.
        language: uint8 into :attr:`Tables.languages`.
        text: the terms.
        ids: (t,) int64 SCTIDs of descriptions, or empty.
        preference: (dialects · t,) uint8 of :class:`Preference`: t for the first of :attr:`Tables.dialects`,
            then t for the next; empty where there are no dialects.
        sensitive: uint8 case significance: 0 insensitive, 1 but for the first letter, 2 entirely; or empty.
    """

    concept: Positions = field(default_factory=_int32)
    role: Codes = field(default_factory=_uint8)
    active: Bools = field(default_factory=_bool_)
    language: Codes = field(default_factory=_uint8)
    text: Strings = field(default_factory=_strings)
    ids: NDArray[np.int64] = field(default_factory=_int64)
    preference: Codes = field(default_factory=_uint8)
    sensitive: Codes = field(default_factory=_uint8)


@dataclass(frozen=True, slots=True)
class IsA:
    """Active is-a links between active concepts, sorted by child, then parent; none twice; no cycle."""

    child: Positions = field(default_factory=_int32)
    parent: Positions = field(default_factory=_int32)


@dataclass(frozen=True, slots=True)
class Relations:
    """Active relations other than is-a, sorted by source, group, type, target.

    ``type`` is a position: an attribute of RF2, a Typedef, a property. ``group`` is int16, 0 for none.
    """

    source: Positions = field(default_factory=_int32)
    type: Positions = field(default_factory=_int32)
    target: Positions = field(default_factory=_int32)
    group: NDArray[np.int16] = field(default_factory=_int16)


@dataclass(frozen=True, slots=True)
class Values:
    """Active relations to literals, sorted like relations; ``value`` as written: ``#5``, ``"x"``."""

    source: Positions = field(default_factory=_int32)
    type: Positions = field(default_factory=_int32)
    group: NDArray[np.int16] = field(default_factory=_int16)
    value: Strings = field(default_factory=_strings)


@dataclass(frozen=True, slots=True)
class History:
    """Where inactive concepts went, sorted by source, link, target; ``link`` is uint8 of :class:`Link`."""

    source: Positions = field(default_factory=_int32)
    link: Codes = field(default_factory=_uint8)
    target: Positions = field(default_factory=_int32)


@dataclass(frozen=True, slots=True)
class Aliases:
    """Other ids of concepts (OBO ``alt_id``), sorted by ``id``."""

    id: Strings = field(default_factory=_strings)
    concept: Positions = field(default_factory=_int32)


@dataclass(frozen=True, slots=True)
class Xrefs:
    """Cross references and simple maps, sorted by concept, scheme, code.

    ``scheme`` is uint16 into :attr:`Tables.schemes` (``UMLS``, or the SCTID of the map refset); ``code`` is
    what follows the scheme.
    """

    concept: Positions = field(default_factory=_int32)
    scheme: NDArray[np.uint16] = field(default_factory=_uint16)
    code: Strings = field(default_factory=_strings)


@dataclass(frozen=True, slots=True)
class Maps:
    """Complex and extended maps (RF2), sorted by concept, scheme, group, priority.

    ``scheme`` as in :class:`Xrefs`; ``category`` is the int64 SCTID of the map category, 0 for none.
    """

    concept: Positions = field(default_factory=_int32)
    scheme: NDArray[np.uint16] = field(default_factory=_uint16)
    group: NDArray[np.int16] = field(default_factory=_int16)
    priority: NDArray[np.int16] = field(default_factory=_int16)
    rule: Strings = field(default_factory=_strings)
    advice: Strings = field(default_factory=_strings)
    target: Strings = field(default_factory=_strings)
    category: NDArray[np.int64] = field(default_factory=_int64)


@dataclass(frozen=True, slots=True)
class Members:
    """Active members of refsets and subsets, sorted by refset, then member; both are positions."""

    refset: Positions = field(default_factory=_int32)
    member: Positions = field(default_factory=_int32)


@dataclass(frozen=True, slots=True)
class Axioms:
    """Logical axioms as text, in the syntax of the source, sorted by concept."""

    concept: Positions = field(default_factory=_int32)
    text: Strings = field(default_factory=_strings)


@dataclass(frozen=True, slots=True)
class Origin:
    """What was read.

    Args:
        name: title or file name.
        format: ``rf2``, ``obo``, ``owl``, ``obographs``, ``skos``, ``rrf``, ``mesh``, ``wordnet``, ``edges``.
        version: the version as the source states it, ``""`` if it does not.
        licensed: whether the content may not be passed on (SNOMED CT, UMLS).
        notes: what else the reader found, for people: modules, unresolved imports.
    """

    name: str
    format: str
    version: str = ""
    licensed: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tables:
    """All of an ontology."""

    origin: Origin
    ids: Ids
    concepts: Concepts
    terms: Terms = field(default_factory=Terms)
    isa: IsA = field(default_factory=IsA)
    relations: Relations = field(default_factory=Relations)
    values: Values = field(default_factory=Values)
    history: History = field(default_factory=History)
    aliases: Aliases = field(default_factory=Aliases)
    xrefs: Xrefs = field(default_factory=Xrefs)
    maps: Maps = field(default_factory=Maps)
    members: Members = field(default_factory=Members)
    axioms: Axioms = field(default_factory=Axioms)
    languages: tuple[str, ...] = ()
    dialects: tuple[str, ...] = ()
    schemes: tuple[str, ...] = ()


def columns(part: Any) -> dict[str, NDArray[Any]]:
    """The arrays of one of the dataclasses above, by name; strings are two: ``.offsets`` and ``.data``."""
    found: dict[str, NDArray[Any]] = {}
    for one in fields(part):
        value = getattr(part, one.name)
        if isinstance(value, Strings):
            found |= {f"{one.name}.offsets": value.offsets, f"{one.name}.data": value.data}
        else:
            found[one.name] = value
    return found


def rows_of(column: Positions, position: int | np.integer[Any]) -> slice:
    """The rows of a concept in a column that is sorted by concept."""
    start, stop = np.searchsorted(column, np.array((position, position + 1), np.int32))
    return slice(int(start), int(stop))
