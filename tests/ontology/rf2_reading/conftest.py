"""A small release with a few rows of every kind, to be spoilt in many ways."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest

from kgllm.ontology.issues import Issues
from kgllm.ontology.rf2.package import discover
from kgllm.ontology.rf2.reading import read_kind
from kgllm.ontology.rf2.rows import FileKind
from kgllm.ontology.rf2.sctid import make

NAMESPACE, DATE = 1000003, 20260131
COMPONENTS = (*list(FileKind)[:8],)
"""Kinds whose files lie in the folder of the terminology."""

VERSION = "effectiveTime active moduleId"
IDENTIFIER = f"alternateIdentifier {VERSION} identifierSchemeId referencedComponentId"
MEMBER = f"id {VERSION} refsetId referencedComponentId"
MAP = f"{MEMBER} mapGroup mapPriority mapRule mapAdvice mapTarget correlationId"
DESCRIPTION = f"id {VERSION} conceptId languageCode typeId term caseSignificanceId"
RELATIONSHIP = f"id {VERSION} sourceId {{}} relationshipGroup typeId characteristicTypeId modifierId"

CONCEPTS = [make(item, 10, NAMESPACE) for item in range(1, 6)]
DESCRIPTIONS = [make(item, 11, NAMESPACE) for item in range(1, 6)]
RELATIONSHIPS = [make(item, 12, NAMESPACE) for item in range(1, 6)]
C, D = CONCEPTS[0], DESCRIPTIONS[0]
MODULE = CONCEPTS[-1]

TERMS = ['"quoted" whole', '"', "NA", "null", "œdème Ångström – 水"]

FILES = {
    FileKind.CONCEPT: ("Concept_Snapshot", f"id {VERSION} definitionStatusId", (C,)),
    FileKind.DESCRIPTION: ("Description_Snapshot-en", DESCRIPTION, (C, "en", C, TERMS, C)),
    FileKind.TEXT_DEFINITION: ("TextDefinition_Snapshot-en", DESCRIPTION, (C, "en", C, "n/a", C)),
    FileKind.RELATIONSHIP: (
        "Relationship_Snapshot", RELATIONSHIP.format("destinationId"), (C, C, 0, C, C, C)
    ),
    FileKind.STATED_RELATIONSHIP: (
        "StatedRelationship_Snapshot", RELATIONSHIP.format("destinationId"), (C, C, 12, C, C, C)
    ),
    FileKind.CONCRETE_VALUES: (
        "RelationshipConcreteValues_Snapshot", RELATIONSHIP.format("value"), (C, "#0.5", 0, C, C, C)
    ),
    FileKind.IDENTIFIER: ("Identifier_Snapshot", IDENTIFIER, (C, D)),
    FileKind.OWL_EXPRESSION: (
        "sRefset_OWLExpressionSnapshot", f"{MEMBER} owlExpression", (C, C, "SubClassOf(:1 :2)")
    ),
    FileKind.LANGUAGE: ("cRefset_LanguageSnapshot-en", f"{MEMBER} acceptabilityId", (C, D, C)),
    FileKind.ASSOCIATION: ("cRefset_AssociationSnapshot", f"{MEMBER} targetComponentId", (C, D, C)),
    FileKind.ATTRIBUTE_VALUE: ("cRefset_AttributeValueSnapshot", f"{MEMBER} valueId", (C, D, C)),
    FileKind.SIMPLE: ("Refset_SimpleSnapshot", MEMBER, (C, C)),
    FileKind.SIMPLE_MAP: ("sRefset_SimpleMapSnapshot", f"{MEMBER} mapTarget", (C, C, "A00.1")),
    FileKind.COMPLEX_MAP: ("iissscRefset_ComplexMapSnapshot", MAP, (C, C, 1, 1, "TRUE", "", "A00", C)),
    FileKind.EXTENDED_MAP: (
        "iisssccRefset_ExtendedMapSnapshot", f"{MAP} mapCategoryId", (C, C, 1, 1, "TRUE", "", "", C, C)
    ),
    FileKind.MODULE_DEPENDENCY: (
        "ssRefset_ModuleDependencySnapshot",
        f"{MEMBER} sourceEffectiveTime targetEffectiveTime",
        (C, C, DATE, DATE),
    ),
    FileKind.REFSET_DESCRIPTOR: (
        "cciRefset_RefsetDescriptorSnapshot",
        f"{MEMBER} attributeDescription attributeType attributeOrder",
        (C, C, C, C, 0),
    ),
    FileKind.DESCRIPTION_TYPE: (
        "ciRefset_DescriptionTypeSnapshot", f"{MEMBER} descriptionFormat descriptionLength", (C, C, C, 255)
    ),
    FileKind.OTHER_REFSET: ("csRefset_InventedSnapshot", f"{MEMBER} colour note", (C, D, D, "blue")),
}  # fmt: skip
"""Of each kind: the middle of its file name, its header, and what its rows have behind the version."""


def first_column(kind: FileKind, header: str, row: int) -> object:
    if kind is FileKind.IDENTIFIER:
        return f"other-{row}"
    if "refsetId" in header:
        return UUID(int=(row << 64) + 7)
    if kind in (FileKind.DESCRIPTION, FileKind.TEXT_DEFINITION):
        return DESCRIPTIONS[row]
    return CONCEPTS[row] if kind is FileKind.CONCEPT else RELATIONSHIPS[row]


class Release:
    """A release in a folder; ``lines`` has those of each file, header first, as bytes without their ends."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paths: dict[FileKind, Path] = {}
        self.lines: dict[FileKind, list[bytes]] = {}
        for kind, (middle, header, rest) in FILES.items():
            start = "Terminology/sct2" if kind in COMPONENTS else "Refset/der2"
            self.paths[kind] = folder / "Snapshot" / f"{start}_{middle}_XX{NAMESPACE}_{DATE}.txt"
            rows = [header.split()]
            for row in range(len(TERMS)):
                values = [one[row] if isinstance(one, list) else one for one in rest]
                rows.append([first_column(kind, header, row), DATE, row % 2, MODULE, *values])
            self.lines[kind] = ["\t".join(map(str, row)).encode() for row in rows]
            self.paths[kind].parent.mkdir(parents=True, exist_ok=True)
            self.write(kind, self.lines[kind])

    def write(self, kind: FileKind, lines: list[bytes], end: bytes = b"\r\n") -> None:
        self.paths[kind].write_bytes(b"".join(line + end for line in lines))

    def spoil(self, kind: FileKind, row: int, column: str, text: str) -> None:
        """Put ``text`` into one field; row 1 is line 2."""
        lines = [*self.lines[kind]]
        fields = lines[row].decode().split("\t")
        fields[lines[0].decode().split("\t").index(column)] = text
        lines[row] = "\t".join(fields).encode()
        self.write(kind, lines)

    def read(self, kind: FileKind, on_error: str = "strict", columns=None):
        issues = Issues(on_error)
        return read_kind(discover(self.folder, issues=issues), kind, issues, columns), issues


@pytest.fixture
def release(tmp_path: Path) -> Release:
    return Release(tmp_path / "SynthCT_Example_PRODUCTION_20260131T120000Z")


@pytest.fixture(scope="session")
def ids() -> SimpleNamespace:
    """SCTIDs of the release, and the terms of its descriptions."""
    return SimpleNamespace(
        concepts=CONCEPTS, descriptions=DESCRIPTIONS, relationships=RELATIONSHIPS, terms=TERMS, date=DATE
    )
