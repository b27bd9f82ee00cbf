"""Names, descriptions and aliases of entities and relations, from tables and JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

from ..errors import ReadError
from .lines import Lines, plain_bytes, read_lines

Style = Literal["plain", "gloss"]


@dataclass(frozen=True)
class TextTable:
    """What one text file says, by label. An empty name is kept as an empty string."""

    names: dict[str, str] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, tuple[str, ...]] = field(default_factory=dict)


def read_names(path: Path, style: Style = "plain") -> TextTable:
    """Read ``label, name[, description]`` rows, or JSON of label → {label, description, alternatives}.

    Args:
        path: the file; tab-separated unless its name says ``.json``; either may be gzip.
        style: ``gloss`` splits a name such as “stool, solid excretory product” into name and description.

    Raises:
        ReadError: a malformed row, or one label with two different names.
    """
    table = _read_json(path) if ".json" in path.suffixes else _name_columns(read_lines(path))
    return _split_gloss(table) if style == "gloss" else table


def read_descriptions(path: Path) -> dict[str, str]:
    """Read ``label, text`` rows (the text may hold tabs), or the descriptions of a JSON file.

    Raises:
        ReadError: a malformed row, or one label with two different descriptions.
    """
    if ".json" in path.suffixes:
        return _read_json(path).descriptions
    lines = read_lines(path)
    found: dict[str, str] = {}
    for i, row in enumerate(_rows(lines, limit=1)):
        _set_once(found, row[0], row[1].strip(), lines, i)
    return found


def read_aliases(path: Path) -> dict[str, tuple[str, ...]]:
    """Read ``label, alias[, alias …]`` rows, or the alternatives of a JSON file; rows of one label add up.

    Raises:
        ReadError: a row without an alias.
    """
    if ".json" in path.suffixes:
        return _read_json(path).aliases
    found: dict[str, tuple[str, ...]] = {}
    for row in _rows(read_lines(path)):
        found[row[0]] = (*found.get(row[0], ()), *filter(None, map(str.strip, row[1:])))
    return found


def readable(label: str) -> str:
    """A label as words: the end of a URI, percent-decoded, with underscores turned to blanks.

    >>> readable("<http://dbpedia.org/resource/AC/DC>"), readable("western_africa")
    ('AC/DC', 'western africa')
    """
    text = label.strip("<>")
    if re.match(r"https?://", text):
        path = text.split("://", 1)[1].rstrip("/#")
        text = path.split("/resource/", 1)[-1] if "/resource/" in path else re.split(r"[/#]", path)[-1]
        text = unquote(text)
    return " ".join(text.replace("_", " ").split()) or label


def readable_relation(label: str) -> str:
    """A relation label as words: like ``readable``, and CamelCase is parted and lower-cased.

    >>> readable_relation("<http://dbpedia.org/ontology/formerBroadcastNetwork>")
    'former broadcast network'
    """
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", readable(label))
    return words.lower() if words != readable(label) else words


def _name_columns(lines: Lines) -> TextTable:
    table = TextTable()
    for i, row in enumerate(_rows(lines)):
        _set_once(table.names, row[0], row[1].strip(), lines, i)
        if len(row) > 2 and row[2].strip():
            table.descriptions[row[0]] = row[2].strip()
    return table


def _rows(lines: Lines, limit: int = -1) -> Sequence[list[str]]:
    rows = [line.split("\t", limit) for line in lines.text]
    for i, row in enumerate(rows):
        if len(row) < 2 or not row[0]:
            raise lines.error(
                i, "expected a label and its text, separated by a tab", "write: label, tab, text"
            )
    return rows


def _set_once(table: dict[str, str], label: str, text: str, lines: Lines, index: int) -> None:
    if table.setdefault(label, text) != text:
        problem = f"{label!r} has two different texts, {table[label]!r} before and {text!r} here"
        raise lines.error(index, problem, "keep one of them")


def _read_json(path: Path) -> TextTable:
    try:
        data = json.loads(plain_bytes(path))
    except ValueError as error:
        raise ReadError(path, getattr(error, "lineno", None), "is not JSON", fix="check the file") from None
    if not isinstance(data, dict) or not all(isinstance(entry, dict) for entry in data.values()):
        raise ReadError(
            path, None, "expected an object of label → {label, description}", fix="check the file"
        )
    table = TextTable()
    for label, entry in data.items():
        _fill(table, label, entry)
    return table


def _fill(table: TextTable, label: str, entry: Mapping[str, object]) -> None:
    if isinstance(name := entry.get("label"), str):
        table.names[label] = name.strip()
    if isinstance(description := entry.get("description"), str) and description.strip():
        table.descriptions[label] = description.strip()
    if isinstance(others := entry.get("alternatives"), list):
        table.aliases[label] = tuple(other for other in others if isinstance(other, str))


def _split_gloss(table: TextTable) -> TextTable:
    parts = {label: text.partition(", ") for label, text in table.names.items()}
    names = {label: name for label, (name, _, _) in parts.items()}
    glosses = {label: gloss for label, (_, _, gloss) in parts.items() if gloss}
    return TextTable(names, {**glosses, **table.descriptions}, table.aliases)
