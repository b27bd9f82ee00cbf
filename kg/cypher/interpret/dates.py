"""Dates: read from text or from a map of parts, and the parts of a date."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from ....errors import QueryFailedError
from ...model import Value
from .arithmetic import whole
from .values import wrong_type

_FORMATS = [
    re.compile(text, re.ASCII)
    for text in (
        r"(?P<year>\d{4})(-?(?P<month>\d\d)(-?(?P<day>\d\d))?)?",
        r"(?P<year>\d{4})-?W(?P<week>\d\d)(-?(?P<dayOfWeek>\d))?",
        r"(?P<year>\d{4})-?Q(?P<quarter>\d)(-?(?P<dayOfQuarter>\d\d))?",
        r"(?P<year>\d{4})-?(?P<ordinalDay>\d{3})",
    )
]
"""The forms of ISO 8601; parts that are left out count as 1."""

_ALONE: tuple[tuple[str, ...], ...] = (
    ("month", "day"),
    ("week", "dayOfWeek"),
    ("quarter", "dayOfQuarter"),
    ("ordinalDay",),
)
"""Ways to name a day of a year; a later part needs the one before it."""


def to_date(value: Value) -> Value:
    """``date()`` of text, of a map of parts, or of a date.

    Raises:
        QueryFailedError: it names no day between the years 1 and 9999.
    """
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        return _of_parts(_parts_of(value))
    if isinstance(value, dict):
        return _of_map(value)
    raise wrong_type("date()", "a STRING or a MAP", value)


def part_of(day: date, name: str) -> Value:
    """``day.name``.

    Raises:
        QueryFailedError: a date has no such part.
    """
    if name not in _PARTS:
        raise QueryFailedError(f"a date has no {name}; it has {', '.join(_PARTS)}")
    return _PARTS[name](day)


def _parts_of(text: str) -> dict[str, int]:
    for form in _FORMATS:
        if found := form.fullmatch(text):
            return {name: int(part) for name, part in found.groupdict().items() if part is not None}
    raise QueryFailedError(f"{text!r} is no date; write it as 2024-01-31")


def _of_map(given: Mapping[str, Value]) -> date:
    parts = {name: part for name, part in given.items() if name != "date"}
    base = given.get("date")
    numbers = {name: whole(part, "date()") for name, part in parts.items()}
    if isinstance(base, date):
        fitting = next((way for way in _ALONE if set(way) & numbers.keys()), ("month", "day"))
        start = {"year": base.isocalendar().year if "week" in fitting else base.year}
        numbers = start | {name: int(str(part_of(base, name))) for name in fitting} | numbers
    return _of_parts(numbers)


def _of_parts(parts: Mapping[str, int]) -> date:
    way = next((way for way in _ALONE if set(way) & parts.keys()), ("month", "day"))
    extra = parts.keys() - {"year", *way}
    if "year" not in parts or extra or (way[0] not in parts and parts.keys() & way):
        raise QueryFailedError(f"date() cannot make a day of {', '.join(sorted(parts)) or 'nothing'}")
    year, numbers = parts["year"], [parts.get(name, 1) for name in way]
    try:
        return _DAYS[way[0]](year, *numbers)
    except (ValueError, OverflowError) as error:
        raise QueryFailedError(f"date() got parts that name no day: {error}") from error


def _day_of_quarter(year: int, quarter: int, day: int) -> date:
    found = date(year, 3 * quarter - 2, 1) + timedelta(days=day - 1)
    return _within(found, day >= 1 and (found.year, _quarter(found)) == (year, quarter))


def _day_of_year(year: int, day: int) -> date:
    found = date(year, 1, 1) + timedelta(days=day - 1)
    return _within(found, found.year == year)


def _within(found: date, fits: bool) -> date:
    if not fits:
        raise ValueError("day is out of range for the quarter or year")
    return found


def _quarter(day: date) -> int:
    return (day.month + 2) // 3


def _start_of_quarter(day: date) -> date:
    return date(day.year, 3 * _quarter(day) - 2, 1)


_DAYS: dict[str, Callable[..., date]] = {
    "month": date,
    "week": date.fromisocalendar,
    "quarter": _day_of_quarter,
    "ordinalDay": _day_of_year,
}

_PARTS: dict[str, Callable[[date], int]] = {
    "year": lambda day: day.year,
    "quarter": _quarter,
    "month": lambda day: day.month,
    "week": lambda day: day.isocalendar().week,
    "weekYear": lambda day: day.isocalendar().year,
    "day": lambda day: day.day,
    "dayOfWeek": date.isoweekday,
    "weekDay": date.isoweekday,
    "dayOfQuarter": lambda day: (day - _start_of_quarter(day)).days + 1,
    "quarterDay": lambda day: (day - _start_of_quarter(day)).days + 1,
    "ordinalDay": lambda day: day.timetuple().tm_yday,
}
