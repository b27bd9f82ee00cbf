"""Short ids for IRIs, ``http://purl.obolibrary.org/obo/GO_0005634`` is ``GO:0005634``, and their parts."""

from __future__ import annotations

import re
from sys import intern

__all__ = ["curie", "is_snomed", "split_xref"]

PURL = re.compile(
    r"https?://purl\.obolibrary\.org/obo/(?:[^#]*#(?P<name>.+)|(?P<space>[^/#]+)_(?P<code>[^/#_]*\d[^/#_]*))"
)
"""Of the OBO library: an id, split at its last underscore, or a name that one ontology defines for itself."""

PREFIXES = {
    "http://www.geneontology.org/formats/oboInOwl#": "oboInOwl",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://www.w3.org/2000/01/rdf-schema#": "rdfs",
    "http://www.w3.org/2001/XMLSchema#": "xsd",
    "http://www.w3.org/2002/07/owl#": "owl",
    "http://www.w3.org/2004/02/skos/core#": "skos",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://xmlns.com/foaf/0.1/": "foaf",
    "http://www.orpha.net/ORDO/Orphanet_": "Orphanet",
}


def curie(iri: str) -> str:
    """The id under which a concept is known: a CURIE for the vocabularies above, a bare name for what an
    ontology of the OBO library defines for itself (``…/obo/go#goslim_plant``), else ``iri`` as it is."""
    if match := PURL.fullmatch(iri):
        return match["name"] or f"{match['space']}:{match['code']}"
    for end in (iri.rfind("_") + 1, max(iri.rfind("#"), iri.rfind("/")) + 1):
        if iri[:end] in PREFIXES and iri[end:]:
            return f"{PREFIXES[iri[:end]]}:{iri[end:]}"
    return iri


def split_xref(id: str) -> tuple[str, str]:
    """Scheme and code of a cross reference, an IRI or ``scheme:code``; without a colon there is no scheme."""
    scheme, colon, code = (curie(id) if id.startswith("http") else id).partition(":")
    return (intern(scheme), code) if colon else ("", id)


def is_snomed(scheme: str) -> bool:
    """Whether cross references of ``scheme`` lead to SNOMED CT: ``SNOMEDCT_US_2018_03_01``, ``SCTID``."""
    return scheme.startswith(("SNOMED", "SCTID"))
