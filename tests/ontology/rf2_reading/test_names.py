"""File names by their elements, and the columns that a name and a header make."""

from __future__ import annotations

import pytest

from kgllm.ontology.rf2.names import Release, is_calendar_date, looks_like_data, parse_name
from kgllm.ontology.rf2.schema import Sort, columns_of

MEMBER = ["id", "effectiveTime", "active", "moduleId", "refsetId", "referencedComponentId"]
MAP = ["mapGroup", "mapPriority", "mapRule", "mapAdvice", "mapTarget", "correlationId"]


@pytest.mark.parametrize(
    ("name", "kind", "summary", "language", "country"),
    [
        ("sct2_Concept_Snapshot_INT_20260131.txt", "Concept", "", "", "INT"),
        ("sct2_Concept_Snapshot_XX1000003_20260131.txt.gz", "Concept", "", "", "XX1000003"),
        ("xsct2_Concept_Snapshot_US1000124_20260131.txt", "Concept", "", "", "US1000124"),
        ("sct2_Concept_UKEDSnapshot_GB_20260131.txt", "Concept", "UKED", "", "GB"),
        ("sct2_Description_MONOSnapshot-en-GB_GB_20260131.txt", "Description", "MONO", "en-GB", "GB"),
        ("sct2_Relationship_Snapshot_1000124_20260131.txt", "Relationship", "", "", "1000124"),
        ("sct2_StatedRelationship_Snapshot_INT_20260131.txt", "StatedRelationship", "", "", "INT"),
        ("sct2_Stated_Relationship_Snapshot_INT_20260131.txt", "StatedRelationship", "", "", "INT"),
        ("sct2_sRefset_OWLExpressionSnapshot_INT_20260131.txt", "OWLExpression", "", "", "INT"),
        ("sct2_sRefset_OWLAxiomSnapshot_INT_20260131.txt", "OWLExpression", "", "", "INT"),
        ("sct2_sRefset_OWLOntologySnapshot_INT_20260131.txt", "OWLExpression", "", "", "INT"),
        ("der2_cRefset_AssociationSnapshot_INT_20260131.txt", "Association", "", "", "INT"),
        ("der2_cRefset_AssociationReferenceSnapshot_INT_20260131.txt", "Association", "", "", "INT"),
        ("xder2_cRefset_LanguageUKEDSnapshot-en_GB_20260131.txt", "Language", "UKED", "en", "GB"),
        ("der2_cRefset_LanguageIsleSnapshot_en_20260131.txt", "Language", "Isle", "en", ""),
        ("der2_cRefset_LanguageIsleSnapshot_es-ES_ES_20260131.txt", "Language", "Isle", "es-ES", "ES"),
        ("der2_cRefset_AssociationSnapshot_IsleEdition_20260131.txt", "Association", "", "", "IsleEdition"),
        ("der2_iissscRefset_ComplexMapUKEDSnapshot_GB_20260131.txt", "ComplexMap", "UKED", "", "GB"),
        ("der2_iisssciRefset_ExtendedMapSnapshot_GB1000000_20260131.txt", "ComplexMap", "", "", "GB1000000"),
        ("der2_iisssccRefset_ExtendedMapSnapshot_INT_20260131.txt", "ExtendedMap", "", "", "INT"),
        ("der2_sRefset_SimpleMapUKEDSnapshot_GB_20260131.txt", "SimpleMap", "UKED", "", "GB"),
        ("der2_Refset_SimpleSnapshot_INT_20260131.txt", "Simple", "", "", "INT"),
        ("der2_Refset_IsleFishSnapshot_XX1000003_20260131.txt", "Simple", "", "", "XX1000003"),
        ("der2_cRefset_MRCMModuleScopeSnapshot_INT_20260131.txt", "OtherRefset", "", "", "INT"),
        ("der2_ssRefset_LanguageSnapshot-en_INT_20260131.txt", "OtherRefset", "", "en", "INT"),
    ],
)  # fmt: skip
def test_elements_of_a_name(name, kind, summary, language, country):
    parsed = parse_name(name)
    assert parsed is not None
    assert (parsed.kind, parsed.release, parsed.date) == (kind, Release.SNAPSHOT, 20260131)
    assert (parsed.summary, parsed.language, parsed.country) == (summary, language, country)
    assert looks_like_data(name)


