"""What changed between two releases of an ontology, by id."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .hierarchy.csr import AnyPositions, ascending, distinct
from .ids import Ids, Positions
from .strings import Strings
from .tables import Bools, Relations, Role, Tables, Terms, Values

Item = TypeVar("Item", str, tuple[str, str])
Ints = NDArray[np.int64]
Named = Callable[[Ints], list[str]]


@dataclass(frozen=True, slots=True)
class Change(Generic[Item]):
    """What one concept had before and has no more, and what it has now and had not."""

    id: str
    lost: tuple[Item, ...]
    gained: tuple[Item, ...]


Typed = Change[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Diff:
    """What changed. Everything is in the order of the ids.

    Args:
        added: concepts that are new, active or not.
        removed: concepts that are no longer there at all.
        inactivated: concepts that were active.
        reactivated: concepts that were inactive.
        labels: names of concepts that are in both releases (FSN in RF2).
        parents: ids of parents; here and below, of concepts active in both releases.
        relations: type and target; groups are not compared, their numbers are free.
        values: type and literal.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    inactivated: tuple[str, ...] = ()
    reactivated: tuple[str, ...] = ()
    labels: tuple[Change[str], ...] = ()
    parents: tuple[Change[str], ...] = ()
    relations: tuple[Typed, ...] = ()
    values: tuple[Typed, ...] = ()

    def counts(self) -> dict[str, int]:
        """How many concepts changed in each way."""
        return {field.name: len(getattr(self, field.name)) for field in fields(self)}

    def __bool__(self) -> bool:
        """Whether anything changed."""
        return any(self.counts().values())

    def to_json(self) -> dict[str, Any]:
        """All of it, and the counts."""
        found: dict[str, Any] = {"counts": self.counts()}
        for field in fields(self):
            found[field.name] = [
                {"id": one.id, "lost": list(one.lost), "gained": list(one.gained)}
                if isinstance(one, Change)
                else one
                for one in getattr(self, field.name)
            ]
        return found


def diff(before: Tables, after: Tables) -> Diff:
    """What changed from ``before`` to ``after``."""
    pair = _Pair(before, after)
    return Diff(
        added=pair.marked(pair.present[1] & ~pair.present[0]),
        removed=pair.marked(pair.present[0] & ~pair.present[1]),
        inactivated=pair.marked(pair.shared & pair.active[0] & ~pair.active[1]),
        reactivated=pair.marked(pair.shared & pair.active[1] & ~pair.active[0]),
        labels=pair.labels(),
        parents=pair.parents(),
        relations=pair.relations(),
        values=pair.values(),
    )


