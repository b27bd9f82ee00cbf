"""The data sets kgllm knows by name: files with sizes and hashes, licences, and how to read them."""

from __future__ import annotations

import difflib
import os
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..errors import DataError
from .config import Format

CATALOGUE = Path(__file__).with_name("catalogue.yaml")
Role = Literal[
    "train", "valid", "test", "entities", "relations", "names", "relation_names", "descriptions", "aliases"
]
TEXT_ROLES: tuple[Role, ...] = ("names", "relation_names", "descriptions", "aliases")


class CatalogueFile(BaseModel):
    """One file of a set. ``bytes`` and ``sha256`` describe its plain content."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    path: str
    """Path below the data folder, without ``.gz``."""
    bytes: int
    """Size of the plain content."""
    sha256: str
    """SHA-256 of the plain content."""
    url: str | None = None
    """Where it is downloaded from; null for files derived by hand."""
    member: str | None = None
    """Name inside the tar archive that ``url`` points at."""
    crlf: bool = False
    """Upstream has CRLF line ends; they are turned to LF before the hash is checked."""


class CatalogueSet(BaseModel):
    """One data set of the catalogue."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: str
    """What ``data.name`` says."""
    title: str
    """One line on what it is."""
    licence: str
    """Licences of content and repository."""
    cite: str
    """The publication to cite."""
    format: Format = "tsv"
    """Layout of the triples."""
    text_style: Literal["plain", "gloss", "label"] = "plain"
    """What the name files hold; ``label``: the labels themselves are the names."""
    missing_names: Literal["error", "id"] = "error"
    """Policy for entities without a name."""
    duplicate_names: Literal["error", "number", "keep"] = "error"
    """Policy for entities that share a name."""
    inductive_of: str | None = None
    """The set whose model is applied to this graph of new entities."""
    files: dict[Role, CatalogueFile] = Field(default_factory=dict)
    """The files by role; empty for sets that are built here."""


@cache
def catalogue(path: Path = CATALOGUE) -> dict[str, CatalogueSet]:
    """All sets by name, in the order of the file."""
    import yaml

    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {name: _entry(name, fields, raw["repositories"]) for name, fields in raw["sets"].items()}


def find_set(name: str) -> CatalogueSet:
    """The set of this name.

    Raises:
        DataError: no such set; the message names the nearest ones.
    """
    sets = catalogue()
    if name in sets:
        return sets[name]
    near = difflib.get_close_matches(name, sets, n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(near)}? " if near else ""
    raise DataError(f"{name!r} is neither a folder nor a set of the catalogue; {hint}see kgllm data list")


def cache_root() -> Path:
    """Where fetched, built and re-split sets are kept for this user."""
    from platformdirs import user_cache_path

    return user_cache_path("kgllm") / "data"


def data_roots() -> tuple[Path, ...]:
    """Folders searched for catalogue sets: ``KGLLM_DATA`` if it is set, then the user's cache."""
    shared = os.environ.get("KGLLM_DATA")
    return (Path(shared), cache_root()) if shared else (cache_root(),)


def local_files(entry: CatalogueSet) -> dict[Role, Path]:
    """The files of a set by role, from the first data root that has them, plain or gzip.

    A text file that cannot be downloaded (it has no URL) may be missing.

    Raises:
        DataError: no root has all needed files; the message names the first that is missing.
    """
    missing = Path()
    for root in data_roots():
        found = {
            role: path for role, file in entry.files.items() if (path := plain_or_gzip(root / file.path))
        }
        lacking = [
            root / file.path
            for role, file in entry.files.items()
            if role not in found and not (role in TEXT_ROLES and file.url is None)
        ]
        if not lacking:
            return found
        missing = lacking[0]
    raise DataError(
        f"{entry.name} is not on this machine ({missing} is missing); run: kgllm data fetch {entry.name}, "
        "or let KGLLM_DATA name the folder that has it"
    )


def plain_or_gzip(path: Path) -> Path | None:
    """``path``, or its ``.gz`` copy, whichever exists."""
    packed = path.with_name(path.name + ".gz")
    return path if path.is_file() else packed if packed.is_file() else None


def _entry(name: str, fields: dict[str, Any], repositories: dict[str, str]) -> CatalogueSet:
    files = {}
    for role, file in fields.get("files", {}).items():
        rest = dict(file)
        prefix, source = rest.pop("from", None), rest.pop("source", None)
        files[role] = {**rest, "url": repositories[prefix] + source if prefix else None}
    return CatalogueSet.model_validate({**fields, "name": name, "files": files})
