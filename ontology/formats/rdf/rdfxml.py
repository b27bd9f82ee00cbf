"""RDF/XML to triples (https://www.w3.org/TR/rdf-syntax-grammar/), with lines, without the network.

Elements alternate between nodes and their properties; a stack of open elements says which comes next. An XML
literal is given as its text, without the markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import urljoin
from xml.parsers import expat

from ....errors import OntologyError
from ...issues import Issue, Issues, Rule
from .triples import FIRST, NIL, RDF, REST, TYPE, Literal, Node, Triple

__all__ = ["MALFORMED", "rdfxml_triples"]

MALFORMED = Rule("malformed-xml", True, "XML that is not well-formed", "fetch or write the file again")
NOT_RDF = Rule("not-rdf-xml", True, "XML that is not RDF/XML", "write the file again with an RDF tool")

XML = "http://www.w3.org/XML/1998/namespace"
BASE, LANGUAGE = XML + "base", XML + "lang"
ABOUT, ID, NODE_ID, RESOURCE = RDF + "about", RDF + "ID", RDF + "nodeID", RDF + "resource"
PARSE_TYPE, DATATYPE = RDF + "parseType", RDF + "datatype"
RESERVED = frozenset({RDF + "RDF", RDF + "Description", ABOUT, ID, NODE_ID, RESOURCE, PARSE_TYPE, DATATYPE})
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
CHUNK = 1 << 20


class _Holds(Enum):
    """What an element has inside."""

    NODES = auto()  # rdf:RDF, the document
    PROPERTIES = auto()  # a node
    OBJECT = auto()  # a property: one node, or text
    ITEMS = auto()  # a property with parseType="Collection": nodes
    MARKUP = auto()  # a property with parseType="Literal": anything
    NOTHING = auto()  # a property that has its object


NODES, PROPERTIES, OBJECT, ITEMS, MARKUP, NOTHING = _Holds


@dataclass(slots=True)
class _Element:
    """An open element. ``subject`` is that of its properties; a property has that of the node it is of."""

    holds: _Holds
    base: str
    language: str
    subject: str = ""
    predicate: str = ""
    datatype: str = ""
    statement: str = ""
    members: int = 0
    items: list[str] | None = None


def rdfxml_triples(content: bytes, name: str, issues: Issues) -> Iterator[Triple]:
    """The triples of ``content``, the text of a file that is called ``name`` in issues.

    Raises:
        OntologyError: it is not well-formed XML, or not RDF/XML; the issue has the line.
    """
    reader = _Reader(name, issues)
    try:
        for start in range(0, len(content), CHUNK):
            reader.parser.Parse(content[start : start + CHUNK], False)
            yield from reader.triples
            reader.triples.clear()
        reader.parser.Parse(b"", True)
    except expat.ExpatError as error:
        detail = expat.ErrorString(error.code)
        raise OntologyError(Issue(MALFORMED, name, error.lineno, detail=detail)) from error
    yield from reader.triples


class _Reader:
    """What expat calls for the elements and texts of a file."""

    def __init__(self, name: str, issues: Issues) -> None:
        self.name, self.issues = name, issues
        self.triples: list[Triple] = []
        self.pieces: list[str] = []
        self.open = [_Element(NODES, "", "")]
        self.blanks = 0
        # Without a separator expat joins namespace and name, which is how RDF makes an IRI of them.
        self.parser = expat.ParserCreate(None, "")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text
        self.parser.SkippedEntityHandler = self.skipped

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        above = self.open[-1]
        if above.holds is MARKUP:
            self.open.append(_Element(MARKUP, "", ""))
            return
        element = _Element(PROPERTIES, above.base, above.language)
        if attributes:
            element.language = attributes.pop(LANGUAGE, above.language)
            if BASE in attributes:
                element.base = self._resolved(attributes.pop(BASE), above)
        if above.holds is PROPERTIES:
            self._property(tag, attributes, element)
        elif tag == RDF + "RDF" and len(self.open) == 1:
            element.holds = NODES
        else:
            self._node(tag, attributes, element)
        self.open.append(element)

    def end(self, _tag: str) -> None:
        element = self.open.pop()
        if element.holds is OBJECT or (element.holds is MARKUP and self.open[-1].holds is not MARKUP):
            language = "" if element.datatype else element.language
            self._state(element, Literal("".join(self.pieces), language, element.datatype))
            self.pieces.clear()
        elif element.items is not None:
            self._state(element, self._list(element.items))

    def text(self, text: str) -> None:
        holds = self.open[-1].holds
        if holds is OBJECT or holds is MARKUP:
            self.pieces.append(text)
        elif not text.isspace():
            raise self._wrong(text.strip(), "text where an element is expected")

    def skipped(self, entity: str, _is_parameter: bool) -> None:
        """Only an external file, which is not fetched, could say what the entity stands for."""
        raise self._wrong(f"&{entity};", "an entity that the file does not define")

    def _node(self, tag: str, attributes: dict[str, str], element: _Element) -> None:
        """A node, to its property and with what its attributes say."""
        above = self.open[-1]
        if ":" not in tag or (tag in RESERVED and tag != RDF + "Description"):
            raise self._wrong(tag, "expected a node")
        element.subject = subject = self._named(attributes, element, (ABOUT, ID, NODE_ID)) or self._blank()
        if above.holds is OBJECT:
            self._only_space()
            self._state(above, subject)
            above.holds = NOTHING
        elif above.items is not None:
            above.items.append(subject)
        elif above.holds is NOTHING:
            raise self._wrong(tag, "the property has its object already")
        if tag != RDF + "Description":
            self._emit(subject, TYPE, tag)
        if attributes:
            self._attributes(attributes, element)

    def _property(self, tag: str, attributes: dict[str, str], element: _Element) -> None:
        """A property, with its object if the attributes give it."""
        above = self.open[-1]
        if ":" not in tag or tag in RESERVED:
            raise self._wrong(tag, "expected a property")
        if tag == RDF + "li":
            above.members += 1
            tag = f"{RDF}_{above.members}"
        element.holds, element.subject, element.predicate = OBJECT, above.subject, tag
        if not attributes:
            return
        if ID in attributes:
            element.statement = self._resolved("#" + attributes.pop(ID), element)
        if DATATYPE in attributes:
            element.datatype = self._resolved(attributes.pop(DATATYPE), element)
        elif PARSE_TYPE in attributes:
            self._parse_type(attributes.pop(PARSE_TYPE), element)
        elif attributes:
            target = self._named(attributes, element, (RESOURCE, NODE_ID)) or self._blank()
            self._state(element, target)
            element.holds, element.subject = NOTHING, target
        if attributes:
            self._attributes(attributes, element)

    def _parse_type(self, parse_type: str, element: _Element) -> None:
        """What ``rdf:parseType`` says of a property."""
        if parse_type == "Collection":
            element.holds, element.items = ITEMS, []
        elif parse_type == "Resource":
            target = self._blank()
            self._state(element, target)
            element.holds, element.subject = PROPERTIES, target
        else:
            element.holds, element.datatype = MARKUP, RDF + "XMLLiteral"

    def _attributes(self, attributes: dict[str, str], element: _Element) -> None:
        """Properties that are written as attributes."""
        for name, value in attributes.items():
            if name.startswith(XML):
                continue
            if ":" not in name or name in RESERVED:
                raise self._wrong(name, "an attribute that has no place here")
            if name == TYPE:
                self._emit(element.subject, TYPE, self._resolved(value, element))
            else:
                self._emit(element.subject, name, Literal(value, element.language))

    def _named(self, attributes: dict[str, str], element: _Element, names: tuple[str, ...]) -> str:
        """The node that one of the attributes ``names`` refers to, ``""`` if there is none of them."""
        for name in names:
            if name in attributes:
                value = attributes.pop(name)
                if name == NODE_ID:
                    return f"_:node-{value}"
                return self._resolved("#" + value if name == ID else value, element)
        return ""

    def _resolved(self, reference: str, element: _Element) -> str:
        """An IRI from a reference that may be relative; without a base it stays as it is."""
        base = element.base
        if SCHEME.match(reference) or not base:
            return reference
        if not reference or reference[0] == "#":
            return base.partition("#")[0] + reference
        return urljoin(base, reference)

    def _list(self, items: list[str]) -> str:
        cell = NIL
        for item in reversed(items):
            rest, cell = cell, self._blank()
            self._emit(cell, FIRST, item)
            self._emit(cell, REST, rest)
        return cell

    def _state(self, element: _Element, target: Node) -> None:
        """The triple of a property, and if it has a name, what RDF says of such a statement."""
        self._emit(element.subject, element.predicate, target)
        if statement := element.statement:
            self._emit(statement, TYPE, RDF + "Statement")
            self._emit(statement, RDF + "subject", element.subject)
            self._emit(statement, RDF + "predicate", element.predicate)
            self._emit(statement, RDF + "object", target)

    def _emit(self, subject: str, predicate: str, target: Node) -> None:
        self.triples.append((subject, predicate, target, self.parser.CurrentLineNumber))

    def _blank(self) -> str:
        self.blanks += 1
        return f"_:{self.blanks}"

    def _only_space(self) -> None:
        """Around a node there is no text."""
        text = "".join(self.pieces).strip()
        self.pieces.clear()
        if text:
            raise self._wrong(text, "text beside an element")

    def _wrong(self, text: str, detail: str) -> Exception:
        line = self.parser.CurrentLineNumber
        return OntologyError(Issue(NOT_RDF, self.name, line, text=text, detail=detail))
