"""Which reader a path needs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ...errors import NotFoundError, ReadError
from .source import Source

RDF_SUFFIXES = (".ttl", ".nt", ".nq", ".rdf", ".owl", ".xml", ".trig", ".jsonld", ".n3")


def is_graph(path: Path) -> bool:
    """Whether :func:`read_graph` knows what to do with ``path``."""
    return path.exists() and _reader(path) is not None


def read_graph(path: Path) -> Source:
    """The graph in ``path``, by what lies there.

    A folder with ``nodes*.parquet``, a folder with ``nodes*.jsonl`` (also ``.gz``), a mapping of CSV tables
    (``.yaml``), a GraphML file, or an RDF file.

    Raises:
        NotFoundError: there is no such file or folder.
        ReadError: nothing there is a graph that can be read.
    """
    if not path.exists():
        raise NotFoundError(f"{path} does not exist; expected a file or folder with a graph")
    reader = _reader(path)
    if reader is None:
        fix = "expected a folder with nodes*.parquet or nodes*.jsonl, a .yaml mapping, .graphml or RDF"
        raise ReadError(path, None, "no graph found", fix=fix)
    return reader(path)


def _reader(path: Path) -> Callable[[Path], Source] | None:
    return _folder_reader(path) if path.is_dir() else _file_reader(path)


def _folder_reader(path: Path) -> Callable[[Path], Source] | None:
    if any(path.glob("nodes*.parquet")):
        from .parquet import read_parquet

        return read_parquet
    if any(path.glob("nodes*.jsonl*")):
        from .jsonl import read_jsonl

        return read_jsonl
    return None


def _file_reader(path: Path) -> Callable[[Path], Source] | None:
    suffix = path.name.removesuffix(".gz").rpartition(".")[2].lower()
    if suffix in ("yaml", "yml"):
        from .tables import read_tables

        return read_tables
    if suffix == "graphml":
        from .graphml import read_graphml

        return read_graphml
    if f".{suffix}" in RDF_SUFFIXES:
        from .rdf import read_rdf

        return read_rdf
    return None
