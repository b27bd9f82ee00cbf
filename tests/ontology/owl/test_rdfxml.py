"""RDF/XML against rdflib, which reads it too, and where it is wrong."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib.compare import isomorphic

from kgllm.errors import OntologyError
from kgllm.ontology.formats.rdf.rdfxml import rdfxml_triples
from kgllm.ontology.formats.rdf.triples import Literal, Node, Triple
from kgllm.ontology.issues import Issues

HEAD = """<rdf:RDF xml:base="http://e.org/dir/doc" xmlns:e="http://e.org/#"
    xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">"""
TAIL = "</rdf:RDF>"


def triples(text: str) -> list[Triple]:
    return list(rdfxml_triples(text.encode(), "test.rdf", Issues()))


def graph_of(rows: list[Triple]) -> rdflib.Graph:
    def node(one: Node) -> rdflib.term.Node:
        if isinstance(one, Literal):
            return rdflib.Literal(one.text, lang=one.language or None, datatype=one.datatype or None)
        return rdflib.BNode(one[2:]) if one.startswith("_:") else rdflib.URIRef(one)

    graph = rdflib.Graph()
    for subject, predicate, target, _ in rows:
        graph.add((node(subject), node(predicate), node(target)))
    return graph


BODIES = {
    "a literal with language": '<e:C rdf:about="a"><e:p xml:lang="de">x &amp; ü</e:p></e:C>',
    "a node without type": '<rdf:Description rdf:about="a"><e:p>x</e:p></rdf:Description>',
    "language from above": '<e:C rdf:ID="a" xml:lang="en"><e:p>x</e:p><e:p xml:lang="">y</e:p></e:C>',
    "a datatype": '<e:C rdf:about=""><e:p rdf:datatype="http://e.org/#d">5</e:p></e:C>',
    "an empty literal": '<e:C rdf:about="/top"><e:p/></e:C>',
    "nested nodes": '<e:C rdf:about="#a"><e:p><e:D><e:q rdf:resource="../up"/></e:D></e:p></e:C>',
    "blank nodes with names": '<e:C rdf:nodeID="x"><e:p rdf:nodeID="x"/><e:p rdf:nodeID="y"/></e:C>',
    "property attributes": '<e:C rdf:about="a" e:p="x" rdf:type="http://e.org/#T"/>',
    "an object with properties": '<e:C rdf:about="a"><e:p rdf:resource="b" e:q="x"/><e:p e:q="y"/></e:C>',
    "a collection": '<e:C><e:p rdf:parseType="Collection"><e:D/><rdf:Description rdf:about="b"/></e:p></e:C>',
    "an empty collection": '<e:C rdf:about="a"><e:p rdf:parseType="Collection"/></e:C>',
    "a resource": '<e:C rdf:about="a"><e:p rdf:parseType="Resource"><e:q>x</e:q></e:p></e:C>',
    "a container": '<rdf:Bag rdf:about="a"><rdf:li>x</rdf:li><rdf:li rdf:resource="b"/></rdf:Bag>',
    "a statement with a name": '<e:C rdf:about="a"><e:p rdf:ID="s">x</e:p></e:C>',
    "another base": '<e:C xml:base="http://f.org/x/" rdf:about="a"><e:p rdf:resource="#b"/></e:C>',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_forms(body: str) -> None:
    expected = rdflib.Graph().parse(data=HEAD + body + TAIL, format="xml")
    assert len(expected)
    assert isomorphic(graph_of(triples(HEAD + body + TAIL)), expected)


def test_lines() -> None:
    rows = triples(HEAD + '\n<e:C rdf:about="a">\n\n<e:p>x</e:p>\n</e:C>' + TAIL)
    assert [row[3] for row in rows] == [3, 5]  # the head has two lines


def test_a_node_without_rdf_around_it() -> None:
    rows = triples(f'<e:C xmlns:e="http://e.org/#" xmlns:r="{rdflib.RDF}" r:about="a"/>')
    assert [row[:3] for row in rows] == [("a", str(rdflib.RDF.type), "http://e.org/#C")]


def test_an_xml_literal_is_its_text() -> None:
    rows = triples(HEAD + '<e:C rdf:about="a"><e:p rdf:parseType="Literal">x <b>y</b> z</e:p></e:C>' + TAIL)
    assert rows[1][2] == Literal("x y z", "", str(rdflib.RDF.XMLLiteral))


def test_entities_of_the_file() -> None:
    rows = triples('<!DOCTYPE r [<!ENTITY n "http://e.org/#">]>' + HEAD + '<e:C rdf:about="&n;a"/>' + TAIL)
    assert rows[0][0] == "http://e.org/#a"


WRONG = {
    "not closed": ("<e:C>", "malformed-xml", "mismatched tag"),
    "a prefix without namespace": ("<x:C/>", "malformed-xml", "unbound prefix"),
    "an entity that nobody defines": ("<e:C>&what;</e:C>", "malformed-xml", "undefined entity"),
    "text between nodes": ("hello", "not-rdf-xml", "'hello'"),
    "text beside a node": ("<e:C><e:p>hello<e:D/></e:p></e:C>", "not-rdf-xml", "beside an element"),
    "two objects": ("<e:C><e:p><e:D/><e:D/></e:p></e:C>", "not-rdf-xml", "object already"),
    "an object inside": ('<e:C><e:p rdf:resource="a"><e:D/></e:p></e:C>', "not-rdf-xml", "object already"),
    "no namespace": ("<C/>", "not-rdf-xml", "expected a node"),
    "no namespace of a property": ("<e:C><p/></e:C>", "not-rdf-xml", "expected a property"),
    "a node as property": ("<e:C><rdf:Description/></e:C>", "not-rdf-xml", "expected a property"),
    "an attribute without namespace": ('<e:C p="x"/>', "not-rdf-xml", "no place here"),
}


@pytest.mark.parametrize(("body", "code", "detail"), WRONG.values(), ids=WRONG.keys())
def test_wrong(body: str, code: str, detail: str) -> None:
    with pytest.raises(OntologyError, match=rf"test\.rdf:3: \[{code}\].*{detail}"):
        triples(HEAD + "\n" + body + TAIL)


def test_an_entity_of_another_file_is_not_fetched() -> None:
    text = '<!DOCTYPE r SYSTEM "http://e.org/x.dtd">' + HEAD + "<e:C><e:p>&what;</e:p></e:C>" + TAIL
    with pytest.raises(OntologyError, match=r"an entity that the file does not define.*|undefined entity"):
        triples(text)


def test_deep_nesting() -> None:
    deep = 5_000
    assert len(triples(HEAD + "<e:C><e:p>" * deep + "x" + "</e:p></e:C>" * deep + TAIL)) == 2 * deep


FILES = ["pizza/pizza.owl", "go-nucleus/go-nucleus.owl", "doid/DO_infectious_disease_slim.owl.gz"]


@pytest.mark.parametrize("name", FILES)
def test_real_files(data_root: Callable[[str], Path], name: str) -> None:
    folder, file = name.split("/")
    content = (data_root(folder) / file).read_bytes()
    content = gzip.decompress(content) if file.endswith(".gz") else content
    expected = rdflib.Graph().parse(data=content, format="xml")
    found = graph_of(list(rdfxml_triples(content, file, Issues())))
    assert len(found) == len(expected)
    assert without_blanks(found) == without_blanks(expected)


def without_blanks(graph: rdflib.Graph) -> set[tuple[object, ...]]:
    return {tuple(0 if isinstance(one, rdflib.BNode) else one for one in row) for row in graph}


IRIS = st.sampled_from([rdflib.URIRef(f"http://e.org/n#{name}") for name in "abcd"])
BLANKS = st.sampled_from([rdflib.BNode(name) for name in "xyz"])
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"))
LITERALS = st.builds(rdflib.Literal, TEXTS, lang=st.sampled_from([None, "en", "de-AT"])) | st.builds(
    rdflib.Literal, TEXTS, datatype=st.sampled_from([rdflib.XSD.string, rdflib.URIRef("http://e.org/n#d")])
)
GRAPHS = st.lists(st.tuples(IRIS | BLANKS, IRIS, IRIS | BLANKS | LITERALS), max_size=12)


@settings(max_examples=60, deadline=None)
@given(GRAPHS, st.sampled_from(["xml", "pretty-xml"]))
def test_what_rdflib_writes(rows: list[tuple[rdflib.term.Node, ...]], form: str) -> None:
    graph = rdflib.Graph()
    for row in rows:
        graph.add(row)
    text = graph.serialize(format=form)
    again = rdflib.Graph().parse(data=text, format="xml")
    assert isomorphic(graph_of(triples(text)), again)
