"""The exact way to read lines: one by one, which says what is wrong with each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from ...issues import Issue, Issues, Rule
from ..names import is_calendar_date
from ..rules import (
    BAD_ACTIVE,
    BAD_INTEGER,
    BAD_SCTID,
    BAD_TIME,
    BAD_UUID,
    CHECK_DIGIT,
    COLUMN_COUNT,
    EMPTY_LINE,
    LEADING_ZERO,
    NOT_UTF8,
    PARTITION,
    STRAY_RETURN,
    TRAILING_SPACE,
)
from ..schema import Column, Sort
from ..sctid import COMPONENT, check_digit
from .chunks import Chunk, Values, numbers

__all__ = ["read_exact"]

NUMBER = re.compile(r"[0-9]+")
SCTID = re.compile(r"[0-9]{6,18}")
TIME = re.compile(r"[0-9]{8}")
INTEGER = re.compile(r"0|[1-9][0-9]{0,9}")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
LARGEST = 2**31 - 1
SHORTEST_WITH_NAMESPACE = 11
KEPT_TEXT = 200
"""Characters at fault that an issue holds: a line may be as long as a file."""


class Fault(NamedTuple):
    """What is wrong with a line."""

    rule: Rule
    text: str = ""
    detail: str = ""
    column: str = ""


def read_exact(data: memoryview, line: int, columns: Sequence[Column], file: str, issues: Issues) -> Chunk:
    """The rows of ``data``, whole lines from number ``line`` on, without those that break a rule.

    Raises:
        OntologyError: a line breaks a rule and the load is strict.
    """
    lines: list[int] = []
    rows: list[list[str]] = []
    plain = 0
    split = bytes(data).split(b"\n")[:-1]
    for number, raw in enumerate(split, start=line):
        if not raw.endswith(b"\r"):
            plain = plain or number
        fields, faults = _fields(raw.removesuffix(b"\r"), columns)
        for fault in faults:
            text = fault.text[:KEPT_TEXT]
            issues.add(Issue(fault.rule, file, number, fault.column, text, fault.detail))
        if not faults:
            lines.append(number)
            rows.append(fields)
    chunk = Chunk({}, np.array(lines, np.int32), line + len(split), len(data), plain=plain)
    for position, column in enumerate(columns):
        texts = [row[position] for row in rows]
        chunk.columns[column.name] = _values(column, texts)
        if column.blank and "" in texts:
            chunk.blanks.append((column, np.flatnonzero([not text for text in texts])))
    return chunk


def _fields(raw: bytes, columns: Sequence[Column]) -> tuple[list[str], list[Fault]]:
    """A line taken apart, and what is wrong with it: its shape, or else its values."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        shown = raw.decode(errors="backslashreplace")
        return [], [Fault(NOT_UTF8, shown, f"byte {raw[error.start]:#04x} at position {error.start}")]
    fields = text.split("\t")
    if not text:
        return fields, [Fault(EMPTY_LINE)]
    if "\r" in text:
        return fields, [Fault(STRAY_RETURN, text)]
    if len(fields) != len(columns):
        return fields, [Fault(COLUMN_COUNT, text, f"{len(fields)} columns, expected {len(columns)}")]
    return fields, [*_faults(fields, columns)]


def _faults(fields: Sequence[str], columns: Sequence[Column]) -> Iterator[Fault]:
    for column, text in zip(columns, fields, strict=True):
        if text.endswith(" ") and (column is columns[-1] or column.sort is not Sort.TEXT):
            yield Fault(TRAILING_SPACE, text, column=column.name)
        elif column.sort in CHECKS and not (column.blank and not text):
            fault = CHECKS[column.sort](column, text)
            if fault:
                yield fault._replace(text=text, column=column.name)


@lru_cache(1 << 16)
def _sctid(column: Column, text: str) -> Fault | None:
    if not NUMBER.fullmatch(text):
        return Fault(BAD_SCTID)
    if text.startswith("0"):
        return Fault(LEADING_ZERO)
    if not SCTID.fullmatch(text):
        return Fault(BAD_SCTID, detail=f"{len(text)} digits")
    expected = check_digit(text[:-1])
    if int(text[-1]) != expected:
        return Fault(CHECK_DIGIT, detail=f"expected {expected}")
    partition = int(text[-3:-1])
    if partition // 10 == 1 and len(text) < SHORTEST_WITH_NAMESPACE:
        return Fault(BAD_SCTID, detail=f"partition {partition} needs a namespace of 7 digits")
    kinds = [column.component] if column.component else [*COMPONENT]
    if not any(partition in COMPONENT[kind] for kind in kinds):
        return Fault(PARTITION, detail=f"{partition:02} is not of a {column.component or 'component'}")
    return None


def _uuid(_: Column, text: str) -> Fault | None:
    return None if UUID.fullmatch(text) else Fault(BAD_UUID)


def _active(_: Column, text: str) -> Fault | None:
    return None if text in ("0", "1") else Fault(BAD_ACTIVE)


def _time(_: Column, text: str) -> Fault | None:
    return None if TIME.fullmatch(text) and is_calendar_date(int(text)) else Fault(BAD_TIME)


def _integer(_: Column, text: str) -> Fault | None:
    return None if INTEGER.fullmatch(text) and int(text) <= LARGEST else Fault(BAD_INTEGER)


CHECKS: Mapping[Sort, Callable[[Column, str], Fault | None]] = {
    Sort.SCTID: _sctid,
    Sort.UUID: _uuid,
    Sort.ACTIVE: _active,
    Sort.TIME: _time,
    Sort.INTEGER: _integer,
}


def _values(column: Column, texts: list[str]) -> Values:
    """A column of rows that broke no rule."""
    if column.sort is Sort.TEXT:
        return pa.array(texts, pa.large_string())
    if column.sort is Sort.UUID:
        halves = [(text[:18].replace("-", ""), text[19:].replace("-", "")) for text in texts]
        return numbers(column.sort, [[int(half, 16) for half in pair] for pair in halves])
    return numbers(column.sort, [int(text or 0) for text in texts])
