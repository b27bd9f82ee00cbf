"""What a concept maps to under rules: the ICD-10 map and others of its kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..tables import Tables, rows_of

ALWAYS = frozenset({"", "TRUE", "OTHERWISE TRUE"})
"""Rules that hold for every patient; simpler maps leave the rule blank."""


@dataclass(frozen=True, slots=True)
class MapTarget:
    """One target that a map gives a concept.

    Args:
        group: targets of different groups are needed together; of one group the first that applies holds.
        priority: the order inside the group.
        target: the code, ``""`` where the map says that there is none.
        rule: when it applies; for people, if it is conditional.
        advice: what the map says to people.
        category: SCTID of the map category, ``""`` if there is none.
        conditional: whether it depends on more than the concept (``IFA``: on the patient's age, say).
    """

    group: int
    priority: int
    target: str
    rule: str
    advice: str
    category: str
    conditional: bool


def resolve(tables: Tables, scheme: str, concept: int) -> list[MapTarget]:
    """The targets of a concept in a complex or extended map, by group, then priority.

    A group ends with the first target that applies to every patient, since those after it never hold. Source:
    SNOMED International, ICD-10 mapping technical guide, on map groups and map rules.

    Args:
        tables: the ontology.
        scheme: SCTID of the map refset.
        concept: position.
    """
    if scheme not in tables.schemes:
        return []
    number, found, closed = tables.schemes.index(scheme), list[MapTarget](), 0
    for target in _targets(tables, number, concept):
        if target.group == closed:
            continue
        found.append(target)
        if not target.conditional:
            closed = target.group
    return found


def _targets(tables: Tables, scheme: int, concept: int) -> Iterator[MapTarget]:
    maps = tables.maps
    rows = rows_of(maps.concept, concept)
    for row in range(rows.start, rows.stop):
        if maps.scheme[row] == scheme:
            rule, category = maps.rule[row], int(maps.category[row])
            yield MapTarget(
                int(maps.group[row]),
                int(maps.priority[row]),
                maps.target[row],
                rule,
                maps.advice[row],
                str(category) if category else "",
                rule.strip().upper() not in ALWAYS,
            )
