"""Files of triples in any syntax."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ...issues import Issues, place
from ..source import read_bytes
from .libraries import owlxml_triples, rdflib_triples
from .ntriples import ntriples
from .rdfxml import rdfxml_triples
from .syntax import Syntax, syntax_of
from .triples import Triple

__all__ = ["read_triples"]


def read_triples(path: Path, issues: Issues) -> Iterator[Triple]:
    """The triples of a file, plain or compressed: RDF/XML, OWL/XML, N-Triples, Turtle, N3, TriG or JSON-LD.

    Nothing is fetched from the network.

    Raises:
        OntologyError: the file cannot be read or is malformed.
        UnknownFormatError: it is in another syntax.
        MissingExtraError: a library that its syntax needs is not installed.
    """
    content, name = read_bytes(path, issues), place(path)
    syntax = syntax_of(content, path)
    if syntax is Syntax.RDF_XML:
        return rdfxml_triples(content, name, issues)
    if syntax is Syntax.N_TRIPLES:
        return ntriples(content, name, issues)
    if syntax is Syntax.OWL_XML:
        return owlxml_triples(content, name, issues)
    return rdflib_triples(content, syntax, name)
