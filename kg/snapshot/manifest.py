"""What a generation holds, and how to know that its files are whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from ... import __version__
from ...errors import StoreCorruptError, StoreError
from ..disk import sha256_of
from ..model import PROPERTY_TYPES

MANIFEST = "manifest.json"
FORMAT = 1

REMEDY = "restore the folder from a backup, or load the data again"

Kind = Literal["nodes", "edges"]


@dataclass(frozen=True, slots=True)
class FileInfo:
    """One Parquet file of a generation: what it holds, rows, bytes, and hexadecimal SHA-256."""

    name: str
    kind: Kind
    rows: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """A generation.

    Attributes:
        generation: its number.
        sequence: the last change that is part of its files.
        node_types, edge_types: property name → type name, sorted by name.
        files: in the order of their rows.
        kgllm: version of the package that wrote it.
    """

    generation: int
    sequence: int
    node_types: Mapping[str, str]
    edge_types: Mapping[str, str]
    files: tuple[FileInfo, ...]
    kgllm: str = __version__

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return sum(file.rows for file in self.files if file.kind == "nodes")

    @property
    def edges(self) -> int:
        """Number of edges."""
        return sum(file.rows for file in self.files if file.kind == "edges")

    @property
    def schema_hash(self) -> str:
        """SHA-256 of the property names and types: equal hashes, equal columns."""
        return _hash([dict(self.node_types), dict(self.edge_types)])

    @property
    def content_hash(self) -> str:
        """SHA-256 of schema and files: equal hashes, equal graph."""
        return _hash([self.schema_hash, [(file.kind, file.sha256) for file in self.files]])

    def to_json(self) -> dict[str, Any]:
        """The manifest as plain data, with the hashes and a checksum over all of it."""
        data = {
            "format": FORMAT,
            "kgllm": self.kgllm,
            "generation": self.generation,
            "sequence": self.sequence,
            "nodes": self.nodes,
            "edges": self.edges,
            "node_types": dict(self.node_types),
            "edge_types": dict(self.edge_types),
            "schema": self.schema_hash,
            "content": self.content_hash,
            "files": [asdict(file) for file in self.files],
        }
        return {**data, "checksum": _hash(data)}

    def check_sizes(self, folder: Path) -> None:
        """Compare the files in ``folder`` with the list by size only; takes no time.

        Raises:
            StoreCorruptError: a file is missing or of another size.
        """
        for file in self.files:
            path = folder / file.name
            found = path.stat().st_size if path.is_file() else None
            if found != file.size:
                shown = "is missing" if found is None else f"has {found:,} bytes"
                raise StoreCorruptError(f"{path} {shown}, {file.size:,} expected; {REMEDY}")

    def verify(self, folder: Path) -> None:
        """Read all files and compare their checksums.

        Raises:
            StoreCorruptError: files are missing or damaged; it names each.
        """
        self.check_sizes(folder)
        damaged = [file.name for file in self.files if sha256_of(folder / file.name) != file.sha256]
        if damaged:
            raise StoreCorruptError(f"{folder}: {', '.join(damaged)}: bytes have changed on disk; {REMEDY}")


def read_manifest(path: Path, text: str) -> Manifest:
    """The manifest that ``text`` of the file ``path`` holds.

    Raises:
        StoreError: a newer version of kgllm wrote it.
        StoreCorruptError: it is damaged.
    """
    try:
        data = json.loads(text)
        found = int(data["format"])
        if found > FORMAT:
            raise StoreError(f"{path} has format {found}; expected at most {FORMAT}; install a newer kgllm")
        manifest = Manifest(
            data["generation"],
            data["sequence"],
            data["node_types"],
            data["edge_types"],
            tuple(FileInfo(**file) for file in data["files"]),
            data["kgllm"],
        )
        whole = manifest.to_json() == data
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreCorruptError(f"{path} is no manifest ({error}); {REMEDY}") from error
    known = {*manifest.node_types.values(), *manifest.edge_types.values()} <= PROPERTY_TYPES.keys()
    if not (whole and known):
        raise StoreCorruptError(f"{path} contradicts its checksum; {REMEDY}")
    return manifest


def _hash(data: object) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
