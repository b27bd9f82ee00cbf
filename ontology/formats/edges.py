"""Tables of concepts and edges: CSV or TSV with a header, in the columns that people give them.

A row has the id of a concept, and may have its label, parents, synonyms and definition. Parents and synonyms
are separated by ``|``; a concept may have several rows. Rows of three ids, the second a relation, are edges.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from ...errors import OntologyError, UnknownFormatError
from ..builder import Builder, Draft
from ..issues import Issue, Issues, Rule, place
from ..tables import Kind, Origin, Role, Tables
from .curies import curie
from .gcpause import paused_gc
from .source import open_text

__all__ = ["read_edges"]

NO_ID_COLUMN = Rule("no-id-column", True, "a header without a column of ids", "name one of the columns id")
COLUMN_TWICE = Rule("duplicate-column", True, "two columns that mean the same", "rename or remove one")
COLUMN_COUNT = Rule("column-count", True, "a row with too few or too many columns", "repair or remove it")
BAD_CSV = Rule("bad-csv", True, "a field that breaks the rules of CSV", "repair its quotes")
NO_ID = Rule("missing-id", True, "a row without id", "give it one, or remove it")
UNKNOWN_COLUMN = Rule("unknown-column", False, "a column that is not read")
LABEL_FOR_ID = Rule("label-for-id", False, "a parent given by its label; taken as the concept of that name")

COLUMNS = {
    "id": "id child source subject code concept x",
    "label": "label name term lbl",
    "parent": "parent parents subclassof is_a isa target object superclass broader y",
    "relation": "relation predicate type property p",
    "synonyms": "synonyms synonym alt_labels exact_synonyms",
    "definition": "definition def description",
}
"""What columns mean, and how they are called; letters in any case, ``?`` and ``_id`` do not count."""

MEANING = {name: meaning for meaning, names in COLUMNS.items() for name in names.split()}
IS_A = {"", "is_a", "isa", "is-a", "subclassof", "subclass_of", "rdfs:subClassOf", "skos:broader", "parent"}


def read_edges(path: Path, issues: Issues) -> Tables:
    """The concepts of a table, plain or compressed; commas, semicolons or tabs between its columns.

    Where no column has labels, parents count as concepts without rows of their own.

    Raises:
        OntologyError: a fatal rule is broken and the load is strict, or the file cannot be read.
        UnknownFormatError: no column has ids.
    """
    with paused_gc():
        return _Reader(path, issues).read()


class _Reader:
    def __init__(self, path: Path, issues: Issues) -> None:
        self.path, self.issues = path, issues
        self.builder = Builder(Origin(path.name, "edges"), place(path), issues)
        self.column: dict[str, int] = {}

    def read(self) -> Tables:
        rows = self._rows()
        _, header = next(rows, (0, []))
        self._read_header(header)
        for line, row in rows:
            if len(row) == len(header):
                self._read_row(line, row)
            else:
                detail = f"{len(row)} columns, expected {len(header)}"
                self._report(COLUMN_COUNT, line, " ".join(row), detail)
        self._settle_parents()
        self._declare_relations()
        return self.builder.finish()

    def _report(self, rule: Rule, line: int, text: str, detail: str = "") -> None:
        self.issues.add(Issue(rule, place(self.path), line, text=text, detail=detail))

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """Rows that are not empty, each with the line where it ends."""
        lines = open_text(self.path, self.issues)
        first = next(lines, "")
        lines = chain((first,), lines)
        if "\t" in first:
            yield from ((line, _fields(text)) for line, text in enumerate(lines, 1) if text)
            return
        rows = csv.reader((f"{line}\n" for line in lines), delimiter=max(",;", key=first.count), strict=True)
        try:
            yield from ((rows.line_num, row) for row in rows if row)
        except csv.Error as error:
            issue = Issue(BAD_CSV, place(self.path), rows.line_num, detail=str(error))
            raise OntologyError(issue) from error

    def _read_header(self, header: list[str]) -> None:
        for number, title in enumerate(header):
            meaning = MEANING.get(title.strip().lstrip("?").lower().removesuffix("_id"))
            if meaning is None:
                self._report(UNKNOWN_COLUMN, 1, title)
            elif meaning in self.column:
                other = header[self.column[meaning]]
                self._report(COLUMN_TWICE, 1, title, f"{other} is read as {meaning}")
            else:
                self.column[meaning] = number
        if "id" not in self.column:
            detail = f"found {', '.join(header)}; an id may be called {COLUMNS['id'].replace(' ', ', ')}"
            raise UnknownFormatError(Issue(NO_ID_COLUMN, place(self.path), 1, detail=detail[:300]))

    def _read_row(self, line: int, row: list[str]) -> None:
        def cell(meaning: str) -> str:
            return row[self.column[meaning]].strip() if meaning in self.column else ""

        id = _id(cell("id"))
        if not id:
            self._report(NO_ID, line, " ".join(row))
            return
        draft = self.builder.draft(id, line)
        terms = [(Role.LABEL, cell("label")), (Role.DEFINITION, cell("definition"))]
        terms += ((Role.EXACT, synonym) for synonym in _several(cell("synonyms")))
        new = ((role, text, "") for role, text in terms if text)
        draft.terms += (term for term in new if term not in draft.terms)
        relation, parents = _id(cell("relation")), [_id(parent) for parent in _several(cell("parent"))]
        if relation in IS_A or relation.lower() in IS_A:
            draft.parents += parents
        else:
            draft.relations += ((relation, parent) for parent in parents)

    def _settle_parents(self) -> None:
        """Find parents that are given by label; declare those of a table without labels."""
        drafts = self.builder.drafts
        mentioned = {id for draft in drafts.values() for id in _mentioned(draft)} - drafts.keys()
        if "label" not in self.column:
            for id in sorted(mentioned):
                self.builder.draft(id)
            return
        named = _unique_labels(drafts.values())
        found = {label: named[label] for label in mentioned & named.keys()}
        for draft in drafts.values():
            for label in found.keys() & {*draft.parents}:
                self.builder.report(LABEL_FOR_ID, draft, label)
            draft.parents = [found.get(parent, parent) for parent in draft.parents]
            draft.relations = [(type_, found.get(target, target)) for type_, target in draft.relations]

    def _declare_relations(self) -> None:
        drafts = self.builder.drafts
        used = {type_ for draft in drafts.values() for type_, _ in draft.relations}
        for type_ in sorted(used - drafts.keys()):
            drafts[type_] = Draft(type_, kind=Kind.RELATION)


def _fields(text: str) -> list[str]:
    """The fields between tabs. Quotes count where they enclose a field; elsewhere they are text."""
    fields = text.split("\t")
    if '"' not in text:
        return fields
    return [
        field[1:-1].replace('""', '"') if len(field) > 1 and field[0] == field[-1] == '"' else field
        for field in fields
    ]


def _several(cell: str) -> list[str]:
    return [part for one in cell.split("|") if (part := one.strip())]


def _id(cell: str) -> str:
    """An id, an IRI as a CURIE; IRIs may stand in angle brackets."""
    return curie(cell[1:-1] if cell[:1] == "<" and cell[-1:] == ">" else cell)


def _mentioned(draft: Draft) -> Iterator[str]:
    return chain(draft.parents, (target for _, target in draft.relations))


def _unique_labels(drafts: Iterable[Draft]) -> dict[str, str]:
    """The concepts of labels that only one has."""
    labels = [(text, draft.id) for draft in drafts for role, text, _ in draft.terms if role == Role.LABEL]
    count = Counter(label for label, _ in labels)
    return {label: id for label, id in labels if count[label] == 1}
