"""Small releases made row by row, and a slow reader in plain Python to compare with."""

from __future__ import annotations

import gzip
from pathlib import Path
from uuid import UUID

import pytest

from kgllm.ontology.issues import Issues
from kgllm.ontology.rf2.load import Rf2Options, load_rf2
from kgllm.ontology.rf2.metadata import IS_A
from kgllm.ontology.rf2.sctid import make
from kgllm.ontology.rf2.synth import Size, write_release
from kgllm.ontology.tables import columns

NAMESPACE, LAST = 1000003, 20260131
PRIMITIVE, INSENSITIVE, SOME = 900000000000074008, 900000000000448009, 900000000000451002

COMPONENT = "id effectiveTime active moduleId "
RELATIONSHIP = COMPONENT + "sourceId {} relationshipGroup typeId characteristicTypeId modifierId"
MEMBER = COMPONENT + "refsetId referencedComponentId "
MAP = MEMBER + "mapGroup mapPriority mapRule mapAdvice mapTarget correlationId "
DESCRIPTION = COMPONENT + "conceptId languageCode typeId term caseSignificanceId"
HEADERS = {
    "sct2_Concept_": COMPONENT + "definitionStatusId",
    "sct2_Description_": DESCRIPTION,
    "sct2_TextDefinition_": DESCRIPTION,
    "sct2_Relationship_": RELATIONSHIP.format("destinationId"),
    "sct2_RelationshipConcreteValues_": RELATIONSHIP.format("value"),
    "sct2_sRefset_OWLExpression": MEMBER + "owlExpression",
    "der2_cRefset_Language": MEMBER + "acceptabilityId",
    "der2_cRefset_Association": MEMBER + "targetComponentId",
    "der2_cRefset_AttributeValue": MEMBER + "valueId",
    "der2_Refset_Simple": MEMBER,
    "der2_sRefset_SimpleMap": MEMBER + "mapTarget",
    "der2_iissscRefset_ComplexMap": MAP,
    "der2_iisssccRefset_ExtendedMap": MAP + "mapCategoryId",
    "der2_ssRefset_ModuleDependency": MEMBER + "sourceEffectiveTime targetEffectiveTime",
}
"""What a file's name begins with, and its header."""

PARTS = ("concepts", "terms", "isa", "relations", "values", "history", "xrefs", "maps", "members", "axioms")


class Small:
    """A release made row by row. Ids are made from small numbers; rows may be given an id and a time."""

    FSN, SYNONYM, DEFINITION = 900000000000003001, 900000000000013009, 900000000000550004
    INFERRED, STATED, DEFINED = 900000000000011006, 900000000000010007, 900000000000073002
    US, GB = 900000000000509007, 900000000000508004
    PREFERRED, ACCEPTABLE = 900000000000548007, 900000000000549004

    def __init__(self):
        self.rows, self.count, self.module = {name: [] for name in HEADERS}, 0, make(1, 10, NAMESPACE)
        self.concept(1, "module (metadata)")
        self.root = self.concept(2, "root (thing)")
        self.is_a(self.module, self.root)
        self.member("ModuleDependency", self.root, self.module, LAST, LAST)

    def row(self, file, id, *rest, active=1, time=LAST):
        self.rows[file].append((id, time, active, self.module, *rest))
        return id

    def number(self):
        self.count += 1
        return self.count

    def concept(self, item, fsn="", status=PRIMITIVE, **version):
        id = make(item, 10, NAMESPACE)
        self.row("sct2_Concept_", id, status, **version)
        self.describe(id, fsn or f"thing {item} (thing)", self.FSN)
        return id

    def describe(self, concept, term, type=900000000000013009, language="en", id=None, **version):
        id = id or make(self.number(), 11, NAMESPACE)
        file = "sct2_TextDefinition_" if type == self.DEFINITION else "sct2_Description_"
        return self.row(file, id, concept, language, type, term, INSENSITIVE, **version)

    def relate(self, source, type, target, group=0, kind=900000000000011006, id=None, **version):
        id = id or make(self.number(), 12, NAMESPACE)
        file = "sct2_RelationshipConcreteValues_" if isinstance(target, str) else "sct2_Relationship_"
        return self.row(file, id, source, target, group, type, kind, SOME, **version)

    def is_a(self, child, parent, **version):
        return self.relate(child, IS_A, parent, **version)

    def member(self, file, refset, component, *rest, id=None, **version):
        name = next(name for name in HEADERS if name.endswith(f"Refset_{file}"))
        return self.row(name, id or UUID(int=self.number() << 80), refset, component, *rest, **version)

    def write(self, folder, part="Snapshot"):
        for name, header in HEADERS.items():
            path = folder / part / f"{name}{part}_XX{NAMESPACE}_{LAST}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            lines = ["\t".join(header.split()), *("\t".join(map(str, row)) for row in self.rows[name])]
            path.write_bytes("".join(f"{line}\r\n" for line in lines).encode())
        return folder


@pytest.fixture
def small():
    return Small()


@pytest.fixture
def load(small, tmp_path):
    """The tables of the small release; ``load(on_error="report")`` gives the issues as well."""

    def tables(on_error=None, part="Snapshot", **options):
        issues = Issues(on_error or "strict")
        found = load_rf2(small.write(tmp_path, part), Rf2Options(**options), issues)
        return (found, issues) if on_error else found

    return tables


@pytest.fixture(scope="session")
def synthetic(tmp_path_factory):
    """An invented release of 300 concepts with a history of four dates."""
    dates = (20240131, 20240731, 20250131, 20260131)
    return write_release(tmp_path_factory.mktemp("synthetic"), Size(300, seed=7, dates=dates))


@pytest.fixture(scope="session")
def slow_rows():
    """All rows of a part of a release by what their files hold: ``slow_rows(folder, "Full")["Concept"]``."""

    def read(folder: Path, part):
        found = {}
        for path in sorted(folder.rglob("*2_*.txt*")):
            content = "".join(path.name.split("_")[1:3])
            if part not in content:
                continue
            data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            header, *lines = data.decode().removesuffix("\r\n").split("\r\n")
            kind = content.partition("Refset")[2] or content
            rows = [dict(zip(header.split("\t"), line.split("\t"), strict=True)) for line in lines]
            found.setdefault(kind.partition(part)[0], []).extend(rows)
        return found

    return read


@pytest.fixture(scope="session")
def slow_state():
    """The latest row of each id at a date."""

    def state(rows, date):
        latest = {}
        for row in rows:
            before = latest.get(row["id"], row)
            if before["effectiveTime"] <= row["effectiveTime"] <= str(date):
                latest[row["id"]] = row
        return list(latest.values())

    return state


@pytest.fixture(scope="session")
def same():
    """Whether two ontologies say the same."""

    def compare(one, other):
        for part in PARTS:
            left, right = columns(getattr(one, part)), columns(getattr(other, part))
            if any(left[name].tolist() != right[name].tolist() for name in left):
                return False
        names = ["languages", "dialects", "schemes"]
        return one.ids.arrays()["ids"].tolist() == other.ids.arrays()["ids"].tolist() and all(
            getattr(one, name) == getattr(other, name) for name in names
        )

    return compare
