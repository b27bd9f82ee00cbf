"""All that an ontology says of one concept, in plain words: what a page about it shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .hierarchy.graph import Hierarchy
from .history import Trace, came, went
from .tables import Kind, Relations, Tables, Values, rows_of
from .terms import Names, Synonym, semantic_tag


@dataclass(frozen=True, slots=True)
class Reference:
    """Another concept, with its preferred term."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation other than is-a. Those of one ``group`` belong together; 0 is no group.

    ``target`` is a concept, or a literal as the source writes it: ``#5``, ``"x"``.
    """

    group: int
    type: Reference
    target: Reference | str


@dataclass(frozen=True, slots=True)
class Mapping:
    """A code of another scheme. All but the first two stand in complex and extended maps only.

    The label of ``scheme`` is the preferred term of the map's refset, where the ontology has it.
    Of the mappings of one ``group``, the first in order of ``priority`` whose ``rule`` is true holds;
    ``category`` is the id of the map category.
    """

    scheme: Reference
    code: str
    group: int = 0
    priority: int = 0
    rule: str = ""
    advice: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """A link of the history: ``replaced by``, and the concept it leads to or comes from."""

    link: str
    concept: Reference


@dataclass(frozen=True, slots=True)
class Concept:
    """A concept.

    Args:
        label: the preferred term, else the id.
        dialect: the dialect that prefers it; ``""`` where none does.
        kind: ``class``, ``relation``, ``subset`` or ``individual``.
        fsn: the fully specified name (RF2), ``""`` in other formats; ``tag`` is its semantic tag.
        defined: whether its axioms are sufficient to recognise it.
        time: ``yyyymmdd`` of its last change, 0 if unknown.
        went: where an inactive concept went; ``came`` names the concepts that came here.
        subsets: subsets and refsets that it is a member of.
    """

    id: str
    label: str
    dialect: str
    kind: str
    active: bool
    defined: bool
    fsn: str
    tag: str
    definition: str
    synonyms: tuple[Synonym, ...]
    aliases: tuple[str, ...]
    parents: tuple[Reference, ...]
    children: tuple[Reference, ...]
    relations: tuple[Relation, ...]
    mappings: tuple[Mapping, ...]
    went: tuple[Past, ...]
    came: tuple[Past, ...]
    subsets: tuple[Reference, ...]
    axioms: tuple[str, ...]
    time: int
    module: str

    def to_json(self) -> dict[str, Any]:
        """All of it as dictionaries and lists."""
        return asdict(self)


class Reader:
    """Reads what tables say of concepts.

    Args:
        tables: the ontology.
        hierarchy: its is-a links.
        names: how concepts are called.
    """

    def __init__(self, tables: Tables, hierarchy: Hierarchy, names: Names) -> None:
        self.tables, self.hierarchy, self.names = tables, hierarchy, names

    def concept(self, position: int) -> Concept:
        """Everything."""
        tables, concepts, fsn = self.tables, self.tables.concepts, self.names.fsn(position)
        preferred, module = self.names.preferred(position), int(concepts.module[position])
        return Concept(
            id=tables.ids.text(position),
            label=self.names.label(position),
            dialect=preferred.dialect if preferred else "",
            kind=Kind(concepts.kind[position]).name.lower(),
            active=bool(concepts.active[position]),
            defined=bool(concepts.defined[position]),
            fsn=fsn,
            tag=semantic_tag(fsn),
            definition=self.names.definition(position),
            synonyms=tuple(self.names.synonyms(position)),
            aliases=tuple(self.aliases(position)),
            parents=self.references(self.hierarchy.parents(position)),
            children=self.references(self.hierarchy.children(position)),
            relations=tuple(self.relations(position)),
            mappings=tuple(self.mappings(position)),
            went=self.past(went(tables, position)),
            came=self.past(came(tables, position)),
            subsets=self.references(tables.members.refset[tables.members.member == position]),
            axioms=tuple(tables.axioms.text[row] for row in _rows(tables.axioms.concept, position)),
            time=int(concepts.time[position]),
            module=tables.ids.text(module) if module >= 0 else "",
        )

    def references(self, positions: NDArray[np.integer[Any]]) -> tuple[Reference, ...]:
        """Concepts by id and label."""
        return tuple(self.reference(position) for position in positions.tolist())

    def reference(self, position: int) -> Reference:
        """A concept by id and label."""
        return Reference(self.tables.ids.text(position), self.names.label(position))

    def aliases(self, position: int) -> list[str]:
        """Other ids of a concept."""
        aliases = self.tables.aliases
        return [aliases.id[row] for row in np.flatnonzero(aliases.concept == position)]

    def relations(self, position: int) -> list[Relation]:
        """The relations of a concept other than is-a, to concepts and to literals, by group."""
        links, literals = self.tables.relations, self.tables.values
        found = [
            Relation(int(links.group[row]), self._type(links, row), self.reference(int(links.target[row])))
            for row in _rows(links.source, position)
        ]
        found += [
            Relation(int(literals.group[row]), self._type(literals, row), literals.value[row])
            for row in _rows(literals.source, position)
        ]
        return sorted(found, key=lambda relation: relation.group)

    def mappings(self, position: int) -> list[Mapping]:
        """The codes of a concept in other schemes: cross references, simple maps, and maps with rules."""
        xrefs, maps = self.tables.xrefs, self.tables.maps
        found = [
            Mapping(self._scheme(xrefs.scheme[row]), xrefs.code[row])
            for row in _rows(xrefs.concept, position)
        ]
        for row in _rows(maps.concept, position):
            category = int(maps.category[row])
            place = int(maps.group[row]), int(maps.priority[row])
            rule = maps.rule[row], maps.advice[row], str(category) if category else ""
            found.append(Mapping(self._scheme(maps.scheme[row]), maps.target[row], *place, *rule))
        return found

    def past(self, traces: Iterable[Trace]) -> tuple[Past, ...]:
        """Links of the history in words."""
        return tuple(
            Past(trace.link.name.lower().replace("_", " "), self.reference(trace.position))
            for trace in traces
        )

    def _scheme(self, number: int) -> Reference:
        name = self.tables.schemes[number]
        refset = self.tables.ids.position(name)
        return self.reference(refset) if refset >= 0 else Reference(name, name)

    def _type(self, table: Relations | Values, row: int) -> Reference:
        return self.reference(int(table.type[row]))


def _rows(column: NDArray[np.int32], position: int) -> range:
    rows = rows_of(column, position)
    return range(rows.start, rows.stop)
