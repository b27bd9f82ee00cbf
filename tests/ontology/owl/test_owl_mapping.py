"""What each construct of OWL becomes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kgllm.errors import OntologyError
from kgllm.ontology.issues import Issues
from kgllm.ontology.tables import Kind, Link, Role

Owl = Callable[..., Any]

O = "http://test.example/o#"  # noqa: E741
PROPERTY = '<owl:ObjectProperty rdf:about="#part_of"/>'
CLASSES = '<owl:Class rdf:about="#B"/><owl:Class rdf:about="#C"/>'
PART_OF_C = """<owl:Restriction><owl:onProperty rdf:resource="#part_of"/>
    <owl:someValuesFrom rdf:resource="#C"/></owl:Restriction>"""


def class_a(inside: str) -> str:
    return f'<owl:Class rdf:about="#A"><rdfs:label>a</rdfs:label>{inside}</owl:Class>{CLASSES}{PROPERTY}'


def test_kinds(owl: Owl) -> None:
    found = owl("""
        <owl:Class rdf:about="#C"/> <rdfs:Class rdf:about="#R"/>
        <owl:ObjectProperty rdf:about="#p"/> <owl:DatatypeProperty rdf:about="#q"/>
        <owl:AnnotationProperty rdf:about="#note"><rdfs:label>note</rdfs:label></owl:AnnotationProperty>
        <owl:AnnotationProperty rdf:about="#slim">
            <rdfs:subPropertyOf rdf:resource="http://www.geneontology.org/formats/oboInOwl#SubsetProperty"/>
        </owl:AnnotationProperty>
        <owl:NamedIndividual rdf:about="#i"/>
        <C xmlns="http://test.example/o#" rdf:about="#j"/>
        <owl:Class><owl:complementOf rdf:resource="#C"/></owl:Class>
    """)
    assert found.kind(Kind.CLASS) == {O + "C", O + "R"}
    assert found.kind(Kind.RELATION) == {O + "p", O + "q", "rdf:type"}
    assert found.kind(Kind.SUBSET) == {O + "slim"}
    assert found.kind(Kind.INDIVIDUAL) == {O + "i", O + "j"}
    assert found.relations == {(O + "j", "rdf:type", O + "C")}


def test_terms(owl: Owl) -> None:
    found = owl(
        class_a("""
        <rdfs:label xml:lang="de">ah</rdfs:label> <rdfs:comment>c</rdfs:comment>
        <oboInOwl:hasExactSynonym>e</oboInOwl:hasExactSynonym>
        <oboInOwl:hasBroadSynonym>b</oboInOwl:hasBroadSynonym>
        <oboInOwl:hasNarrowSynonym>n</oboInOwl:hasNarrowSynonym>
        <oboInOwl:hasRelatedSynonym>r</oboInOwl:hasRelatedSynonym>
        <skos:altLabel>s</skos:altLabel> <obo:IAO_0000118>t</obo:IAO_0000118>
        <obo:IAO_0000115>d</obo:IAO_0000115> <skos:definition xml:lang="fr">f</skos:definition>
        """)
    )
    a = O + "A"
    assert found.terms(Role.LABEL) == {(a, "a", ""), (a, "ah", "de")}
    assert found.terms(Role.EXACT) == {(a, "e", ""), (a, "s", ""), (a, "t", "")}
    assert found.terms(Role.BROAD) == {(a, "b", "")}
    assert found.terms(Role.NARROW) == {(a, "n", "")}
    assert found.terms(Role.RELATED) == {(a, "r", "")}
    assert found.terms(Role.DEFINITION) == {(a, "d", ""), (a, "f", "fr")}
    assert found.terms(Role.COMMENT) == {(a, "c", "")}


def test_a_name_of_skos_is_a_label_where_there_is_no_other(owl: Owl) -> None:
    issues = Issues()
    found = owl(
        class_a("""<skos:prefLabel>a</skos:prefLabel> <skos:prefLabel>alpha</skos:prefLabel>
        <skos:prefLabel xml:lang="en">ay</skos:prefLabel>"""),
        issues,
    )
    assert found.terms(Role.LABEL) == {(O + "A", "a", ""), (O + "A", "ay", "en")}
    assert found.terms(Role.EXACT) == {(O + "A", "alpha", "")}
    assert "two-labels" not in issues.counts


@pytest.mark.parametrize("node", ['rdf:about="#genid1"', 'rdf:nodeID="g"', ""])
def test_names_that_are_nodes(owl: Owl, node: str) -> None:
    found = owl(
        class_a(f"""<oboInOwl:hasRelatedSynonym><oboInOwl:Synonym {node}>
        <rdfs:label>alias</rdfs:label></oboInOwl:Synonym></oboInOwl:hasRelatedSynonym>""")
        + '<owl:Class rdf:about="http://www.geneontology.org/formats/oboInOwl#Synonym"/>'
    )
    assert found.terms(Role.RELATED) == {(O + "A", "alias", "")}
    assert not found.kind(Kind.INDIVIDUAL)


def test_named_superclasses_are_parents(owl: Owl) -> None:
    top = '<rdfs:subClassOf rdf:resource="http://www.w3.org/2002/07/owl#Thing"/>'
    found = owl(class_a('<rdfs:subClassOf rdf:resource="#B"/>' + top))
    assert found.parents == {(O + "A", O + "B")}


def test_some_values_are_relations(owl: Owl) -> None:
    found = owl(class_a(f"<rdfs:subClassOf>{PART_OF_C}</rdfs:subClassOf>"))
    assert found.relations == {(O + "A", O + "part_of", O + "C")}
    assert not found.axioms


def test_an_intersection_is_its_parts(owl: Owl) -> None:
    found = owl(
        class_a(f"""<rdfs:subClassOf><owl:Class><owl:intersectionOf rdf:parseType="Collection">
        <owl:Class rdf:about="#B"/>{PART_OF_C}</owl:intersectionOf></owl:Class></rdfs:subClassOf>""")
    )
    assert found.parents == {(O + "A", O + "B")}
    assert found.relations == {(O + "A", O + "part_of", O + "C")}
    assert not found.axioms
    assert not found.defined


DEFINITION = f"""<owl:intersectionOf rdf:parseType="Collection">
    <owl:Class rdf:about="#B"/>{PART_OF_C}</owl:intersectionOf>"""


EQUIVALENT = f"<owl:equivalentClass><owl:Class>{DEFINITION}</owl:Class></owl:equivalentClass>"


@pytest.mark.parametrize("definition", [EQUIVALENT, DEFINITION], ids=["equivalent", "of OWL 1"])
def test_a_definition(owl: Owl, definition: str) -> None:
    found = owl(class_a(definition))
    assert found.defined == {O + "A"}
    assert found.parents == {(O + "A", O + "B")}
    assert found.relations == {(O + "A", O + "part_of", O + "C")}
    some = f"ObjectSomeValuesFrom(<{O}part_of> <{O}C>)"
    assert found.axioms == {f"EquivalentClasses(<{O}A> ObjectIntersectionOf(<{O}B> {some}))"}


def test_a_definition_names_no_parents_where_there_are_others(owl: Owl) -> None:
    found = owl(class_a('<rdfs:subClassOf rdf:resource="#C"/>' + EQUIVALENT))
    assert found.parents == {(O + "A", O + "C")}


AXIOMS = {
    '<owl:allValuesFrom rdf:resource="#C"/>': "ObjectAllValuesFrom({p} {C})",
    "<owl:minCardinality>2</owl:minCardinality>": "ObjectMinCardinality(2 {p})",
    '<owl:qualifiedCardinality>1</owl:qualifiedCardinality><owl:onClass rdf:resource="#C"/>': (
        "ObjectExactCardinality(1 {p} {C})"
    ),
    "<owl:hasSelf>true</owl:hasSelf>": "ObjectHasSelf({p})",
    """<owl:someValuesFrom><owl:Class><owl:unionOf rdf:parseType="Collection">
    <rdf:Description rdf:about="#B"/><rdf:Description rdf:about="#C"/></owl:unionOf></owl:Class>
    </owl:someValuesFrom>""": ("ObjectSomeValuesFrom({p} ObjectUnionOf({B} {C}))"),
    """<owl:someValuesFrom><owl:Class><owl:complementOf rdf:resource="#C"/></owl:Class>
    </owl:someValuesFrom>""": "ObjectSomeValuesFrom({p} ObjectComplementOf({C}))",
}


@pytest.mark.parametrize(("inside", "text"), AXIOMS.items(), ids=AXIOMS.values())
def test_other_superclasses_are_axioms(owl: Owl, inside: str, text: str) -> None:
    found = owl(
        class_a(f"""<rdfs:subClassOf><owl:Restriction><owl:onProperty rdf:resource="#part_of"/>{inside}
        </owl:Restriction></rdfs:subClassOf>""")
    )
    expression = text.format(p=f"<{O}part_of>", B=f"<{O}B>", C=f"<{O}C>")
    assert found.axioms == {f"SubClassOf(<{O}A> {expression})"}
    assert not found.relations


def test_an_inverse(owl: Owl) -> None:
    found = owl(
        class_a("""<rdfs:subClassOf><owl:Restriction><owl:onProperty>
        <rdf:Description><owl:inverseOf rdf:resource="#part_of"/></rdf:Description></owl:onProperty>
        <owl:someValuesFrom rdf:resource="#C"/></owl:Restriction></rdfs:subClassOf>""")
    )
    inverse = f"ObjectInverseOf(<{O}part_of>)"
    assert found.axioms == {f"SubClassOf(<{O}A> ObjectSomeValuesFrom({inverse} <{O}C>))"}


def test_disjoint_classes_are_axioms(owl: Owl) -> None:
    found = owl(class_a('<owl:disjointWith rdf:resource="#C"/>'))
    assert found.axioms == {f"DisjointClasses(<{O}A> <{O}C>)"}


def test_values(owl: Owl) -> None:
    number = '<owl:hasValue rdf:datatype="http://www.w3.org/2001/XMLSchema#integer">5</owl:hasValue>'
    found = owl(
        class_a(f"""<rdfs:subClassOf><owl:Restriction><owl:onProperty rdf:resource="#size"/>{number}
        </owl:Restriction></rdfs:subClassOf>""")
        + '<owl:DatatypeProperty rdf:about="#size"/>'
        + '<owl:NamedIndividual rdf:about="#i"><size>big</size><part_of rdf:resource="#j"/>'
        + "</owl:NamedIndividual>"
        + '<owl:NamedIndividual rdf:about="#j"/>'
    )
    assert found.values == {(O + "A", O + "size", "#5"), (O + "i", O + "size", '"big"')}
    assert found.relations == {(O + "i", O + "part_of", O + "j")}


def test_obsolete_classes(owl: Owl) -> None:
    true = 'rdf:datatype="http://www.w3.org/2001/XMLSchema#boolean">true'
    found = owl(f"""
        <owl:Class rdf:about="#old"><owl:deprecated {true}</owl:deprecated>
            <obo:IAO_0100001 rdf:resource="#new"/></owl:Class>
        <owl:Class rdf:about="http://purl.obolibrary.org/obo/X_1"><owl:deprecated {true}</owl:deprecated>
            <obo:IAO_0100001>X:2</obo:IAO_0100001><oboInOwl:consider>X:2</oboInOwl:consider></owl:Class>
        <owl:DeprecatedClass rdf:about="#older"/>
        <owl:Class rdf:about="#oldest">
            <rdfs:subClassOf rdf:resource="http://www.geneontology.org/formats/oboInOwl#ObsoleteClass"/>
        </owl:Class>
        <owl:Class rdf:about="#new"><owl:deprecated>false</owl:deprecated></owl:Class>
        <owl:Class rdf:about="http://purl.obolibrary.org/obo/X_2"/>
    """)
    assert found.obsolete == {O + "old", O + "older", O + "oldest", "X:1"}
    assert found.history == {
        (O + "old", Link.REPLACED_BY, O + "new"),
        ("X:1", Link.REPLACED_BY, "X:2"),
        ("X:1", Link.CONSIDER, "X:2"),
    }


def test_xrefs_aliases_subsets(owl: Owl) -> None:
    found = owl(
        class_a("""<oboInOwl:hasDbXref>ICD10:A 1</oboInOwl:hasDbXref>
        <oboInOwl:hasAlternativeId>X:9</oboInOwl:hasAlternativeId>
        <oboInOwl:inSubset rdf:resource="http://purl.obolibrary.org/obo/x#slim"/>""")
    )
    assert found.xrefs == {(O + "A", "ICD10", "A 1")}
    assert found.aliases == {("X:9", O + "A")}
    assert found.members == {("slim", O + "A")}


def test_superproperties_are_parents(owl: Owl) -> None:
    found = owl(
        PROPERTY
        + '<owl:ObjectProperty rdf:about="#in"><rdfs:subPropertyOf rdf:resource="#part_of"/>'
        + "</owl:ObjectProperty>"
    )
    assert found.parents == {(O + "in", O + "part_of")}


def test_header(owl: Owl) -> None:
    issues = Issues()
    found = owl(
        """<owl:Ontology rdf:about=""><dc:title>Small things</dc:title>
        <owl:versionInfo>2 is out, with many changes</owl:versionInfo><owl:versionInfo>2.0</owl:versionInfo>
        <owl:imports rdf:resource="http://unreachable.example/other.owl"/></owl:Ontology>"""
        + CLASSES,
        issues,
    )
    origin = found.tables.origin
    assert (origin.name, origin.format, origin.version) == ("Small things", "owl", "2.0")
    assert origin.notes == (
        "IRI http://test.example/o",
        "import not fetched: http://unreachable.example/other.owl",
    )
    assert issues.counts["import-not-fetched"] == 1


def test_a_version_that_is_an_iri_comes_first(owl: Owl) -> None:
    version = '<owl:versionInfo>2</owl:versionInfo><owl:versionIRI rdf:resource="http://test.example/o/2"/>'
    found = owl(f'<owl:Ontology rdf:about="">{version}</owl:Ontology>{CLASSES}')
    assert found.tables.origin.version == "http://test.example/o/2"


def test_a_class_that_is_a_property_too(owl: Owl) -> None:
    issues = Issues()
    found = owl('<owl:Class rdf:about="#X"/><owl:ObjectProperty rdf:about="#X"/>', issues)
    assert found.kind(Kind.CLASS) == {O + "X"}
    assert issues.counts["two-kinds"] == 1
    assert issues.samples("two-kinds")[0].line


def test_an_expression_that_is_not_of_owl(owl: Owl) -> None:
    issues = Issues()
    found = owl(class_a("<owl:equivalentClass><owl:Class/></owl:equivalentClass>"), issues)
    assert issues.counts["unknown-expression"] == 1
    assert not found.axioms


def test_an_expression_that_contains_itself(owl: Owl) -> None:
    issues = Issues()
    owl(
        class_a("""<owl:equivalentClass><owl:Class rdf:nodeID="x"><owl:unionOf rdf:nodeID="l"/></owl:Class>
        </owl:equivalentClass>""")
        + """<rdf:Description rdf:nodeID="l"><rdf:first rdf:nodeID="x"/><rdf:rest rdf:nodeID="l"/>
        </rdf:Description>""",
        issues,
    )
    assert issues.counts["unknown-expression"] == 1


def test_a_cycle(owl: Owl) -> None:
    a = '<owl:Class rdf:about="#A"><rdfs:subClassOf rdf:resource="#B"/></owl:Class>'
    b = '<owl:Class rdf:about="#B"><rdfs:subClassOf rdf:resource="#A"/></owl:Class>'
    with pytest.raises(OntologyError, match=r"\[is-a-cycle\]"):
        owl(a + b)
    assert not owl(a + b, on_error="report").parents


def test_nothing_of_owl(owl: Owl) -> None:
    with pytest.raises(OntologyError, match=r"test\.owl: \[no-classes\].*SKOS"):
        owl('<rdf:Description rdf:about="#A"><rdfs:label>a</rdfs:label></rdf:Description>')
