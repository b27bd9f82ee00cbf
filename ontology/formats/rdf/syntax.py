"""Which syntax a file of triples is written in, by its content."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path

from ....errors import UnknownFormatError
from ...issues import Issue, Rule, place
from .ntriples import is_triple

__all__ = ["Syntax", "syntax_of"]

CONVERT = "convert it to RDF/XML or Turtle with an OWL tool such as ROBOT"
FUNCTIONAL = Rule("owl-functional-syntax", True, "OWL in functional syntax, which is not read", CONVERT)
MANCHESTER = Rule("owl-manchester-syntax", True, "OWL in Manchester syntax, which is not read", CONVERT)
OBO = Rule("obo-instead-of-rdf", True, "an OBO file where RDF is expected", "read it as OBO")
HTML = Rule("html-instead-of-rdf", True, "a web page where RDF is expected", "fetch the file itself")
OTHER = Rule("not-rdf", True, "a file in no known syntax of RDF")

START = 1 << 16
"""Bytes at the beginning of a file that tell what it is."""
SAMPLE = 20
"""First lines that are triples in a file of N-Triples, which else looks like Turtle."""

BEFORE = r"(?:\s|#[^\n]*\n|<\?.*?\?>|<!--.*?-->|<!DOCTYPE(?!\s+html)[^\[>]*(?:\[.*?\]\s*)?>)*"
"""What may stand before the first element or statement: comments, and the declarations of XML."""
REFUSED = {
    r"(?:Prefix|Ontology)\s*\(": FUNCTIONAL,
    r"(?:Prefix|Ontology|Class):\s": MANCHESTER,
    r"format-version:|\[(?:Term|Typedef)\]": OBO,
    r"(?i:<(?:!DOCTYPE\s+)?html)": HTML,
}


class Syntax(StrEnum):
    """How triples are written. The values are the names that rdflib knows, but for the first."""

    OWL_XML = "owl-xml"
    RDF_XML = "xml"
    N_TRIPLES = "nt"
    TURTLE = "turtle"
    N3 = "n3"
    TRIG = "trig"
    JSON_LD = "json-ld"


BEGINNINGS = {
    r"<(?:[\w.-]+:)?Ontology\s[^>]*http://www\.w3\.org/2002/07/owl#": Syntax.OWL_XML,
    r"<[^<>:\s]+:[^<>:\s/]+[\s>]|<RDF\s": Syntax.RDF_XML,
    r"(?i:@?(?:prefix|base)\s)|<[^<>\s]*>\s|\[\s*\]|_:": Syntax.TURTLE,
    r"\{\s*\"|\[\s*\{": Syntax.JSON_LD,
}
SUFFIXES = {".nt": Syntax.N_TRIPLES, ".ttl": Syntax.TURTLE, ".n3": Syntax.N3, ".trig": Syntax.TRIG}
"""What begins alike is told apart by the name of the file, if it says."""


def syntax_of(content: bytes, path: Path) -> Syntax:
    """The syntax of ``content``, the text of the file ``path``.

    N3 and TriG, which begin like Turtle, are known by the name of the file only.

    Raises:
        UnknownFormatError: it is none of them; the issue says what it is, if that is known.
    """
    text = content[:START].decode("utf-8", "replace")
    for pattern, rule in REFUSED.items():
        if re.match(BEFORE + pattern, text, re.DOTALL):
            raise UnknownFormatError(Issue(rule, place(path)))
    found = (one for pattern, one in BEGINNINGS.items() if re.match(BEFORE + pattern, text, re.DOTALL))
    syntax = next(found, None)
    if syntax is None or (syntax is Syntax.JSON_LD and b'"@' not in content):
        raise UnknownFormatError(Issue(OTHER, place(path), 1, text=text.lstrip().partition("\n")[0]))
    if syntax is Syntax.TURTLE:
        lines = text.split("\n")[:SAMPLE]
        looks_like = Syntax.N_TRIPLES if all(map(is_triple, lines)) else Syntax.TURTLE
        return SUFFIXES.get(Path(path.name.removesuffix(".gz")).suffix, looks_like)
    return syntax
