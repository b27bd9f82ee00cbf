"""Which format a file or folder is in, by its content; what cannot be read is named."""

from __future__ import annotations

import gzip
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO, cast

from ...errors import NotFoundError, OntologyError, UnknownFormatError
from ..issues import Issue, Rule, place
from ..rf2.names import looks_like_data
from ..rf2.rules import DAMAGED_ARCHIVE
from .edges import MEANING
from .rdf.syntax import OTHER, Syntax, syntax_of
from .source import GZIP

__all__ = ["detect"]

START = 1 << 16
"""Bytes at the beginning of a file that tell what it is."""
CHUNK = 1 << 18
MOST_FILES = 20_000
"""Files of a folder that are looked at."""

READABLE = (
    "RF2 (a release's folder or zip file), OBO, OBO Graphs, OWL or SKOS in a syntax of RDF, UMLS RRF, MeSH, "
    "Open English WordNet, or a table of edges with a header"
)
UNKNOWN = Rule("unknown-format", True, "in no format that is known here", f"expected {READABLE}")
BINARY = Rule("binary-file", True, "not text", f"expected {READABLE}")
ONE_RF2_FILE = Rule("one-rf2-file", True, "one file of an RF2 release", "give the folder of the release")
ONE_RRF_FILE = Rule("one-rrf-file", True, "one file of UMLS RRF", "give the folder with MRCONSO.RRF")
ALIGNMENT = Rule("alignment", True, "an alignment of two ontologies", "give one of the ontologies")
SSSOM = Rule("sssom", True, "a set of mappings in SSSOM", "give one of the ontologies it maps")
LMF = Rule("wordnet-lmf", True, "a WordNet in LMF, which is not read", "give its YAML or table of synsets")
FOLDER = Rule("unknown-folder", True, "a folder that is no ontology", "give a file, or a release's folder")
ARCHIVE = Rule("unknown-archive", True, "an archive without a release of RF2", "unpack it, then give a file")
JSON = Rule("unknown-json", True, "JSON that is neither OBO Graphs nor JSON-LD", f"expected {READABLE}")

MAGIC = {
    b"%PDF": "a PDF document",
    b"SQLite format 3": "an SQLite database",
    b"\x89PNG": "an image",
    b"\xff\xfe": "text in UTF-16; save it as UTF-8",
    b"\xfe\xff": "text in UTF-16; save it as UTF-8",
    b"PAR1": "a Parquet file",
    b"BZh": "compressed by bzip2; unpack it",
    b"\xfd7zXZ": "compressed by xz; unpack it",
    b"Rar!": "a RAR archive; unpack it",
    b"\xd0\xcf\x11\xe0": "a document of an office suite",
}
OWL_NAMES = r"Class|ObjectProperty|Restriction|equivalentClass"
SKOS_NAMES = r"Concept|ConceptScheme|broader|narrower|inScheme|topConceptOf|hasTopConcept"
NAMESPACES = {
    "owl": ("http://www.w3.org/2002/07/owl#", OWL_NAMES),
    "skos": ("http://www.w3.org/2004/02/skos/core#", SKOS_NAMES),
}
BEFORE = r"(?:\s|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>)*"
BEGINNINGS: dict[str, str | Rule] = {
    r"\*NEWRECORD|mesh_id\t": "mesh",
    BEFORE + "<DescriptorRecordSet": "mesh",
    r"synset\t|(?:[^\S\n]*#[^\n]*\n|---\s*\n)*'?\d{8}-[nvars]'?:\s*\n": "wordnet",
    BEFORE + "<LexicalResource": LMF,
    r"(?:id|alternateIdentifier)\teffectiveTime\t": ONE_RF2_FILE,
    r"[^|\n]+(?:\|[^|\n]*){5,}\|\r?\n": ONE_RRF_FILE,
    r"(?:#[^\n]*\n)*#?\s?(?:curie_map|mapping_set_id):|(?:#[^\n]*\n)*(?:record_id\t)?subject_id\t": SSSOM,
    BEFORE + r"<[^>]*http://knowledgeweb\.semanticweb\.org/heterogeneity/alignment": ALIGNMENT,
}
"""What a text begins with, and the format it then is in or the rule it breaks."""
DECLARED = re.compile(r"([\w-]+)[\"']?\s*[:=]?\s*[\"'<]$")
"""The end of what stands before a namespace where it gets its prefix."""
OBO = re.compile(r"^(?:format-version:|\[(?:Term|Typedef|Instance)\]\s*$)", re.MULTILINE)
MRCONSO = re.compile(r"MRCONSO\.RRF(?:\.gz)?")
NAMES = {MRCONSO: "rrf", re.compile(r"(?:noun|verb|adj|adv)\.\w+\.ya?ml"): "wordnet"}
"""Names of files in a folder or archive, and the format it then is in."""


