"""What predicates and classes of OWL, SKOS and the OBO library mean for concepts."""

from __future__ import annotations

from ...tables import Kind, Role
from ..rdf.triples import OWL, RDF, RDFS, SKOS, XSD

OBO = "http://purl.obolibrary.org/obo/"
OIO = "http://www.geneontology.org/formats/oboInOwl#"
KINDS = {
    OWL + "Class": Kind.CLASS,
    RDFS + "Class": Kind.CLASS,
    OWL + "DeprecatedClass": Kind.CLASS,
    OWL + "ObjectProperty": Kind.RELATION,
    OWL + "DatatypeProperty": Kind.RELATION,
    RDF + "Property": Kind.RELATION,
    OWL + "NamedIndividual": Kind.INDIVIDUAL,
    OWL + "Thing": Kind.INDIVIDUAL,
}
LABEL = RDFS + "label"
TERMS = {
    LABEL: Role.LABEL,
    SKOS + "altLabel": Role.EXACT,
    OBO + "IAO_0000118": Role.EXACT,
    OIO + "hasExactSynonym": Role.EXACT,
    OIO + "hasBroadSynonym": Role.BROAD,
    OIO + "hasNarrowSynonym": Role.NARROW,
    OIO + "hasRelatedSynonym": Role.RELATED,
    OIO + "hasSynonym": Role.RELATED,
    OBO + "IAO_0000115": Role.DEFINITION,
    OIO + "hasDefinition": Role.DEFINITION,
    SKOS + "definition": Role.DEFINITION,
    RDFS + "comment": Role.COMMENT,
}
REPLACED_BY, CONSIDER = OBO + "IAO_0100001", OIO + "consider"
ALIASES = frozenset({OIO + "hasAlternativeId", OIO + "shorthand"})
TOPS = frozenset({OWL + "Thing", OWL + "topObjectProperty", OWL + "topDataProperty"})
TITLES = ("http://purl.org/dc/elements/1.1/title", "http://purl.org/dc/terms/title")
WHOLE = ("integer", "int", "long", "nonNegativeInteger", "positiveInteger")
NUMBERS = frozenset(XSD + name for name in (*WHOLE, "decimal", "double", "float"))
