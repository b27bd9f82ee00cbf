"""Class expressions of OWL: the blank nodes of RDF, what they imply, and their text in functional syntax.

The nodes are those of https://www.w3.org/TR/owl2-mapping-to-rdf/.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..rdf.triples import FIRST, NIL, OWL, REST, Literal, Node, is_blank

__all__ = ["CONNECTIVES", "STRUCTURE", "Expressions"]

CONNECTIVES = {
    OWL + "intersectionOf": "IntersectionOf",
    OWL + "unionOf": "UnionOf",
    OWL + "oneOf": "OneOf",
    OWL + "complementOf": "ComplementOf",
}
RESTRICTIONS = {
    OWL + "someValuesFrom": "SomeValuesFrom",
    OWL + "allValuesFrom": "AllValuesFrom",
    OWL + "hasValue": "HasValue",
}
CARDINALITIES = {
    OWL + "minCardinality": "MinCardinality",
    OWL + "maxCardinality": "MaxCardinality",
    OWL + "cardinality": "ExactCardinality",
    OWL + "minQualifiedCardinality": "MinCardinality",
    OWL + "maxQualifiedCardinality": "MaxCardinality",
    OWL + "qualifiedCardinality": "ExactCardinality",
}
PROPERTY, INVERSE, SELF = OWL + "onProperty", OWL + "inverseOf", OWL + "hasSelf"
QUALIFIERS = (OWL + "onClass", OWL + "onDataRange")
STRUCTURE = frozenset(
    {FIRST, REST, PROPERTY, INVERSE, SELF, *QUALIFIERS, *CONNECTIVES, *RESTRICTIONS, *CARDINALITIES}
)
"""The predicates that expressions are made of."""
DEEPEST = 100
"""Deeper expressions are not understood; those of a wrong file may even contain themselves."""


@dataclass(slots=True)
class Expressions:
    """The blank nodes of a file.

    Args:
        shown: from an IRI to the id that is shown.
        data: IRIs of the properties whose values are literals.
        nodes: what is said of each blank node.
    """

    shown: Callable[[str], str]
    data: set[str] = field(default_factory=set)
    nodes: dict[str, dict[str, Node]] = field(default_factory=dict)

    def add(self, node: str, predicate: str, target: Node) -> None:
        """Take note of a triple with a predicate of :data:`STRUCTURE`."""
        self.nodes.setdefault(node, {})[predicate] = target

    def conjuncts(self, node: str) -> list[str]:
        """The classes whose intersection ``node`` is; ``[node]`` where it is something else."""
        found, waiting, seen = [], [node], {node}
        while waiting:
            one = waiting.pop(0)
            members = self._facts(one).get(OWL + "intersectionOf")
            if members is None:
                found.append(one)
                continue
            new = [member for member in self._list(members) if isinstance(member, str) and member not in seen]
            seen.update(new)
            waiting += new
        return found

    def existential(self, node: str) -> tuple[str, Node] | None:
        """Property and filler of ``property some filler`` or ``property value filler``, both named."""
        facts = self._facts(node)
        relation = facts.get(PROPERTY)
        filler = facts.get(OWL + "someValuesFrom", facts.get(OWL + "hasValue"))
        for part in (relation, filler):
            if part is None or (isinstance(part, str) and is_blank(part)):
                return None
        return (relation, filler) if isinstance(relation, str) and filler is not None else None

    def text(self, node: Node, is_data: bool = False, depth: int = 0) -> str:
        """``node`` in functional syntax; ``is_data`` where a data range is expected, not a class.

        Raises:
            ValueError: it is none of the expressions above.
        """
        if isinstance(node, Literal):
            return self._literal(node)
        if not is_blank(node):
            id = self.shown(node)
            return f"<{id}>" if id == node else id
        if depth == DEEPEST:
            raise ValueError(node)
        facts = self._facts(node)
        sort = "Data" if is_data else "Object"
        for predicate, name in CONNECTIVES.items():
            if predicate in facts:
                target = facts[predicate]
                members = [target] if name == "ComplementOf" else self._list(target)
                parts = (self.text(member, is_data, depth + 1) for member in members)
                return f"{sort}{name}({' '.join(parts)})"
        if PROPERTY in facts:
            return self._restriction(facts, depth)
        if INVERSE in facts:
            return f"ObjectInverseOf({self.text(facts[INVERSE], depth=depth + 1)})"
        raise ValueError(node)

    def _restriction(self, facts: dict[str, Node], depth: int) -> str:
        is_data = facts[PROPERTY] in self.data
        sort = "Data" if is_data else "Object"
        relation = self.text(facts[PROPERTY], depth=depth + 1)
        if SELF in facts:
            return f"ObjectHasSelf({relation})"
        for predicate, name in RESTRICTIONS.items():
            if predicate in facts:
                return f"{sort}{name}({relation} {self.text(facts[predicate], is_data, depth + 1)})"
        for predicate, name in CARDINALITIES.items():
            number = facts.get(predicate)
            if isinstance(number, Literal):
                ranges = (self.text(facts[one], is_data, depth + 1) for one in QUALIFIERS if one in facts)
                return f"{sort}{name}({' '.join((number.text, relation, *ranges))})"
        raise ValueError(relation)

    def _literal(self, literal: Literal) -> str:
        text = literal.text.replace("\\", "\\\\").replace('"', '\\"')
        if literal.language:
            return f'"{text}"@{literal.language}'
        return f'"{text}"^^{self.shown(literal.datatype)}' if literal.datatype else f'"{text}"'

    def _list(self, cell: Node) -> list[Node]:
        """The members of a list; it ends where a wrong one turns back."""
        members: list[Node] = []
        seen: set[Node] = {NIL}
        while cell not in seen:
            seen.add(cell)
            facts = self._facts(cell)
            if FIRST in facts:
                members.append(facts[FIRST])
            cell = facts.get(REST, NIL)
        return members

    def _facts(self, node: Node) -> dict[str, Node]:
        return self.nodes.get(node, {}) if isinstance(node, str) else {}
