"""CSV tables with a mapping: which rows make nodes, and which columns make edges.

The mapping is a YAML file beside the tables::

    nulls: ["", "NULL"]
    nodes:
      - file: products.csv
        labels: [Product]
        id: "product/{productID}"
        properties: {productName: str, unitPrice: float, discontinued: bool}
    edges:
      - file: products.csv
        relation: PART_OF
        head: "product/{productID}"
        tail: "category/{categoryID}"

``{column}`` in an id stands for the cell. A row whose cells for an id are null makes no node and no edge.
"""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...errors import ReadError
from ..model import EDGE_COLUMNS, NODE_COLUMNS
from .records import Record, batches
from .source import Batches, Source

Type = Literal["bool", "int", "float", "str", "date"]

TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class Table(BaseModel):
    """What nodes and edges share: the file and the typed columns kept as properties."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    file: str
    properties: Mapping[str, Type] = Field(default_factory=dict)


class NodeTable(Table):
    """One node a row."""

    labels: tuple[str, ...]
    id: str


class EdgeTable(Table):
    """One edge a row; ``key`` tells parallel edges apart."""

    relation: str
    head: str
    tail: str
    key: str = ""


class Mapped(BaseModel):
    """The mapping file.

    ``nulls`` are the cells that hold no value; ``long_rows`` says whether cells beyond the header are an
    error or are cut off, as Neo4j's LOAD CSV does.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    nodes: tuple[NodeTable, ...]
    edges: tuple[EdgeTable, ...] = ()
    nulls: frozenset[str] = frozenset({""})
    long_rows: Literal["error", "cut"] = "error"


def read_tables(mapping: Path, folder: Path | None = None) -> Source:
    """The graph that ``mapping`` makes of the tables in ``folder``, by default the mapping's own.

    Raises:
        ReadError: the mapping is not valid, a table lacks a column, or a cell does not fit its type.
    """
    mapped = _mapping(mapping)
    root = folder or mapping.parent

    def nodes() -> Batches:
        for table in mapped.nodes:
            yield from batches(_nodes(root / table.file, table, mapped), NODE_COLUMNS, table.properties)

    def edges() -> Batches:
        for table in mapped.edges:
            yield from batches(_edges(root / table.file, table, mapped), EDGE_COLUMNS, table.properties)

    return Source(mapping.stem, nodes, edges)


def _mapping(path: Path) -> Mapped:
    import yaml

    try:
        return Mapped.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise ReadError(
            path, None, f"not YAML: {error}", fix="see the data formats in the documentation"
        ) from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ReadError(
            path, None, f"{where or 'the mapping'}: {first['msg']}", fix="mend the mapping"
        ) from None


def _nodes(path: Path, table: NodeTable, mapped: Mapped) -> Iterator[Record]:
    for line, row in _rows(path, mapped, _columns(table.id) | set(table.properties)):
        identity = _filled(table.id, row)
        if identity is not None:
            fixed = {"id": identity, "labels": list(table.labels)}
            yield Record(line, fixed, _typed(path, line, row, table.properties))


def _edges(path: Path, table: EdgeTable, mapped: Mapped) -> Iterator[Record]:
    needed = _columns(table.head) | _columns(table.tail) | _columns(table.key) | set(table.properties)
    for line, row in _rows(path, mapped, needed):
        head, tail, key = (_filled(template, row) for template in (table.head, table.tail, table.key))
        if head is not None and tail is not None:
            fixed = {"head": head, "relation": table.relation, "tail": tail, "key": key or ""}
            yield Record(line, fixed, _typed(path, line, row, table.properties))


Row = dict[str, str | None]


def _rows(path: Path, mapped: Mapped, needed: set[str]) -> Iterator[tuple[int, Row]]:
    if not path.exists():
        raise ReadError(path, None, "the table is missing", fix="the mapping names it; put it there")
    opened: Callable[..., Any] = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        header = next(rows, [])
        if missing := sorted(needed - set(header)):
            problem = f"no column {missing[0]!r}"
            raise ReadError(path, 1, problem, text=", ".join(header), fix="name one of the columns it has")
        for cells in rows:
            if cells:
                if len(cells) < len(header) or (len(cells) > len(header) and mapped.long_rows == "error"):
                    problem = f"expected {len(header)} cells, found {len(cells)}"
                    fix = "quote cells that hold commas, or set long_rows: cut"
                    raise ReadError(path, rows.line_num, problem, text=",".join(cells), fix=fix)
                values = (None if cell in mapped.nulls else cell for cell in cells)
                yield rows.line_num, dict(zip(header, values, strict=False))


def _columns(template: str) -> set[str]:
    return set(re.findall(r"{([^{}]+)}", template))


def _filled(template: str, row: Row) -> str | None:
    """The template with its cells, or None when one of them is null."""
    if any(row[column] is None for column in _columns(template)):
        return None
    return re.sub(r"{([^{}]+)}", lambda match: str(row[match[1]]), template)


def _typed(path: Path, line: int, row: Row, types: Mapping[str, Type]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, kind in types.items():
        cell = row[name]
        if cell is not None:
            try:
                found[name] = _PARSE[kind](cell)
            except (ValueError, KeyError):
                problem = f"column {name!r} should hold a value of type {kind}"
                raise ReadError(
                    path, line, problem, text=cell, fix="change the cell or the mapping"
                ) from None
    return found


_PARSE: dict[str, Callable[[str], Any]] = {
    "bool": lambda cell: TRUTH[cell.strip().lower()],
    "int": int,
    "float": float,
    "str": str,
    "date": lambda cell: date.fromisoformat(cell[:10]),
}
