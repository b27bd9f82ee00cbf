"""What is worked out of an ontology when it is first asked for, and kept beside its store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from numpy.typing import NDArray

from ..errors import NotFoundError, StoreCorruptError, StoreError
from ..kg.arrayfile import open_arrays, save_arrays
from .store import Stored, file_name, writing

Arrays = Mapping[str, NDArray[Any]]


def kept(stored: Stored | None, kind: str, make: Callable[[], Arrays]) -> Arrays:
    """The arrays of ``kind`` beside a store; made, and left there if they can be, where there are none.

    A folder that is read-only, full or busy does not matter: they are made anew next time.

    Args:
        stored: where the ontology lies; ``None`` if it is only in memory.
        kind: what the arrays are.
        make: makes them.
    """
    if stored is None:
        return make()
    path = stored.folder / file_name(kind, stored.hash)
    try:
        return open_arrays(path, kind, stored.hash)
    except (NotFoundError, StoreCorruptError):
        arrays = make()
    with suppress(StoreError), writing(stored.folder):
        save_arrays(path, kind, arrays, stored.hash)
    return arrays