@pytest.mark.parametrize("release", list(Release))
def test_release_types(release):
    parsed = parse_name(f"sct2_Concept_{release.value.title()}_INT_20260131.txt")
    assert parsed is not None
    assert parsed.release is release


@pytest.mark.parametrize(
    "name",
    [
        "sct2_Concept_Snapshot_INT_20180931.txt",
        "sct2_Fish_Snapshot_INT_20260131.txt",
        "sct2_Concept_INT_20260131.txt",
        "sct2_Language_Snapshot_INT_20260131.csv",
        "sct1_Concepts_Core_INT_20260131.txt",
        "der2_Concept_Snapshot_INT_20260131.txt",
        "doc_Guide_Current-en-US_INT_20260131.pdf",
        "._sct2_Concept_Snapshot_INT_20260131.txt",
        "Readme.txt",
    ],
)
def test_other_names_are_none(name):
    assert parse_name(name) is None


def test_spellings_of_one_element_are_equal_and_languages_are_not():
    names = ("AssociationSnapshot", "AssociationReferenceSnapshot")
    short, long = (parse_name(f"der2_cRefset_{name}_INT_20260131.txt") for name in names)
    english, danish = (
        parse_name(f"sct2_Description_Snapshot-{code}_INT_20260131.txt") for code in ("en", "da")
    )
    assert short.element == long.element
    assert english.element != danish.element


@pytest.mark.parametrize(
    ("day", "right"), [(20240229, True), (20230229, False), (20180931, False), (0, False)]
)
def test_dates_of_the_calendar(day, right):
    assert is_calendar_date(day) is right


def columns(name, header):
    parsed = parse_name(name)
    assert parsed is not None
    return columns_of(parsed, header)


def test_pattern_gives_the_columns_behind_those_of_the_kind():
    block = columns("der2_iisssciRefset_ExtendedMapSnapshot_GB_20260131.txt", [*MEMBER, *MAP, "mapBlock"])
    assert block[-1].name == "mapBlock"
    assert block[-1].sort is Sort.INTEGER
    other = columns("der2_cisRefset_InventedSnapshot_XX_20260131.txt", [*MEMBER, "a", "b", "c", "d"])
    assert [column.sort for column in other[6:]] == [Sort.SCTID, Sort.INTEGER, Sort.TEXT, Sort.TEXT]


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("der2_cisRefset_InventedSnapshot_XX_20260131.txt", [*MEMBER, "a", "b"]),
        ("der2_cRefset_LanguageSnapshot-en_XX_20260131.txt", [*MEMBER, "acceptability"]),
        ("der2_Refset_SimpleSnapshot_XX_20260131.txt", MEMBER[:-1]),
        ("der2_Refset_SimpleSnapshot_XX_20260131.txt", [*MEMBER, "a", "a"]),
        ("der2_Refset_SimpleSnapshot_XX_20260131.txt", [*MEMBER[:4], "referencedComponentId", "refsetId"]),
        ("sct2_Concept_Snapshot_XX_20260131.txt", ["id", "effectiveTime", "active", "moduleId"]),
        ("sct2_Concept_Snapshot_XX_20260131.txt", ["id", *MEMBER[1:4], "definitionStatusId", "more"]),
        ("sct2_Concept_Snapshot_XX_20260131.txt", [""]),
    ],
)
def test_other_headers_are_refused(name, header):
    assert columns(name, header) is None


def test_identifiers_come_in_two_orders():
    name = "sct2_Identifier_Snapshot_INT_20260131.txt"
    now = [
        "alternateIdentifier",
        "effectiveTime",
        "active",
        "moduleId",
        "identifierSchemeId",
        "referencedComponentId",
    ]
    before = [now[4], *now[:4], now[5]]
    assert [column.name for column in columns(name, before)] == before
    assert [column.name for column in columns(name, now)] == now
