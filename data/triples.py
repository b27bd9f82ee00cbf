"""Triples from files: three columns of labels, or OpenKE-style ids.

Every reader works on whole columns, and looks at single lines only to name the first bad one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Literal

import numpy as np

from ..errors import ReadError
from ..kg.vocab import Vocab
from .dataset import Triples
from .lines import Lines

SEPARATORS = {"tsv": "\t", "pipe": "|"}
_HEADERS = (
    {"head", "relation", "tail"},
    {"subject", "predicate", "object"},
    {"subject", "relation", "object"},
)
Kind = Literal["tsv", "pipe", "openke"]


def sniff(lines: Lines) -> Kind:
    """The format of a file of triples, from its name and first line.

    Raises:
        ReadError: the first line has neither three columns nor three ids.
    """
    if "2id" in lines.form.path.name:
        return "openke"
    first = lines.text[0]
    if first.count("\t") == 2:
        return "tsv"
    if first.count("|") == 2:
        return "pipe"
    fields = first.split()
    if len(fields) in (1, 3) and all(map(_is_id, fields)):
        return "openke"
    raise lines.error(
        0,
        "expected three columns separated by tabs or '|', or three ids",
        "separate head, relation and tail by tabs",
    )


def label_columns(lines: Lines, separator: str) -> tuple[Lines, list[str]]:
    """The 3n fields of a file of labels, row by row, and the lines they stand on (header skipped).

    Raises:
        ReadError: a line has not exactly three columns, or an empty one.
    """
    if {field.strip().lower() for field in lines.text[0].split(separator)} in _HEADERS:
        lines = lines.without_first()
    for i, line in enumerate(lines.text):
        if line.count(separator) != 2:
            found = f"found {line.count(separator) + 1} columns separated by {separator!r}"
            problem = f"{found}, expected 3 (head, relation, tail)"
            raise lines.error(i, problem, "remove the separator from names, or check data.format")
    fields = separator.join(lines.text).split(separator) if lines.text else []
    if "" in fields:
        raise lines.error(fields.index("") // 3, "a column is empty", "give head, relation and tail")
    return lines, fields


def to_ids(lines: Lines, fields: Sequence[str], entities: Vocab, relations: Vocab) -> Triples:
    """(n, 3) ids of the fields of ``label_columns``.

    Raises:
        ReadError: a label is not in its dictionary.
    """
    entity, relation = ({label: i for i, label in enumerate(vocab)} for vocab in (entities, relations))
    out = np.empty((len(fields) // 3, 3), dtype=np.int64)
    try:
        for column, table in enumerate((entity, relation, entity)):
            out[:, column] = [table[label] for label in fields[column::3]]
    except KeyError:
        bad = next(i for i, label in enumerate(fields) if label not in (relation if i % 3 == 1 else entity))
        kind = "relation" if bad % 3 == 1 else "entity"
        problem = f"{kind} {fields[bad]!r} is not in the dictionary"
        raise lines.error(bad // 3, problem, f"add it to the {kind} dictionary") from None
    return out


def id_columns(lines: Lines) -> tuple[Lines, Triples]:
    """(n, 3) ids in the order of the file, and the lines they stand on (count line skipped).

    Raises:
        ReadError: a line is not three whole numbers, or the count line is wrong.
    """
    lines = _without_count(lines)
    rows = [line.split() for line in lines.text]
    for i, row in enumerate(rows):
        if len(row) != 3:
            raise lines.error(i, f"found {len(row)} fields, expected 3 ids", "check data.format")
    try:
        flat = np.fromiter(map(int, chain.from_iterable(rows)), dtype=np.int64, count=3 * len(rows))
    except (ValueError, OverflowError):
        bad = next(i for i, row in enumerate(rows) if not all(map(_is_id, row)))
        raise lines.error(bad, "ids must be whole numbers from 0", "check data.format") from None
    return lines, flat.reshape(-1, 3)


def order_ids(
    files: Sequence[tuple[Lines, Triples]], entities: int, relations: int, wanted: str
) -> list[Triples]:
    """The id columns of all files as head, relation, tail.

    Args:
        files: lines and (n, 3) ids in the order of the files.
        entities, relations: sizes of the two dictionaries.
        wanted: ``openke-htr``, ``openke-hrt``, or ``openke`` for the one order that the ids allow.

    Raises:
        ReadError: an id is out of range, or both orders are possible.
    """
    top = np.max([ids.max(axis=0, initial=-1) for _, ids in files], axis=0)
    order = wanted.removeprefix("openke-")
    if wanted == "openke":
        fits = [name for name, column in (("htr", 2), ("hrt", 1)) if top[column] < relations]
        if len(fits) == 2:
            fix = "set data.format to openke-htr or openke-hrt"
            raise ReadError(files[0][0].form.path, None, "the ids fit both column orders", fix=fix)
        order = fits[0] if fits else "htr"
    columns = [0, 2, 1] if order == "htr" else [0, 1, 2]
    for lines, ids in files:
        _check_range(lines, ids[:, columns], entities, relations, order)
    return [np.ascontiguousarray(ids[:, columns]) for _, ids in files]


def _check_range(lines: Lines, triples: Triples, entities: int, relations: int, order: str) -> None:
    sizes = np.array([entities, relations, entities])
    bad = np.argwhere((triples < 0) | (triples >= sizes))
    if len(bad):
        row, column = bad[0]
        kind = "relation" if column == 1 else "entity"
        swap = " (are relation and tail swapped?)" if column == 1 else ""
        problem = f"{kind} id {triples[row, column]} is not below {sizes[column]}{swap}"
        other = "openke-hrt" if order == "htr" else "openke-htr"
        raise lines.error(int(row), problem, f"check the dictionary, or set data.format={other}")


def read_dictionary(lines: Lines) -> Vocab:
    """Labels in id order: one label a line, or ``label id`` in any order of ids, with or without a count.

    Raises:
        ReadError: ids are not 0 … n−1, a label occurs twice, or the count line is wrong.
    """
    if "2id" in lines.form.path.name:
        return _id_dictionary(_without_count(lines))
    _check_distinct(lines, lines.text)
    return Vocab(lines.text)


def _id_dictionary(lines: Lines) -> Vocab:
    labels = [""] * len(lines)
    for i, line in enumerate(lines.text):
        parts = line.rsplit("\t", 1) if "\t" in line else line.rsplit(None, 1)
        if len(parts) != 2 or not _is_id(parts[1]):
            raise lines.error(i, "expected a label and its id", "write: label, tab, id")
        index = int(parts[1])
        if index >= len(labels) or labels[index]:
            raise lines.error(
                i, f"id {index} occurs twice or is not below {len(labels)}", "number from 0 without gaps"
            )
        labels[index] = parts[0]
    _check_distinct(lines, labels)
    return Vocab(labels)


def _check_distinct(lines: Lines, labels: Sequence[str]) -> None:
    if len(set(labels)) == len(labels):
        return
    seen: set[str] = set()
    for label in labels:
        if label in seen:
            raise ReadError(lines.form.path, None, f"label {label!r} occurs twice", fix="keep one of them")
        seen.add(label)


def _without_count(lines: Lines) -> Lines:
    """Drop a first line that is one number and says how many lines follow."""
    if not lines.text or not _is_id(lines.text[0].strip()):
        return lines
    if int(lines.text[0]) != len(lines) - 1:
        problem = f"the count line says {lines.text[0].strip()}, but {len(lines) - 1} lines follow"
        raise lines.error(0, problem, "fetch the file again, or correct the count")
    return lines.without_first()


def _is_id(field: str) -> bool:
    return field.isascii() and field.isdigit() and len(field) < 19  # fits int64
