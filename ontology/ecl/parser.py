"""Text to expressions of the Expression Constraint Language, in its brief and its long syntax.

What the core profile of version 2.3 has is read, and so are cardinalities and the reverse flag, which are
outside of it. Other features of the language are refused by name. Two kinds of ids beside SCTIDs are an
extension: CURIEs as they are (``DOID:4``; a dot behind one needs a space before it), and any other id in
single quotes (``'part_of'``, a single quote in it doubled).
"""

from __future__ import annotations

from ...errors import OntologyError
from ..rf2 import sctid
from .ast import (
    Compound,
    Concept,
    Connective,
    Dotted,
    Expression,
    Filtered,
    MemberOf,
    Operation,
    Operator,
    Profile,
    Refined,
    Supplemented,
    Wildcard,
)
from .cursor import CONNECTIVES, Cursor
from .filters import read_filters
from .refinements import RefinementReader

__all__ = ["is_concept", "parse"]

OPERATORS = {operator.value: operator for operator in Operator} | {
    "descendantof": Operator.DESCENDANT_OF,
    "descendantorselfof": Operator.DESCENDANT_OR_SELF_OF,
    "childof": Operator.CHILD_OF,
    "childorselfof": Operator.CHILD_OR_SELF_OF,
    "ancestorof": Operator.ANCESTOR_OF,
    "ancestororselfof": Operator.ANCESTOR_OR_SELF_OF,
    "parentof": Operator.PARENT_OF,
    "parentorselfof": Operator.PARENT_OR_SELF_OF,
    "top": Operator.TOP,
    "bottom": Operator.BOTTOM,
}
"""In both syntaxes."""

PROFILES = {"history": Profile.MAX} | {profile.value.lower(): profile for profile in Profile}


def parse(text: str) -> Expression:
    """The expression that ``text`` stands for.

    Raises:
        EclUnsupportedError: it uses a feature that is not supported; ``feature`` names it.
        EclError: it is no expression constraint, or an id in it is no SCTID of a concept; ``at`` is where.
    """
    parser = _Parser(Cursor(text))
    expression = parser.expression()
    if parser.cursor.token.kind != "end":
        joins = parser.cursor.at(":", ".", *CONNECTIVES)
        raise parser.cursor.unexpected(
            "brackets around what it follows" if joins else "AND, OR, MINUS or the end"
        )
    return expression


def is_concept(id: str) -> bool:
    """Whether ``id`` is the SCTID of a concept, which needs no quotes."""
    try:
        return sctid.parse(id).component == "concept"
    except OntologyError:
        return False


class _Parser:
    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self.refinements = RefinementReader(cursor, self.operand)

    def expression(self) -> Expression:
        connective, operands = self.cursor.joined(self.operand, tuple(Connective))
        if connective is not None:
            return Compound(connective, operands)
        if self.cursor.accept(":"):
            return Refined(operands[0], self.refinements.read())
        attributes = []
        while self.cursor.accept("."):
            attributes.append(self.operand())
        return Dotted(operands[0], tuple(attributes)) if attributes else operands[0]

    def operand(self) -> Expression:
        """A concept, a wildcard or a bracket, with what stands before and behind it."""
        cursor = self.cursor
        operator = OPERATORS.get(cursor.token.key)
        if operator is not None:
            cursor.take()
        found = self._members() if cursor.at("^", "memberof") else self._focus()
        if operator is not None:
            found = Operation(operator, found)
        active: tuple[bool | None, ...] = ()
        while cursor.accept("{{"):
            if cursor.accept("+"):
                return self._supplemented(Filtered(found, active) if active else found)
            active += read_filters(cursor)
        return Filtered(found, active) if active else found

    def _members(self) -> MemberOf:
        self.cursor.take()
        if self.cursor.at("["):
            raise self.cursor.unsupported("selection of refset fields")
        if self.cursor.at("r"):
            raise self.cursor.unsupported("refsets that contain concepts (^R)")
        return MemberOf(self._focus())

    def _focus(self) -> Expression:
        if self.cursor.accept("("):
            found = self.expression()
            self.cursor.expect(")")
            return found
        if self.cursor.accept("*", "any"):
            return Wildcard()
        return self._concept()

    def _concept(self) -> Concept:
        cursor, token = self.cursor, self.cursor.token
        if token.kind == "alternate" or (token.kind == "string" and "#" in token.text):
            raise cursor.unsupported("alternate identifier")
        if token.kind == "digits":
            self._check_sctid(token.text)
        elif token.kind not in ("curie", "quoted"):
            is_id = token.kind == "word" and token.key not in CONNECTIVES
            hint = f"; an id goes into single quotes: '{token.text[:40]}'" if is_id else ""
            raise cursor.unexpected(f"a concept, '*' or '('{hint}")
        id = token.text[1:-1].replace("''", "'") if token.kind == "quoted" else token.text
        cursor.take()
        term = cursor.take().text[1:-1].strip() if cursor.token.kind == "term" else ""
        return Concept(id, term or None, token.at)

    def _check_sctid(self, id: str) -> None:
        try:
            component = sctid.parse(id).component
        except OntologyError as error:
            raise self.cursor.error(str(error)) from None
        if component != "concept":
            what = component or "reserved partition"
            raise self.cursor.error(f"{id!r} is the SCTID of a {what}, expected one of a concept")

    def _supplemented(self, operand: Expression) -> Supplemented:
        """A history supplement, read up to its plus sign."""
        profile = PROFILES.get(self.cursor.token.key.replace("_", "-"))
        if profile is None:
            raise self.cursor.unexpected(", ".join(PROFILES).upper())
        whole = self.cursor.take().key == "history"
        history: Profile | Expression = profile
        if whole and self.cursor.accept("("):
            history = self.expression()
            self.cursor.expect(")")
        self.cursor.expect("}}")
        return Supplemented(operand, Profile.MAX if history == Wildcard() else history)
