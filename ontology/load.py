"""Ontologies from files of any format that is known here, by their content."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from ..errors import ConfigError
from .formats.detect import detect
from .issues import Issues, OnError
from .ontology import Ontology
from .rf2.current import Progress, Rf2Options
from .store import META
from .tables import Tables

__all__ = ["READERS", "ReadOptions", "load"]

AUTO = "auto"

READERS = {
    "rf2": "rf2.load:load_rf2",
    "obo": "formats.obo:read_obo",
    "owl": "formats.owl:read_owl",
    "obographs": "formats.obographs:read_obographs",
    "skos": "formats.skos:read_skos",
    "rrf": "formats.rrf:read_rrf",
    "mesh": "formats.mesh:read_mesh",
    "wordnet": "formats.wordnet:read_wordnet",
    "edges": "formats.edges:read_edges",
}
"""Format → module and function that reads it, from a path to tables."""

OPTIONS = {
    "obo": ("without_snomed",),
    "owl": ("without_snomed",),
    "obographs": ("without_snomed",),
    "skos": ("without_snomed",),
    "rrf": ("sources", "without_snomed"),
}
"""What of :class:`ReadOptions` a reader takes, by its name there."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What to read of some formats.

    Args:
        rf2: which state of a release.
        sources: which sources of UMLS, by the abbreviation in SAB; empty for all.
        without_snomed: leave out cross references to SNOMED CT, whose codes are licensed.
        progress: called while a release is read with the bytes that were read, the bytes to read, and the
            file that is read next.
    """

    rf2: Rf2Options = field(default_factory=Rf2Options)
    sources: tuple[str, ...] = ()
    without_snomed: bool = False
    progress: Progress | None = None


def load(
    path: Path | str, format: str = AUTO, on_error: OnError = "strict", options: ReadOptions | None = None
) -> Ontology:
    """Read an ontology.

    Args:
        path: a file, plain or compressed, a folder, or a zip file; the folder of a store is opened.
        format: a key of :data:`READERS`; ``auto`` looks at the content.
        on_error: what to do about faults that a strict load refuses; see :class:`.issues.Issues`.
        options: what to read.

    Raises:
        NotFoundError: there is no such file.
        UnknownFormatError: it is in no format that can be read, or not in ``format``.
        ConfigError: there is no such format.
        OntologyError: the file breaks a fatal rule.
    """
    path = Path(path)
    if format not in (AUTO, *READERS):
        raise ConfigError(f"unknown format {format!r}; expected one of {', '.join((AUTO, *READERS))}")
    if format == AUTO and (path / META).is_file():
        return Ontology.open(path)
    issues = Issues(on_error)
    tables = _read(detect(path) if format == AUTO else format, path, issues, options or ReadOptions())
    return Ontology(tables, issues)


def _read(format: str, path: Path, issues: Issues, options: ReadOptions) -> Tables:
    module, _, name = READERS[format].partition(":")
    read: Any = getattr(import_module(f".{module}", __package__), name)
    tables: Tables
    if format == "rf2":
        tables = read(path, options.rf2, issues, options.progress)
    else:
        tables = read(path, issues, **{name: getattr(options, name) for name in OPTIONS.get(format, ())})
    return tables
