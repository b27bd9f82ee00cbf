"""N-Triples: what rdflib writes, escapes, and lines that are no triples."""

from __future__ import annotations

import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st

from kgllm.errors import OntologyError
from kgllm.ontology.formats.rdf.ntriples import ntriples
from kgllm.ontology.formats.rdf.triples import Literal, Triple
from kgllm.ontology.issues import Issues


def triples(text: str, issues: Issues | None = None) -> list[Triple]:
    return list(ntriples(text.encode(), "test.nt", issues or Issues()))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("<a> <p> <b> .", ("a", "p", "b", 1)),
        ("_:x <p> _:y.z .  # a remark", ("_:x", "p", "_:y.z", 1)),
        ("<a><p>_:y.", ("a", "p", "_:y", 1)),
        ('\t<a> <p> "x"@en-GB .\r\n', ("a", "p", Literal("x", "en-GB"), 1)),
        ('<a> <p> "5"^^<d> .', ("a", "p", Literal("5", "", "d"), 1)),
        (r'<a> <p> "say \"x\\\n\u00e4\U0001F600" .', ("a", "p", Literal('say "x\\\nä😀'), 1)),
        (r"<caf\u00e9> <p> <b> .", ("café", "p", "b", 1)),
    ],
)
def test_forms(line: str, expected: Triple) -> None:
    assert triples(line) == [expected]


def test_comments_and_blank_lines() -> None:
    assert triples("# a remark\n\n   \n<a> <p> <b> .\n") == [("a", "p", "b", 4)]


WRONG = {
    "no stop": "<a> <p> <b>",
    "a literal as subject": '"a" <p> <b> .',
    "Turtle": "@prefix e: <http://e.org/> .",
    "an open quote": '<a> <p> "x .',
    "half a pair": r'<a> <p> "\uD800" .',
    "no character": r'<a> <p> "\UFFFFFFFF" .',
}


@pytest.mark.parametrize("line", WRONG.values(), ids=WRONG.keys())
def test_wrong(line: str) -> None:
    with pytest.raises(OntologyError, match=r"test\.nt:2: \[bad-triple\]"):
        triples("<a> <p> <b> .\n" + line)
    issues = Issues("report")
    assert len(triples(f"<a> <p> <b> .\n{line}\n<a> <p> <c> .", issues)) == 2
    assert issues.counts == {"bad-triple": 1}


def test_not_utf_8() -> None:
    with pytest.raises(OntologyError, match=r"test\.nt:1: \[bad-triple\]"):
        list(ntriples(b'<a> <p> "\xff" .', "test.nt", Issues()))


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(TEXTS, st.sampled_from([None, "en", "de-AT"])), max_size=6))
def test_what_rdflib_writes(texts: list[tuple[str, str | None]]) -> None:
    graph = rdflib.Graph()
    for text, language in texts:
        literal = rdflib.Literal(text, lang=language)
        graph.add((rdflib.BNode("x"), rdflib.URIRef("http://e.org/p"), literal))
    found = {row[2] for row in triples(graph.serialize(format="nt"))}
    assert found == {Literal(str(one), one.language or "") for one in graph.objects()}  # type: ignore[attr-defined]
