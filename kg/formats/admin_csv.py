"""The CSV files of ``neo4j-admin database import``, for graphs too large to send over the wire.

``nodes.csv`` has the header ``id:ID,:LABEL,name:string,…``, ``edges.csv`` has ``:START_ID,:TYPE,:END_ID,…``;
lists are joined by ``;``, as the importer expects by default.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from ...errors import DataError
from ..model import ENTITY
from ..store import GraphStore
from .folder import new_folder

DELIMITER = ";"
TYPES = {
    pa.bool_(): "boolean",
    pa.int64(): "long",
    pa.float64(): "double",
    pa.string(): "string",
    pa.date32(): "date",
    pa.list_(pa.string()): "string[]",
}
"""Arrow type → the importer's word for it."""

HEADERS = {"id": "id:ID", "labels": ":LABEL", "head": ":START_ID", "relation": ":TYPE", "tail": ":END_ID"}
"""column → its header; ``key`` becomes the property ``_key``, as in the Neo4j store."""


def write_admin_csv(store: GraphStore, folder: Path) -> None:
    """Write ``store`` to ``folder`` as ``nodes.csv`` and ``edges.csv``.

    Import them with ``neo4j-admin database import full --nodes=nodes.csv --relationships=edges.csv``.

    Raises:
        DataError: a list or label holds ``;``, which the importer would cut it at.
        StoreError: ``folder`` exists already.
    """
    with new_folder(folder) as draft:
        _write(draft / "nodes.csv", store.scan_nodes())
        _write(draft / "edges.csv", store.scan_edges())


def _write(path: Path, batches: Iterable[pa.RecordBatch]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        for number, batch in enumerate(batches):
            if number == 0:
                rows.writerow([_header(column) for column in batch.schema])
            for row in batch.to_pylist():
                rows.writerow([_cell(name, value) for name, value in row.items()])


def _header(column: pa.Field) -> str:
    if column.name == "key":
        return "_key:string"
    return HEADERS.get(column.name) or f"{column.name}:{TYPES[column.type]}"


def _cell(name: str, value: Any) -> Any:
    if name == "labels":
        return _joined(name, [ENTITY, *(value or [])])
    if isinstance(value, list):
        return _joined(name, value)
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else value


def _joined(name: str, values: list[str]) -> str:
    if bad := next((value for value in values if DELIMITER in value), None):
        raise DataError(
            f"{name} holds {bad!r} with {DELIMITER!r}, which neo4j-admin splits at; export to parquet"
        )
    return DELIMITER.join(values)
