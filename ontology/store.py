"""Ontologies in a folder: one file of arrays, which is mapped into memory, and ``meta.json``, which names it.

The arrays' file is called by a hash of the content. A save writes the new arrays beside the old ones, then
replaces ``meta.json`` in one step, then removes the old arrays: whoever reads, and whenever the writer is
killed, there is one whole ontology. Licensed content carries a ``LICENSE-NOTICE``.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import NotFoundError, StoreBusyError, StoreCorruptError, StoreError
from ..kg.arrayfile import open_arrays, save_arrays, verify_arrays
from ..kg.atomic import replacing
from ..kg.disk import disk_errors
from .ids import Ids, IntIds, TextIds
from .issues import SHOWN, Issue, Issues, Rule
from .strings import Strings
from .tables import (
    Aliases,
    Axioms,
    Concepts,
    History,
    IsA,
    Maps,
    Members,
    Origin,
    Relations,
    Tables,
    Terms,
    Values,
    Xrefs,
    columns,
)

FORMAT = 1
"""Version of the layout of the folder and of the columns."""

KIND = "ontology"
META, NOTICE = "meta.json", "LICENSE-NOTICE"
NOTICE_TEXT = """\
This folder holds content of {name}, which its owner licenses.
Whoever gets it needs a licence of their own. Do not publish it, nor what is made from it and still shows it.
"""

PARTS: dict[str, type[Any]] = {
    "concepts": Concepts,
    "terms": Terms,
    "isa": IsA,
    "relations": Relations,
    "values": Values,
    "history": History,
    "aliases": Aliases,
    "xrefs": Xrefs,
    "maps": Maps,
    "members": Members,
    "axioms": Axioms,
}
"""The tables that are saved, by their name in :class:`~.tables.Tables`."""

KEYS = {"arrays", "dialects", "hash", "issues", "languages", "origin", "schemes"}
"""What ``meta.json`` has to have beside its format."""

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Stored:
    """An ontology that lies in a folder.

    ``issues`` are those found when it was loaded: all counts, and of each rule the first
    :data:`~.issues.SHOWN` places.
    """

    tables: Tables
    issues: Issues
    folder: Path
    hash: str


def save(tables: Tables, issues: Issues, folder: Path) -> Stored:
    """Write an ontology to ``folder``; what stood there is replaced in one step.

    Raises:
        StoreError: ``folder`` holds something else.
        StoreBusyError: somebody else writes there.
        DiskFullError: there is no space; what stood there stays.
    """
    arrays = _arrays(tables)
    meta = _described(tables)
    meta["hash"] = _hash(meta, arrays)
    meta["arrays"] = file_name(KIND, meta["hash"])
    meta["issues"] = _shown(issues)
    with writing(folder):
        _check_owner(folder)
        save_arrays(folder / meta["arrays"], KIND, arrays, meta["hash"])
        if tables.origin.licensed:
            _write(folder / NOTICE, NOTICE_TEXT.format(name=tables.origin.name))
        _write(folder / META, json.dumps({"format": FORMAT, **meta}, indent=1, ensure_ascii=False) + "\n")
        _clean(folder, meta["hash"], {META, NOTICE} if tables.origin.licensed else {META})
    return Stored(tables, issues, folder, meta["hash"])


def open_store(folder: Path) -> Stored:
    """The ontology in ``folder``; its arrays are read when they are used: see :func:`verify`.

    Raises:
        NotFoundError: there is none.
        StoreCorruptError: its files are damaged or of another version; load it anew.
    """
    meta = _meta(folder)
    while True:
        try:
            arrays = open_arrays(folder / meta["arrays"], KIND, meta["hash"])
        except NotFoundError:  # a save may have replaced it just now
            before, meta = meta, _meta(folder)
            if meta == before:
                raise StoreCorruptError(f"{folder} has no file {meta['arrays']}; load it anew") from None
        else:
            return Stored(_tables(folder, meta, arrays), _issues(meta["issues"]), folder, meta["hash"])


def verify(folder: Path) -> None:
    """Read all of the ontology in ``folder`` and compare its check sums.

    Raises:
        NotFoundError: there is none.
        StoreCorruptError: a sum differs.
    """
    verify_arrays(folder / _meta(folder)["arrays"])


def file_name(kind: str, hash: str) -> str:
    """What a file is called that holds arrays of the content with this hash."""
    return f"{kind}-{hash[:16]}.arrays"


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Be the only one who writes to ``folder``, which is made if it is missing.

    Raises:
        StoreBusyError: somebody else writes there.
        StoreError: it cannot be made.
    """
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreBusyError(f"somebody else writes to {folder}; try again when it is done") from None
        yield
    finally:
        os.close(handle)


