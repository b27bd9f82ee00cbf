"""Property columns of a batch: their names, types and values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...errors import SchemaError
from ..model import PROPERTY_TYPES
from .sieve import Mask, Sieve, holds_up_to, is_name, nulls

RESERVED = frozenset({"id", "nid", "labels", "head", "relation", "tail", "key", "head_nid", "tail_nid"})
"""Names that no property may have."""


def property_type(kind: pa.DataType) -> str | None:
    """The name of the property type that holds values of an Arrow type without loss, if there is one."""
    if pa.types.is_dictionary(kind):
        return property_type(kind.value_type)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        inner = kind.value_type
        return "list" if pa.types.is_null(inner) or property_type(inner) == "str" else None
    tests = {
        "bool": pa.types.is_boolean(kind),
        "int": pa.types.is_integer(kind) and kind != pa.uint64(),
        "float": pa.types.is_floating(kind),
        "str": _is_text(kind),
        "date": pa.types.is_date32(kind),
    }
    return next((name for name, fits in tests.items() if fits), None)


def check_batch(batch: pa.RecordBatch, columns: Mapping[str, pa.DataType], required: Sequence[str]) -> None:
    """Refuse a batch that is no table of nodes or edges at all.

    Raises:
        SchemaError: a required column is missing, a column is there twice or of the wrong type, or its bytes
            are no valid Arrow data (text that is not UTF-8, say).
    """
    names = batch.schema.names
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SchemaError(f"column {twice[0]!r} is there twice; rename one of them")
    if missing := [name for name in required if name not in names]:
        raise SchemaError(f"column {missing[0]!r} is missing; found {', '.join(names) or 'no columns'}")
    for name in columns.keys() & set(names):
        found = batch.schema.field(name).type
        expected = property_type(columns[name])
        if property_type(found) != expected and not pa.types.is_null(found):
            raise SchemaError(f"column {name!r} is of type {found}; expected {columns[name]}")
    try:
        batch.validate(full=True)
    except pa.ArrowInvalid as error:
        raise SchemaError(f"the batch is no valid Arrow data: {error}") from error


def structural(batch: pa.RecordBatch, name: str, kind: pa.DataType) -> pa.Array:
    """A column that is no property, in its own type; all null where it is missing."""
    if name not in batch.schema.names:
        return pa.nulls(len(batch), kind)
    return _plain(batch.column(name), kind)


class PropertyChecker:
    """Checks property columns over a stream of batches. ``types`` holds the type of each name seen so far."""

    def __init__(self, types: Mapping[str, str]) -> None:
        self.types = dict(types)

    def check(self, batch: pa.RecordBatch, skip: Mapping[str, object], sieve: Sieve) -> dict[str, pa.Array]:
        """The sound columns but ``skip``, by name and in its order, in the types of :data:`PROPERTY_TYPES`.

        A column that no store can hold is left out, and the rows that have a value in it are refused.
        """
        sound = {}
        for name in sorted(set(batch.schema.names) - set(skip)):
            column = batch.column(name)
            if pa.types.is_null(column.type) or column.null_count == len(column):
                continue
            fault = self._fault(name, column.type)
            if fault is not None:
                reason, expected = fault
                sieve.refuse(reason, ~nulls(column), _constant(f"{name}: {column.type}"), expected)
                continue
            sound[name] = _plain(column, PROPERTY_TYPES[property_type(column.type) or ""])
            _refuse_values(sieve, name, sound[name])
        return sound

    def settle(self, columns: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
        """Fix the types of new names that have values, and leave out columns without any."""
        kept = {name: column for name, column in columns.items() if column.null_count < len(column)}
        for name, column in kept.items():
            self.types.setdefault(name, property_type(column.type) or "")
        return kept

    def _fault(self, name: str, kind: pa.DataType) -> tuple[str, str] | None:
        if name in RESERVED:
            return "bad-name", f"a property name other than {name}"
        if not is_name(name):
            return "bad-name", "a property name of 1 to 255 bytes without control characters"
        found, known = property_type(kind), self.types.get(name)
        if found is None:
            return "unsupported-type", f"one of {', '.join(PROPERTY_TYPES)}"
        if known is not None and known != found:
            return "wrong-type", f"{known}, as the property has elsewhere"
        return None


def _refuse_values(sieve: Sieve, name: str, column: pa.Array) -> None:
    def shown(row: int) -> str:
        return f"{name}={column[row].as_py()!r}"

    if pa.types.is_floating(column.type):
        values = column.fill_null(0.0).to_numpy(zero_copy_only=False)
        sieve.refuse("not-finite", ~np.isfinite(values), shown, "a finite number")
    elif pa.types.is_string(column.type):
        sieve.refuse("nul", holds_up_to(column, 0), shown, "no character U+0000")
    elif pa.types.is_list(column.type):
        items = column.flatten()
        sieve.refuse("nul", _any_item(column, holds_up_to(items, 0)), shown, "no character U+0000")
        sieve.refuse("null-in-list", _any_item(column, nulls(items)), shown, "strings only")


def _any_item(lists: pa.ListArray, mask: Mask) -> Mask:
    """(n,) true where an item of the list is in ``mask``."""
    rows: Mask = np.zeros(len(lists), np.bool_)
    rows[pc.list_parent_indices(lists).to_numpy()[mask]] = True
    return rows


def _constant(text: str) -> Callable[[int], str]:
    return lambda _: text


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _plain(column: pa.Array, kind: pa.DataType) -> pa.Array:
    """The column in a wider or equal type, without a dictionary."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column if column.type == kind else column.cast(kind)
