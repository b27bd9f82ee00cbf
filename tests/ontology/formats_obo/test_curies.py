"""IRIs and their short forms."""

from __future__ import annotations

import pytest

from kgllm.ontology.formats.curies import curie, is_snomed, split_xref

OBO = "http://purl.obolibrary.org/obo/"


@pytest.mark.parametrize(
    ("iri", "short"),
    [
        (OBO + "GO_0005634", "GO:0005634"),
        (OBO + "NCBITaxon_Union_0000002", "NCBITaxon_Union:0000002"),
        ("https://purl.obolibrary.org/obo/NCIT_C3088", "NCIT:C3088"),
        (OBO + "go#goslim_plant", "goslim_plant"),
        (OBO + "uberon/core#layer_part_of", "layer_part_of"),
        (OBO + "go.owl", OBO + "go.owl"),
        (OBO + "valid_for_go_ontology", OBO + "valid_for_go_ontology"),
        (OBO + "T/father-of", OBO + "T/father-of"),
        ("http://www.geneontology.org/formats/oboInOwl#creation_date", "oboInOwl:creation_date"),
        ("http://www.w3.org/2004/02/skos/core#exactMatch", "skos:exactMatch"),
        ("http://purl.org/dc/terms/contributor", "dcterms:contributor"),
        ("http://www.orpha.net/ORDO/Orphanet_377788", "Orphanet:377788"),
        ("http://www.w3.org/2002/07/owl#", "http://www.w3.org/2002/07/owl#"),
        ("http://example.org/a_1", "http://example.org/a_1"),
        ("GO:0005634", "GO:0005634"),
        ("", ""),
    ],
)
def test_short_ids(iri: str, short: str) -> None:
    assert curie(iri) == short
    assert curie(short) == short


@pytest.mark.parametrize(
    ("id", "parts"),
    [
        ("UMLS_CUI:C0012634", ("UMLS_CUI", "C0012634")),
        ("a:b:c", ("a", "b:c")),
        (OBO + "GO_0005634", ("GO", "0005634")),
        ("https://example.org/x:y", ("https", "//example.org/x:y")),
        ("IUPAC", ("", "IUPAC")),
    ],
)
def test_cross_references_in_two_parts(id: str, parts: tuple[str, str]) -> None:
    assert split_xref(id) == parts


def test_schemes_of_snomed() -> None:
    assert all(map(is_snomed, ("SNOMEDCT", "SNOMEDCT_US_2018_03_01", "SNOMED", "SCTID")))
    assert not any(map(is_snomed, ("UMLS_CUI", "sn", "MESH", "")))
