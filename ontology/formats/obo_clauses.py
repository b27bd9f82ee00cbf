"""What OBO files consist of, and what can be wrong with them."""

from __future__ import annotations

from ..issues import Rule
from ..tables import Kind, Link, Role

NOT_OBO = Rule("not-obo", True, "neither a header nor a stanza of OBO", "give a file in the OBO format")
OUTSIDE = Rule("clause-outside-stanza", True, "a clause before any stanza", "put [Term] before its id")
NO_ID = Rule("missing-id", True, "a stanza without id", "give it an id, or remove it")
DUPLICATE_ID = Rule("duplicate-id", True, "an id that another stanza has", "join the stanzas, or remove one")
SECOND_ID = Rule("second-id", True, "a second id in a stanza", "put [Term] before it")
QUOTES = Rule("unclosed-quote", True, "text without its two quotes", 'put it between " and "')
NOT_A_CLAUSE = Rule("not-a-clause", False, "a line that is no clause; left out")
UNKNOWN_CLAUSE = Rule("unknown-clause", False, "a clause that OBO does not have; left out")
UNKNOWN_STANZA = Rule("unknown-stanza", False, "a stanza that OBO does not have; left out")
BAD_VALUE = Rule("bad-value", False, "a clause with too few values, or too many; left out")
MISPLACED = Rule("misplaced-clause", False, "a clause that belongs in another kind of stanza; kept")
BAD_XREFS = Rule("bad-xref-list", False, "a list of references other than [ID, ID]; its text is kept")
BAD_XREF = Rule("bad-xref", False, "a reference with a space or an escape in its id; kept")
BAD_SYNONYM = Rule("bad-synonym", False, "words after a synonym that are not a scope and a type")

STANZAS = {"[Term]": Kind.CLASS, "[Typedef]": Kind.RELATION, "[Instance]": Kind.INDIVIDUAL}


def _tags(text: str) -> frozenset[str]:
    return frozenset(text.split())


HEADER = _tags(
    "format-version data-version version ontology date default-namespace saved-by auto-generated-by remark "
    "default-relationship-id-prefix idspace id-mapping namespace-id-rule owl-axioms property_value "
    "synonymtypedef relax-unique-identifier-assumption-for-namespace "
    "relax-unique-label-assumption-for-namespace treat-xrefs-as-equivalent treat-xrefs-as-relationship "
    "treat-xrefs-as-genus-differentia treat-xrefs-as-reverse-genus-differentia treat-xrefs-as-is_a "
    "treat-xrefs-as-has-subclass"
)
"""Clauses of the header that are noted, one of a kind."""

SCOPES = {"EXACT": Role.EXACT, "BROAD": Role.BROAD, "NARROW": Role.NARROW, "RELATED": Role.RELATED}
OLD_SYNONYMS = {f"{scope.lower()}_synonym": role for scope, role in SCOPES.items()}
HISTORY = {"replaced_by": Link.REPLACED_BY, "consider": Link.CONSIDER, "use_term": Link.CONSIDER}
XREFS = ("xref", "xref_analog", "xref_unk")
UNUSED = ("is_anonymous", "builtin")

ANNOTATIONS = {
    "namespace": "oboInOwl:hasOBONamespace",
    "created_by": "oboInOwl:created_by",
    "creation_date": "oboInOwl:creation_date",
}
"""Clauses that become values, and of which property."""

DEFINING = frozenset(("intersection_of", "union_of", "equivalent_to"))
OF_TERMS = frozenset(("union_of",))
OF_TYPEDEFS = _tags(
    "domain range inverse_of transitive_over holds_over_chain equivalent_to_chain disjoint_over "
    "is_cyclic is_reflexive is_symmetric is_anti_symmetric is_asymmetric is_transitive is_functional "
    "is_class_level is_inverse_functional is_metadata_tag expand_assertion_to expand_expression_to"
)
AXIOMS = DEFINING | OF_TYPEDEFS | {"disjoint_from"}
"""Clauses that are kept as they are written."""