def detect(path: Path) -> str:
    """The format of ``path``: a key of :data:`~kgllm.ontology.load.READERS`.

    Raises:
        NotFoundError: there is no such file.
        UnknownFormatError: it is none that can be read; the issue says what it is and what to do.
        OntologyError: it is damaged.
    """
    if not path.exists():
        raise NotFoundError(f"{path} does not exist; expected a file or folder with an ontology")
    if path.is_dir():
        return _of_folder(path)
    start = _start(path)
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _of_names(path, _members(path), ARCHIVE)
    if start[257:262] == b"ustar":
        return _of_names(path, _members_of_tar(path), ARCHIVE)
    known = next((what for magic, what in MAGIC.items() if start.startswith(magic)), "")
    if known or b"\0" in start:
        raise UnknownFormatError(Issue(BINARY, place(path), detail=known or "it has bytes that are 0"))
    return _of_text(path, start.removeprefix(b"\xef\xbb\xbf"))


def _of_folder(path: Path) -> str:
    files = [one for one in islice(path.rglob("*"), MOST_FILES) if one.is_file()]
    tables = (one for one in files if ".tsv" in one.suffixes and one.parent == path)
    if any(_start(one).startswith(b"mesh_id\t") for one in tables):
        return "mesh"
    return _of_names(path, (one.name for one in files), FOLDER)


def _of_names(path: Path, names: Iterable[str], otherwise: Rule) -> str:
    """The format of a folder or archive by the names of its files."""
    seen = sorted({PurePosixPath(name).name for name in names})
    if any(map(looks_like_data, seen)):
        return "rf2"
    for pattern, found in NAMES.items():
        if any(pattern.fullmatch(name) for name in seen):
            return found
    raise UnknownFormatError(Issue(otherwise, place(path), detail=f"it holds {_some(seen)}"))


def _of_text(path: Path, start: bytes) -> str:
    text = start.decode("utf-8", "replace")
    for pattern, found in BEGINNINGS.items():
        if re.match(pattern, text, re.DOTALL):
            if found is ONE_RRF_FILE and MRCONSO.fullmatch(path.name):
                return "rrf"
            if isinstance(found, Rule):
                raise UnknownFormatError(Issue(found, place(path)))
            return found
    if OBO.search(text):
        return "obo"
    if text.lstrip()[:1] in ("{", "["):
        return _of_json(path, text)
    return "edges" if _is_table(text.partition("\n")[0]) else _of_rdf(path, start)


def _of_json(path: Path, text: str) -> str:
    if re.search(r'"graphs"\s*:', text):
        return "obographs"
    if '"@' in text:
        return _owl_or_skos(path)
    raise UnknownFormatError(Issue(JSON, place(path), 1, text=text.lstrip()))


def _of_rdf(path: Path, start: bytes) -> str:
    try:
        syntax = syntax_of(start, path)
    except UnknownFormatError as error:
        if isinstance(error.issue, Issue) and error.issue.rule is OTHER:
            text = start.decode("utf-8", "replace").lstrip().partition("\n")[0]
            raise UnknownFormatError(Issue(UNKNOWN, place(path), 1, text=text)) from None
        raise
    return "owl" if syntax is Syntax.OWL_XML else _owl_or_skos(path)


def _is_table(header: str) -> bool:
    """Whether a line is a header of :mod:`.edges`: several columns, one of them with ids."""
    columns = re.split(r"[\t,;]", header.strip())
    meanings = [MEANING.get(one.strip(' "?').lower().removesuffix("_id")) for one in columns]
    return len(columns) > 1 and "id" in meanings


def _owl_or_skos(path: Path) -> str:
    """Which vocabulary the first part of a file uses that uses either, and more often."""
    with _opened(path) as file:
        prefixes: set[tuple[str, str]] = set()
        while chunk := file.read(CHUNK):
            text = chunk.decode("utf-8", "replace")
            counts = {name: _uses(text, name, prefixes) for name in NAMESPACES}
            if any(counts.values()):
                return max(counts, key=lambda name: counts[name])
    return "owl"


def _uses(text: str, vocabulary: str, prefixes: set[tuple[str, str]]) -> int:
    """How often ``text`` names what makes a vocabulary, in any syntax; adds the prefixes that it declares."""
    namespace, names = NAMESPACES[vocabulary]
    for use in re.finditer(re.escape(namespace), text[:START]):
        declared = DECLARED.search(text[max(0, use.start() - 80) : use.start()])
        prefixes |= {(vocabulary, declared[1])} if declared else set()
    forms = [re.escape(namespace), *(f"{one}:|&{one};" for name, one in prefixes if name == vocabulary)]
    return len(re.findall(rf"(?:{'|'.join(forms)})(?:{names})\b", text))


def _start(path: Path) -> bytes:
    with _opened(path) as file:
        return file.read(START)


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """The content of a file, decompressed."""
    try:
        with path.open("rb") as raw:
            compressed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            yield cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if compressed else raw
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise OntologyError(Issue(GZIP, place(path), detail=str(error))) from error
    except OSError as error:
        raise OntologyError(f"{path} cannot be read: {error.strerror or error}") from error


def _members(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except zipfile.BadZipFile as error:
        raise OntologyError(Issue(DAMAGED_ARCHIVE, place(path), detail=str(error))) from error


def _members_of_tar(path: Path) -> list[str]:
    try:
        with tarfile.open(path) as archive:
            return archive.getnames()
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise OntologyError(Issue(DAMAGED_ARCHIVE, place(path), detail=str(error))) from error


def _some(names: Sequence[str]) -> str:
    """A few of ``names``, for people."""
    shown = ", ".join(names[:5]) or "no files"
    return shown + (f" and {len(names) - 5} others" if len(names) > 5 else "")
