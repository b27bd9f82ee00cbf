"""An ontology as two tables: ``concepts.tsv``, which can be read again, and ``edges.tsv``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from ...kg.formats.folder import new_folder
from ...kg.formats.source import Batches
from ..tables import Tables
from .graph import IS_A, graph_source
from .options import ExportOptions

__all__ = ["write_edges"]

CONCEPTS = "id", "label", "parents", "synonyms", "definition"
EDGES = "head", "relation", "tail", "key"
BREAKS = str.maketrans("\t\r\n", "   ")


def write_edges(tables: Tables, folder: Path, options: ExportOptions | None = None) -> None:
    """Write the active concepts, and the edges of :mod:`.graph`, each with a header.

    Parents and synonyms are separated by ``|``. A tab or a line break inside a text becomes a blank, a ``|``
    inside a synonym ``/``.

    Raises:
        LicenceError: the content is licensed and the options do not allow it.
        StoreError: ``folder`` exists already.
    """
    source = graph_source(tables, options)
    parents: dict[str, list[str]] = {}
    with new_folder(folder) as draft:
        with (draft / "edges.tsv").open("w", encoding="utf-8", newline="") as file:
            _write(file, EDGES)
            for row in _rows(source.edges()):
                _write(file, row.values())
                if row["relation"] == IS_A:
                    parents.setdefault(row["head"], []).append(row["tail"])
        with (draft / "concepts.tsv").open("w", encoding="utf-8", newline="") as file:
            _write(file, CONCEPTS)
            for row in _rows(source.nodes()):
                above = "|".join(parents.get(row["id"], ()))
                synonyms = "|".join(one.replace("|", "/") for one in row["synonyms"] or ())
                _write(file, (row["id"], row["name"], above, synonyms, row["definition"] or ""))


def _rows(batches: Batches) -> Iterator[dict[str, Any]]:
    for batch in batches:
        yield from batch.to_pylist()


def _write(file: IO[str], cells: Iterable[str]) -> None:
    file.write("\t".join(cell.translate(BREAKS) for cell in cells) + "\n")
