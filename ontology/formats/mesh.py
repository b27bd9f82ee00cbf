"""MeSH: descriptors, and the tree numbers that say where each stands.

Three layouts are read: tables with the columns ``mesh_id``, ``mesh_name`` and ``mesh_tree_number``, the ASCII
file of descriptors (``d2015.bin``), and the XML file (``desc2015.xml``). A descriptor has several tree
numbers; without its last part, each is the number of a parent. They are other ids of their descriptors.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from ...errors import OntologyError, UnknownFormatError
from ..builder import Builder
from ..issues import Issue, Issues, Rule, place
from ..tables import Origin, Role, Tables
from .gcpause import paused_gc
from .source import open_text, read_bytes

__all__ = ["read_mesh"]

NOT_MESH = Rule("not-mesh", True, "neither tables, nor ASCII, nor XML of MeSH", "give a file of descriptors")
BAD_XML = Rule("bad-xml", True, "XML that is not well formed", "repair the file, or fetch it again")
BAD_ROW = Rule("column-count", True, "a row with too few or too many columns", "repair or remove it")
NO_ID = Rule("missing-id", True, "a descriptor without identifier", "give it one, or remove it")
NUMBER_TWICE = Rule("duplicate-tree-number", True, "a tree number of two descriptors", "remove one of them")
NO_PARENT = Rule("tree-number-without-parent", False, "a tree number whose parent no descriptor has")

COLUMNS = ("mesh_id", "mesh_name", "mesh_tree_number")


@dataclass(slots=True)
class _Descriptor:
    id: str = ""
    name: str = ""
    numbers: list[str] = field(default_factory=list)
    synonyms: list[str] = field(default_factory=list)
    note: str = ""
    line: int = 0


def read_mesh(path: Path, issues: Issues) -> Tables:
    """The descriptors of MeSH.

    Args:
        path: one file, plain or compressed; or a folder, of which all tables with the columns above are read.
        issues: where to say what is wrong.

    Raises:
        OntologyError: a fatal rule is broken and the load is strict, or a file cannot be read.
        UnknownFormatError: there is nothing of MeSH.
    """
    files = sorted(one for one in path.iterdir() if ".tsv" in one.suffixes) if path.is_dir() else [path]
    reader = _Reader(Builder(Origin(path.name, "mesh"), place(path), issues), issues)
    with paused_gc():
        if not [file for file in files if reader.read(file)]:
            raise UnknownFormatError(Issue(NOT_MESH, place(path)))
        return reader.finish()


class _Reader:
    def __init__(self, builder: Builder, issues: Issues) -> None:
        self.builder, self.issues = builder, issues
        self.numbers: dict[str, str] = {}

    def read(self, path: Path) -> bool:
        """Take the descriptors of ``path``; whether it is a file of MeSH."""
        first = next((line for line in open_text(path, Issues("skip")) if line.strip()), "").strip()
        if first.startswith("<"):
            descriptors = self._from_xml(path)
        elif first == "*NEWRECORD":
            descriptors = self._from_ascii(path)
        elif first.split("\t") in ([*COLUMNS], [*COLUMNS[:2]]):
            descriptors = self._from_table(path)
        else:
            return False
        found = False
        for descriptor in descriptors:
            found = True
            if descriptor.id:
                self._add(descriptor, place(path))
            else:
                self.issues.add(Issue(NO_ID, place(path), descriptor.line, text=descriptor.name))
        return found

    def finish(self) -> Tables:
        for number, id in self.numbers.items():
            above = number.rpartition(".")[0]
            if above in self.numbers:
                self.builder.drafts[id].parents.append(self.numbers[above])
            elif above:
                self.builder.report(NO_PARENT, self.builder.drafts[id], number)
        return self.builder.finish()

    def _add(self, descriptor: _Descriptor, file: str) -> None:
        draft = self.builder.draft(descriptor.id, descriptor.line)
        for number in descriptor.numbers:
            if self.numbers.setdefault(number, draft.id) == draft.id:
                draft.aliases.append(number)
            else:
                detail = f"{draft.id} and {self.numbers[number]}"
                self.issues.add(Issue(NUMBER_TWICE, file, descriptor.line, text=number, detail=detail))
        terms = [(Role.LABEL, descriptor.name), (Role.DEFINITION, descriptor.note)]
        terms += ((Role.EXACT, synonym) for synonym in descriptor.synonyms)
        new = ((role, text, "en") for role, text in terms if text)
        draft.terms += (term for term in new if term not in draft.terms)

    def _from_table(self, path: Path) -> Iterator[_Descriptor]:
        width = 0
        for line, text in enumerate(open_text(path, self.issues), 1):
            row = text.split("\t")
            width = width or len(row)
            if len(row) != width:
                detail = f"{len(row)} columns, expected {width}"
                self.issues.add(Issue(BAD_ROW, place(path), line, text=text, detail=detail))
            elif line > 1:
                yield _Descriptor(row[0], row[1], [number for number in row[2:] if number], line=line)

    def _from_ascii(self, path: Path) -> Iterator[_Descriptor]:
        found: _Descriptor | None = None
        for line, text in enumerate(open_text(path, self.issues), 1):
            tag, _, value = (part.strip() for part in text.partition("="))
            if tag == "*NEWRECORD":
                if found:
                    yield found
                found = _Descriptor(line=line)
            elif found:
                _take(found, tag, value)
        if found:
            yield found

    def _from_xml(self, path: Path) -> Iterator[_Descriptor]:
        content = BytesIO(read_bytes(path, self.issues))
        try:
            for _, element in ET.iterparse(content):
                if element.tag == "DescriptorRecord":
                    yield _from_record(element)
                    element.clear()
        except ET.ParseError as error:
            line = error.position[0]
            raise OntologyError(Issue(BAD_XML, place(path), line, detail=str(error))) from error


def _take(descriptor: _Descriptor, tag: str, value: str) -> None:
    """What one line of the ASCII file says."""
    if tag == "UI":
        descriptor.id = value
    elif tag == "MH":
        descriptor.name = value
    elif tag == "MN":
        descriptor.numbers.append(value)
    elif tag == "MS":
        descriptor.note = value
    elif tag in ("ENTRY", "PRINT ENTRY"):
        descriptor.synonyms.append(value.partition("|")[0])


def _from_record(record: ET.Element) -> _Descriptor:
    name = record.findtext("DescriptorName/String", "").strip()
    terms = _texts(record.iterfind("ConceptList/Concept/TermList/Term/String"))
    preferred = record.find("ConceptList/Concept[@PreferredConceptYN='Y']")
    return _Descriptor(
        record.findtext("DescriptorUI", "").strip(),
        name,
        _texts(record.iterfind("TreeNumberList/TreeNumber")),
        [text for text in terms if text != name],
        "" if preferred is None else preferred.findtext("ScopeNote", "").strip(),
    )


def _texts(elements: Iterable[ET.Element]) -> list[str]:
    return [element.text.strip() for element in elements if element.text]
