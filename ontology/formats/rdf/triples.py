"""What the syntaxes of RDF have in common: triples, each with the line where it stands."""

from __future__ import annotations

from typing import NamedTuple


class Literal(NamedTuple):
    """A text, in a language (``""`` if none is given) or of a datatype (an IRI, ``""`` for a plain text)."""

    text: str
    language: str = ""
    datatype: str = ""


Node = str | Literal
"""An IRI, a blank node (``_:`` and a name), or a literal."""

Triple = tuple[str, str, Node, int]
"""Subject, predicate, object, line; the line is 0 where the syntax does not tell."""

# The IRIs that every reader of triples knows.
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
XSD = "http://www.w3.org/2001/XMLSchema#"

TYPE = RDF + "type"
FIRST = RDF + "first"
REST = RDF + "rest"
NIL = RDF + "nil"


def is_blank(node: str) -> bool:
    """Whether ``node`` is a blank node."""
    return node.startswith("_:")