class _Pair:
    """Two releases, the older first, with one numbering of their concepts; those of the older come first.

    Masks are by number: ``present`` and ``active`` in each release, ``shared`` by both, ``lasting`` if active
    in both.
    """

    def __init__(self, before: Tables, after: Tables) -> None:
        old, new = _texts(before.ids), _texts(after.ids)
        found = pc.fill_null(pc.index_in(new, old), -1).to_numpy()
        fresh = found < 0
        self.ids = pa.concat_arrays([old, new.filter(pa.array(fresh))])
        numbers = np.where(fresh, len(old) + np.cumsum(fresh) - 1, found)
        self.sides = (before, np.arange(len(old))), (after, numbers)
        self.present = [self._mask(numbers) for _, numbers in self.sides]
        self.active = [self._mask(numbers[tables.concepts.active]) for tables, numbers in self.sides]
        self.shared = self.present[0] & self.present[1]
        self.lasting = self.active[0] & self.active[1]

    def _mask(self, numbers: Ints) -> Bools:
        mask = np.zeros(len(self.ids), np.bool_)
        mask[numbers] = True
        return mask

    def names(self, numbers: AnyPositions) -> list[str]:
        """Ids by number."""
        found: list[str] = self.ids.take(pa.array(numbers)).to_pylist()
        return found

    def marked(self, mask: Bools) -> tuple[str, ...]:
        """Ids of some concepts."""
        return tuple(self.names(np.flatnonzero(mask)))

    def labels(self) -> tuple[Change[str], ...]:
        found = [_labels(tables.terms) for tables, _ in self.sides]
        coded = _Coded([text for _, text in found])
        concepts = [n[concept] for (concept, _), (_, n) in zip(found, self.sides, strict=True)]
        facts = [*zip(concepts, coded.codes, strict=True)]
        return self._changes(facts, self.shared, coded.size, coded.names)

    def parents(self) -> tuple[Change[str], ...]:
        facts = [(n[tables.isa.child], n[tables.isa.parent]) for tables, n in self.sides]
        return self._changes(facts, self.lasting, len(self.ids), self.names)

    def relations(self) -> tuple[Typed, ...]:
        targets = [n[tables.relations.target] for tables, n in self.sides]
        return self._typed([tables.relations for tables, _ in self.sides], targets, len(self.ids), self.names)

    def values(self) -> tuple[Typed, ...]:
        coded = _Coded([tables.values.value for tables, _ in self.sides])
        return self._typed([tables.values for tables, _ in self.sides], coded.codes, coded.size, coded.names)

    def _typed(
        self, rows: Sequence[Relations | Values], ends: Sequence[Ints], size: int, named: Named
    ) -> tuple[Typed, ...]:
        """Changes of relations of which type and end count, the latter a number below ``size``."""
        used = [n[one.type] for one, (_, n) in zip(rows, self.sides, strict=True)]
        types = distinct(np.concatenate(used), len(self.ids))
        facts = [
            (n[one.source], np.searchsorted(types, type_) * size + end)
            for one, (_, n), type_, end in zip(rows, self.sides, used, ends, strict=True)
        ]

        def pairs(items: Ints) -> list[tuple[str, str]]:
            return [*zip(self.names(types[items // size]), named(items % size), strict=True)]

        return self._changes(facts, self.lasting, len(types) * size, pairs)

    def _changes(
        self, facts: list[tuple[Ints, Ints]], among: Bools, size: int, named: Callable[[Ints], list[Item]]
    ) -> tuple[Change[Item], ...]:
        """The rows (concept, item) of each release that the other does not have, by concept.

        Items are below ``size``, so that a row is one number: for a million concepts that are related to each
        other in a thousand ways it has 50 bits.
        """
        size = max(size, 1)
        before, after = (ascending((concept * size + item)[among[concept]]) for concept, item in facts)
        sides = _without(before, after), _without(after, before)
        changed = ascending(np.concatenate(sides) // size)
        parts = []
        for side in sides:
            found = named(side % size)
            bounds = np.searchsorted(side, [changed * size, (changed + 1) * size]).T.tolist()
            parts.append([tuple(sorted(found[first:last])) for first, last in bounds])
        return tuple(map(Change, self.names(changed), *parts))


class _Coded:
    """Strings as numbers, equal ones the same."""

    def __init__(self, columns: list[Strings]) -> None:
        coded = pa.concat_arrays([column.arrow() for column in columns]).dictionary_encode()
        self.dictionary, self.size = coded.dictionary, len(coded.dictionary)
        self.codes = np.split(coded.indices.to_numpy().astype(np.int64), [len(columns[0])])

    def names(self, codes: Ints) -> list[str]:
        found: list[str] = self.dictionary.take(pa.array(codes)).to_pylist()
        return found


def _without(numbers: Ints, others: Ints) -> Ints:
    """``numbers`` that are not among ``others``; both ascending, none twice."""
    at = np.searchsorted(others, numbers)
    inside = at < len(others)
    inside[inside] = others[at[inside]] == numbers[inside]
    return numbers[~inside]


def _labels(terms: Terms) -> tuple[Positions, Strings]:
    chosen = np.flatnonzero(terms.active & (terms.role <= Role.LABEL))
    return terms.concept[chosen], terms.text.take(chosen)


def _texts(ids: Ids) -> pa.Array:
    return pa.array(ids.texts(np.arange(len(ids))), pa.large_string())
