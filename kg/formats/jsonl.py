"""JSON lines: a folder with ``nodes*.jsonl`` and ``edges*.jsonl``, plain or gzip.

    {"id": "Keanu", "labels": ["Person"], "properties": {"name": "Keanu Reeves"}}
    {"start": "Keanu", "type": "ACTED_IN", "end": "TheMatrix", "properties": {"roles": ["Neo"]}}

An edge may also say ``head``, ``relation``, ``tail``; ``key`` tells parallel edges apart.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...errors import ReadError
from ..model import EDGE_COLUMNS, NODE_COLUMNS
from .records import Record, batches, typed
from .source import Batches, Source

NODE_FIELDS = {"id": ("id",), "labels": ("labels", "label")}
EDGE_FIELDS = {
    "head": ("start", "head", "source"),
    "relation": ("type", "relation", "label"),
    "tail": ("end", "tail", "target"),
    "key": ("key",),
}
"""column → the fields it may stand under."""

OPTIONAL = {"labels": list, "key": str}
"""columns that may be missing, and what makes their value."""


def read_jsonl(folder: Path) -> Source:
    """The graph in the JSON lines of ``folder``.

    Every file is read twice: once for the types of its properties, once for its records.

    Raises:
        ReadError: a line is no JSON object, lacks a field, or has a property of a type that does not fit.
    """

    def nodes() -> Batches:
        return _read(folder, "nodes", NODE_FIELDS)

    def edges() -> Batches:
        return _read(folder, "edges", EDGE_FIELDS)

    return Source(folder.name, nodes, edges)


def _read(folder: Path, kind: str, fields: dict[str, tuple[str, ...]]) -> Batches:
    columns = NODE_COLUMNS if kind == "nodes" else EDGE_COLUMNS
    for path in sorted(folder.glob(f"{kind}*.jsonl*")):

        def records(path: Path = path) -> Iterator[Record]:
            return _records(path, fields)

        yield from batches(records(), columns, typed(path, records))


def _records(path: Path, fields: dict[str, tuple[str, ...]]) -> Iterator[Record]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                document = _object(path, number, line)
                fixed = {name: _field(path, number, document, name, under) for name, under in fields.items()}
                properties = document.get("properties", {})
                if not isinstance(properties, dict):
                    raise ReadError(path, number, "expected an object under 'properties'", text=line)
                yield Record(number, fixed, properties)


def _object(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        document = json.loads(line)
    except json.JSONDecodeError as error:
        raise ReadError(path, number, f"not JSON: {error.msg}", text=line) from None
    if not isinstance(document, dict):
        raise ReadError(path, number, "expected one JSON object a line", text=line)
    return document


def _field(path: Path, number: int, document: dict[str, Any], name: str, under: tuple[str, ...]) -> object:
    found = next((document[key] for key in under if document.get(key) is not None), None)
    if found is None:
        if name in OPTIONAL:
            return OPTIONAL[name]()
        raise ReadError(
            path, number, f"no {name}", text=str(document), fix=f"expected the field {under[0]!r}"
        )
    if name == "labels":
        found = [found] if isinstance(found, str) else found
        right = isinstance(found, list) and all(isinstance(label, str) for label in found)
    else:
        right = isinstance(found, str)
    if not right:
        raise ReadError(path, number, f"{name} is no text", text=str(found), fix="write it in quotes")
    return found