def _arrays(tables: Tables) -> Arrays:
    """All columns of all tables by name: ``terms.concept``."""
    found = tables.ids.arrays()
    for part in PARTS:
        found |= {f"{part}.{name}": array for name, array in columns(getattr(tables, part)).items()}
    return found


def _described(tables: Tables) -> dict[str, Any]:
    """What is known beside the arrays."""
    counts = {part: _rows(getattr(tables, part)) for part in PARTS}
    return {
        "origin": asdict(tables.origin),
        "languages": tables.languages,
        "dialects": tables.dialects,
        "schemes": tables.schemes,
        "counts": {**counts, "active": int(np.count_nonzero(tables.concepts.active))},
    }


def _rows(part: Any) -> int:
    return next(len(array) for name, array in columns(part).items() if "." not in name)


def _hash(meta: Mapping[str, Any], arrays: Arrays) -> str:
    """Hexadecimal SHA-256 of the content."""
    found = hashlib.sha256(json.dumps(meta, sort_keys=True).encode())
    for name, array in sorted(arrays.items()):
        found.update(f"{name} {array.dtype.str} {len(array)};".encode())
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()


def _tables(folder: Path, meta: Mapping[str, Any], arrays: Arrays) -> Tables:
    """The inverse of :func:`_arrays` and :func:`_described`."""
    try:
        origin = meta["origin"]
        lists: dict[str, Any] = {name: tuple(meta[name]) for name in ("languages", "dialects", "schemes")}
        parts = {part: _part(part, kind, arrays) for part, kind in PARTS.items()}
        return Tables(Origin(**{**origin, "notes": tuple(origin["notes"])}), _ids(arrays), **parts, **lists)
    except (KeyError, TypeError) as error:
        raise StoreCorruptError(f"{folder} lacks {error}; load it anew") from error


def _part(part: str, kind: type[Any], arrays: Arrays) -> Any:
    """One table."""

    def column(name: str) -> NDArray[Any] | Strings:
        if f"{part}.{name}.offsets" in arrays:
            return Strings(arrays[f"{part}.{name}.offsets"], arrays[f"{part}.{name}.data"])
        return arrays[f"{part}.{name}"]

    return kind(*(column(one.name) for one in fields(kind)))


def _ids(arrays: Arrays) -> Ids:
    if "ids" in arrays:
        return IntIds(arrays["ids"])
    return TextIds(Strings(arrays["ids.offsets"], arrays["ids.data"]))


def _shown(issues: Issues) -> dict[str, Any]:
    """The issues by rule, as :meth:`~.issues.Issues.to_json`, with the first places only."""
    report = issues.to_json()
    for rule in report["rules"]:
        rule["issues"] = rule["issues"][:SHOWN]
    return report


def _issues(report: Mapping[str, Any]) -> Issues:
    """The inverse of :func:`_shown`."""
    issues = Issues("report")
    for entry in report["rules"]:
        rule = Rule(entry["rule"], entry["fatal"], entry["meaning"])
        issues.count(rule, entry["count"])
        issues.found[rule.code] = [Issue(rule, **issue) for issue in entry["issues"]]
    return issues


def _meta(folder: Path) -> dict[str, Any]:
    path = folder / META
    try:
        meta: dict[str, Any] = json.loads(path.read_bytes())
        version, lacking = meta["format"], KEYS - meta.keys()
    except (FileNotFoundError, NotADirectoryError):
        raise NotFoundError(f"there is no ontology in {folder}; make one with kgllm ontology load") from None
    except (ValueError, KeyError, TypeError) as error:
        raise StoreCorruptError(f"{path} is damaged ({error}); load the ontology anew") from error
    if version != FORMAT:
        raise StoreCorruptError(f"{folder} has format {version}, expected {FORMAT}; load the ontology anew")
    if lacking:
        raise StoreCorruptError(f"{path} lacks {', '.join(sorted(lacking))}; load the ontology anew")
    return meta


def _write(path: Path, text: str) -> None:
    with replacing(path) as draft:
        draft.write_text(text, encoding="utf-8")


def _is_ours(name: str) -> bool:
    return name in (META, NOTICE) or name.endswith(".arrays") or (name[0] == "." and name.endswith(".tmp"))


def _check_owner(folder: Path) -> None:
    """Refuse a folder with files that no save has written."""
    strange = sorted(path.name for path in folder.iterdir() if not _is_ours(path.name))
    if strange:
        raise StoreError(f"{folder} holds {strange[0]!r}, no part of an ontology; choose another folder")


def _clean(folder: Path, hash: str, kept: set[str]) -> None:
    """Remove what earlier saves, whole or not, have left, but nothing made of the content with this hash."""
    with disk_errors(folder):
        for path in folder.iterdir():
            if path.name not in kept and not path.name.endswith(file_name("", hash)):
                path.unlink()
