"""What every verb shares: JSON or a table on stdout, everything else on stderr."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout, nothing else.")]

log = Console(stderr=True, highlight=False)
"""Progress and messages; stdout stays clean for results."""


def emit(result: Any, *, as_json: bool, table: Table | str | None = None) -> None:
    """Print ``result`` as one JSON document, or ``table`` for people."""
    if as_json:
        json.dump(_finite(result), sys.stdout, indent=2, ensure_ascii=False, default=str)
        sys.stdout.write("\n")
    elif table is not None:
        Console(highlight=False, markup=False).print(table)


def table_of(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A plain table; numbers are right-aligned."""
    body = [[*row] for row in rows]
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for i, column in enumerate(columns):
        numeric = bool(body) and all(isinstance(row[i], int | float) for row in body)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in body:
        table.add_row(*(f"{cell:.4f}" if isinstance(cell, float) else str(cell) for cell in row))
    return table


def _finite(value: Any) -> Any:
    """JSON has no NaN: such values become null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value
