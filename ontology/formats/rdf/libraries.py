"""Syntaxes that libraries read: Turtle, N3, TriG and JSON-LD with rdflib, OWL/XML with owlready2."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Iterator
from contextlib import redirect_stderr
from typing import Any
from xml.parsers import expat

from ....errors import MissingExtraError, OntologyError
from ...issues import Issue, Issues, Rule
from .ntriples import ntriples
from .rdfxml import MALFORMED
from .syntax import Syntax
from .triples import Literal, Node, Triple

__all__ = ["owlxml_triples", "rdflib_triples"]

BAD_RDF = Rule(
    "malformed-rdf", True, "text that does not follow the syntax", "correct it, or write the file again"
)
CONTEXT = Rule(
    "remote-context", True, "a context on another machine, which is not fetched", "copy it into the file"
)
BAD_OWL = Rule("malformed-owl-xml", True, "XML that is not OWL/XML", "write the file again with an OWL tool")


def rdflib_triples(content: bytes, syntax: Syntax, name: str) -> Iterator[Triple]:
    """The triples of ``content``, the text of a file that is called ``name`` in issues.

    Raises:
        OntologyError: the text is malformed, or JSON-LD needs a context from another machine.
        MissingExtraError: rdflib is not installed.
    """
    try:
        import rdflib
    except ImportError:
        raise MissingExtraError("rdflib", "rdf") from None
    if syntax is Syntax.JSON_LD:
        _check_contexts(content, name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # rdflib warns of itself
            graph = rdflib.Dataset(default_union=True)
            graph.parse(data=content, format=syntax.value, publicID="")
            triples: list[Triple] = [
                (str(_node(rdflib, subject)), str(predicate), _node(rdflib, target), 0)
                for subject, predicate, target in graph.triples((None, None, None))
            ]
    except Exception as error:  # rdflib lets through whatever happens in its parsers
        line = getattr(error, "lines", -1) + 1
        raise OntologyError(Issue(BAD_RDF, name, line, detail=_said(error))) from error
    yield from triples


def owlxml_triples(content: bytes, name: str, issues: Issues) -> Iterator[Triple]:
    """The triples of ``content``, OWL/XML; see :func:`rdflib_triples`.

    The library stores them in a world of its own and gives them back as N-Triples: reading into an ontology
    would fetch imports, and fail where an IRI is of two kinds.
    """
    try:
        import owlready2
    except ImportError:
        raise MissingExtraError("owlready2", "rdf") from None
    try:
        expat.ParserCreate().Parse(content, True)
    except expat.ExpatError as error:
        detail = expat.ErrorString(error.code)
        raise OntologyError(Issue(MALFORMED, name, error.lineno, detail=detail)) from error
    world, text = owlready2.World(), io.BytesIO()
    try:
        with redirect_stderr(io.StringIO()):  # owlready2 prints the traceback of an error
            graph = world.get_ontology("urn:kgllm:").graph
            graph.parse(io.BytesIO(content), format="owlxml")
            graph.save(text, format="ntriples")
    except Exception as error:  # owlready2 lets through whatever happens in its parser
        raise OntologyError(Issue(BAD_OWL, name, detail=_said(error))) from error
    finally:
        world.close()
    for subject, predicate, target, _ in ntriples(text.getvalue(), name, issues):
        yield subject, predicate, target, 0


def _node(rdflib: Any, node: Any) -> Node:
    """A node of rdflib."""
    if isinstance(node, rdflib.Literal):
        return Literal(str(node), node.language or "", str(node.datatype or ""))
    return f"_:{node}" if isinstance(node, rdflib.BNode) else str(node)


def _check_contexts(content: bytes, name: str) -> None:
    """rdflib would fetch contexts that are given by their address."""
    try:
        waiting = [json.loads(content)]
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 0)
        raise OntologyError(Issue(BAD_RDF, name, line, detail=_said(error))) from error
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += part
        elif isinstance(part, dict):
            waiting += part.values()
            contexts = [part.get("@import"), part.get("@context")]
            contexts += contexts[1] if isinstance(contexts[1], list) else []
            for context in contexts:
                if isinstance(context, str):
                    raise OntologyError(Issue(CONTEXT, name, text=context))


def _said(error: BaseException) -> str:
    """What a library says, in one line."""
    return " ".join(str(error).split())[:200] or type(error).__name__
