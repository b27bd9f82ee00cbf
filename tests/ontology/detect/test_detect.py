"""Formats by content: every file of the public sets, and what is no ontology by its name."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgllm.errors import ConfigError, NotFoundError, OntologyError, UnknownFormatError
from kgllm.ontology.formats.detect import detect
from kgllm.ontology.load import READERS, ReadOptions, load

FILES = {
    "doid": {
        "doid.obo.gz": "obo",
        "DO_cancer_slim.obo": "obo",
        "DO_cancer_slim.owl.gz": "owl",
        "DO_cancer_slim.json.gz": "obographs",
        "DO_infectious_disease_slim.owl.gz": "owl",
        "doid-2018-07-05.json.gz": "obographs",
        "HumanDO.tsv.gz": "edges",
        "allXREFinDO.tsv.gz": "edges",
        "DO-equivalentClass.tsv": "edges",
    },
    "hpo": {
        "hp.obo.gz": "obo",
        "go_import.obo.gz": "obo",
        "chebi_import.obo.gz": "obo",
        "edges.tsv.gz": "edges",
        "basic-report.tsv.gz": "unknown-format",
        "layperson-synonyms.tsv.gz": "unknown-format",
    },
    "cl": {"cl.obo.gz": "obo", "cl-basic.owl.gz": "owl", "cl-basic.json.gz": "obographs"},
    "uberon": {"uberon.obo.gz": "obo", "vertebrate-head.obo.gz": "obo", ".": "unknown-folder"},
    "go-nucleus": {
        "go-nucleus.obo": "obo",
        "go-nucleus.owl": "owl",
        "go-nucleus.owl.ttl": "owl",
        "go-nucleus.json": "obographs",
        "go-nucleus.ofn": "owl-functional-syntax",
    },
    "obo-fixtures": {
        "pato.obo": "obo",
        "uo.obo": "obo",
        "iao.owl": "owl",
        "obographs/abox.json": "obographs",
        "obographs/basic.json": "obographs",
        "obographs/equivNodeSetTest.json": "obographs",
        "obographs/nucleus.json": "obographs",
        "obographs/obsoletion_example.json": "obographs",
    },
    "pizza": {"pizza.owl": "owl"},
    "mesh": {".": "mesh", "terms.tsv.gz": "mesh", "tree-numbers.tsv.gz": "mesh"},
    "oewn": {
        "noun.yaml.tar.gz": "wordnet",
        "noun_hierarchy.derived.tsv.gz": "wordnet",
        "LICENSE.md": "unknown-format",
    },
    "ncit-disease": {"ncit-disease-2018-06-08.json.gz": "obographs"},
    "oaei-anatomy": {"human.owl.gz": "owl", "mouse.owl.gz": "owl", "reference.rdf": "alignment"},
    "rf2-doid": {
        ".": "rf2",
        "Snapshot/Terminology/sct2_Concept_Snapshot_XX9999901_20180705.txt.gz": "one-rf2-file",
        "EXPECTED.json": "unknown-json",
    },
    "sssom-examples": {
        "embedded/mp-hp-exact-0.0.1.sssom.tsv": "sssom",
        "external/example1.sssom.tsv": "sssom",
    },
}


def found(path: Path) -> str:
    """The format, or the rule that is broken."""
    try:
        return detect(path)
    except UnknownFormatError as error:
        code: str = error.issue.rule.code  # type: ignore[attr-defined]
        return code


@pytest.mark.parametrize("name", FILES)
def test_public_files(data_root: Callable[[str], Path], name: str) -> None:
    folder = data_root(name)
    assert {file: found(folder / file) for file in FILES[name]} == FILES[name]


RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
OWL = "http://www.w3.org/2002/07/owl#"
TEXTS = {
    "obo without header": ("[Term]\nid: A:1\n", "obo"),
    "obo with a comment": ("! made by hand\nformat-version: 1.2\n", "obo"),
    "skos turtle": (f"@prefix s: <{SKOS}> .\n<http://a/1> a s:Concept ; s:broader <http://a/2> .\n", "skos"),
    "skos triples": (f"<http://a/1> <{RDF}type> <{SKOS}Concept> .\n", "skos"),
    "skos xml": (
        f'<?xml version="1.0"?>\n<rdf:RDF xmlns:rdf="{RDF}" xmlns:skos="{SKOS}">'
        '<skos:Concept rdf:about="http://a/1"/></rdf:RDF>',
        "skos",
    ),
    "skos json-ld": (f'{{"@context": {{"skos": "{SKOS}"}}, "@id": "a:1", "@type": "skos:Concept"}}', "skos"),
    "owl with labels of skos": (
        f"@prefix owl: <{OWL}> .\n@prefix skos: <{SKOS}> .\n"
        "<http://a/1> a owl:Class ; skos:prefLabel 'a' .\n",
        "owl",
    ),
    "owl triples": (f"<http://a/1> <{RDF}type> <{OWL}Class> .\n", "owl"),
    "owl xml": (f'<Ontology xmlns="{OWL}" ontologyIRI="http://a">\n</Ontology>', "owl"),
    "entities": (
        f'<!DOCTYPE rdf:RDF [ <!ENTITY owl "{OWL}" > ]>\n<rdf:RDF xmlns:rdf="{RDF}">'
        '<rdf:Description><rdf:type rdf:resource="&owl;Class"/></rdf:Description></rdf:RDF>',
        "owl",
    ),
    "csv": ("id,label,parent\nA,a,\n", "edges"),
    "mesh ascii": ("*NEWRECORD\nRECTYPE = D\n", "mesh"),
    "mesh xml": ('<?xml version="1.0"?>\n<DescriptorRecordSet LanguageCode="eng">', "mesh"),
    "manchester": ("Prefix: : <http://a/>\nOntology: <http://a>\n", "owl-manchester-syntax"),
    "functional": ("Prefix(:=<http://a/>)\nOntology(<http://a>)\n", "owl-functional-syntax"),
    "web page": ("<!DOCTYPE html>\n<html><body>404</body></html>", "html-instead-of-rdf"),
    "lmf": ('<?xml version="1.0"?>\n<LexicalResource>', "wordnet-lmf"),
    "rrf": ("C0000001|ENG|P|L1|PF|S1|Y|A1||M1|D1|XX|PT|D1|a term|0|N|256|\n", "one-rrf-file"),
    "prose": ("Dear reader,\n", "unknown-format"),
    "nothing": ("", "unknown-format"),
    "a table without ids": ("colour\tsize\n", "unknown-format"),
    "json": ("[1, 2]", "unknown-json"),
}


@pytest.mark.parametrize("case", TEXTS)
@pytest.mark.parametrize("compressed", [False, True])
def test_texts(tmp_path: Path, case: str, compressed: bool) -> None:
    text, expected = TEXTS[case]
    content = b"\xef\xbb\xbf" + text.encode() if case == "csv" else text.encode()
    path = tmp_path / "file.dat"
    path.write_bytes(gzip.compress(content) if compressed else content)
    assert found(path) == expected


def test_vocabularies_far_from_the_beginning(tmp_path: Path) -> None:
    path = tmp_path / "late.nt"
    comments = "".join(f'<http://a/{n}> <http://b> "{"x" * 100}" .\n' for n in range(5000))
    path.write_text(comments + f"<http://a/1> <{RDF}type> <{SKOS}Concept> .\n")
    assert detect(path) == "skos"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"%PDF-1.7\n", "a PDF document"),
        (b"SQLite format 3\0", "an SQLite database"),
        ("id: A:1".encode("utf-16"), "UTF-16; save it as UTF-8"),
        (b"\x01\x00\x02", "bytes that are 0"),
    ],
)
def test_what_is_no_text_is_named(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "onto.owl"
    path.write_bytes(content)
    with pytest.raises(UnknownFormatError, match=what):
        detect(path)


def test_archives(tmp_path: Path) -> None:
    release, other, torn = (tmp_path / name for name in ("release.zip", "other.zip", "torn.zip"))
    with zipfile.ZipFile(release, "w") as archive:
        archive.writestr("X/Snapshot/Terminology/sct2_Concept_Snapshot_XX1000003_20240101.txt", "id\r\n")
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("readme.txt", "x")
    torn.write_bytes(release.read_bytes()[:60])
    tarred = tmp_path / "words.tar"
    with tarfile.open(tarred, "w") as tar:
        tar.addfile(tarfile.TarInfo("src/noun.animal.yaml"), io.BytesIO())
    assert detect(release) == "rf2"
    assert detect(tarred) == "wordnet"
    with pytest.raises(UnknownFormatError, match=r"without a release of RF2: it holds readme\.txt"):
        detect(other)
    with pytest.raises(OntologyError, match="damaged or truncated archive"):
        detect(torn)


def test_folders(tmp_path: Path) -> None:
    (tmp_path / "umls").mkdir()
    (tmp_path / "umls" / "MRCONSO.RRF").write_text(TEXTS["rrf"][0])
    assert detect(tmp_path / "umls") == detect(tmp_path / "umls" / "MRCONSO.RRF") == "rrf"
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnknownFormatError, match="it holds no files; give a file"):
        detect(tmp_path / "empty")
    with pytest.raises(NotFoundError, match="does not exist"):
        detect(tmp_path / "nowhere")


def test_torn_gzip(tmp_path: Path) -> None:
    path = tmp_path / "x.obo.gz"
    path.write_bytes(gzip.compress(b"format-version: 1.2\n")[:-12])
    with pytest.raises(OntologyError, match="torn or damaged"):
        detect(path)


@pytest.mark.parametrize("format", READERS)
def test_every_reader_is_there(format: str) -> None:
    module, _, name = READERS[format].partition(":")
    assert callable(getattr(import_module(f"kgllm.ontology.{module}"), name))


def test_load_by_content_or_as_said(data_root: Callable[[str], Path], tmp_path: Path) -> None:
    path = data_root("go-nucleus") / "go-nucleus.obo"
    ontology = load(path)
    assert ontology.tables.origin.format == "obo"
    assert ontology.label("GO:0005634") == "nucleus"
    ontology.save(tmp_path / "store")
    assert load(tmp_path / "store").label("GO:0005634") == "nucleus"
    with pytest.raises(ConfigError, match="unknown format 'pdf'; expected one of auto, rf2, obo"):
        load(path, format="pdf")
    with pytest.raises(OntologyError):
        load(path, format="obographs")


def test_load_of_a_release_with_progress(data_root: Callable[[str], Path]) -> None:
    seen: list[tuple[int, int, str]] = []

    def progress(done: int, total: int, file: str) -> None:
        seen.append((done, total, file))

    options = ReadOptions(progress=progress)
    release = load(data_root("rf2-doid"), on_error="report", options=options)
    assert len(release) == 15391
    assert seen
    assert all(done <= total for done, total, _ in seen)


def test_codes_of_snomed_can_be_left_out(data_root: Callable[[str], Path]) -> None:
    path = data_root("doid") / "DO_cancer_slim.obo"
    kept, left = (
        load(path, on_error="report"),
        load(path, on_error="report", options=ReadOptions(without_snomed=True)),
    )
    assert any(scheme.startswith("SNOMED") for scheme in kept.tables.schemes)
    assert not any(scheme.startswith("SNOMED") for scheme in left.tables.schemes)


PIECES = ["<", ">", "rdf:RDF ", "<!--", "-->", "<!DOCTYPE [", "]", "#", "\n", "\t", '"', "{", "@prefix "]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=60)
    | st.lists(st.sampled_from([*PIECES, SKOS, OWL]) | st.text(max_size=4)).map("".join)
)
def test_anything_has_a_format_or_a_named_error(tmp_path: Path, content: bytes | str) -> None:
    path = tmp_path / "anything"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "replace"))
    with suppress(OntologyError):
        assert detect(path) in READERS


def test_long_words_take_no_time(tmp_path: Path) -> None:
    path = tmp_path / "long.nt"
    path.write_text('<http://a/1> <http://b> "' + "x" * 2_000_000 + '" .\n')
    assert detect(path) == "owl"
