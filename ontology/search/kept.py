"""The index of terms, made when it is first asked for and kept beside the store."""

from __future__ import annotations

from contextlib import suppress

from ...errors import NotFoundError, StoreCorruptError, StoreError
from ...kg.arrayfile import open_arrays, save_arrays
from ..store import Stored, file_name, writing
from ..tables import Tables
from .index import Arrays, TermIndex, build

KIND = "search"


def term_index(tables: Tables, stored: Stored | None) -> TermIndex:
    """The index of ``tables``; of an ontology in a folder it is read from there, or left there if it can be.

    A folder that is read-only, full or busy does not matter: the index is made anew next time.
    """
    if stored is None:
        return TermIndex(tables, build(tables))
    path = stored.folder / file_name(KIND, stored.hash)
    arrays: Arrays
    try:
        arrays = open_arrays(path, KIND, stored.hash)
    except (NotFoundError, StoreCorruptError):
        arrays = build(tables)
        with suppress(StoreError), writing(stored.folder):
            save_arrays(path, KIND, arrays, stored.hash)
    return TermIndex(tables, arrays)
