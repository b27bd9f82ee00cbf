"""Files of OWL."""

from __future__ import annotations

from pathlib import Path

from ...builder import Builder
from ...issues import Issues, place
from ...tables import Origin, Tables
from ..gcpause import paused_gc
from ..rdf.sources import read_triples
from .mapping import Mapping

__all__ = ["read_owl"]


def read_owl(path: Path, issues: Issues, without_snomed: bool = False) -> Tables:
    """The ontology in a file of OWL or RDF Schema, plain or compressed.

    RDF/XML, OWL/XML, N-Triples, Turtle, N3, TriG and JSON-LD are told apart by content. Imports are noted,
    never fetched. :mod:`.mapping` says what is read.

    Args:
        path: the file.
        issues: where to say what is wrong.
        without_snomed: leave out cross references to SNOMED CT.

    Raises:
        OntologyError: a fatal rule is broken and the load is strict, or the file is malformed.
        UnknownFormatError: it is in another syntax: OWL in functional or Manchester syntax, OBO, a web page.
        MissingExtraError: a library that its syntax needs is not installed.
    """
    with paused_gc():
        mapping = Mapping(Builder(Origin(path.name, "owl"), place(path), issues), without_snomed)
        mapping.read(read_triples(path, issues))
        return mapping.finish()
