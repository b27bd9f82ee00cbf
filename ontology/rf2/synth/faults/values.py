"""Faults of single values."""

from __future__ import annotations

from collections.abc import Callable

from ...rows import FileKind
from ...schema import SCHEMAS, Column, Sort
from ...sctid import make, parse
from .site import Plant, Planted, Site

Change = Callable[[Site, str], str]


def bad_sctid(site: Site, id: str) -> str:
    """No SCTID: too short, too long, not of digits."""
    return site.pick(("12345", "1" * 19, f"{id[:-1]}x", f"-{id}", "1.38875005E8", f"{id}.0"))


def leading_zero(_: Site, id: str) -> str:
    """A zero before an SCTID."""
    return f"0{id}"


def check_digit(site: Site, id: str) -> str:
    """Another last digit."""
    return id[:-1] + str((int(id[-1]) + site.pick(range(1, 10))) % 10)


def partition(_: Site, id: str) -> str:
    """An id of another kind of component."""
    parts = parse(id)
    another = {"concept": 1, "description": 2, "relationship": 0}[parts.component]
    return str(make(parts.item, parts.partition // 10 * 10 + another, parts.namespace))


def bad_uuid(site: Site, id: str) -> str:
    """No UUID."""
    return site.pick((id[:-1], f"{id}0", id.replace("-", ""), f"{{{id}}}", f"g{id[1:]}", f"-{id[1:]}", ""))


def bad_active(site: Site, _: str) -> str:
    """Neither 0 nor 1."""
    return site.pick(("2", "true", "", "01", "-1", "O"))


def bad_time(site: Site, _: str) -> str:
    """No day of the calendar."""
    return site.pick(("20180931", "20250229", "2025-01-31", "202501", "20251301", "00000000", "2025013x"))


def bad_integer(site: Site, _: str) -> str:
    """No whole number."""
    return site.pick(("x", "1.0", "-1", "01", "1e3", "99999999999"))


def _of(sort: Sort, component: bool = False) -> Callable[[Column], bool]:
    """Columns of a sort; only those of one kind of component if so wanted."""
    return lambda column: column.sort is sort and (bool(column.component) or not component)


def _spoiled(wanted: Callable[[Column], bool], change: Change) -> Plant:
    """Plant a change in a column that is ``wanted``, in a file of the Snapshot that has one."""

    def plant(site: Site) -> Planted:
        columns = [(kind, column.name) for kind in site.kinds for column in SCHEMAS[kind] if wanted(column)]
        kind, name = site.pick(columns)
        line, row = site.find(kind, lambda row: bool(row[name]))
        text = change(site, row[name])
        return site.set(kind, line, {**row, name: text}, text)

    return plant


def blank_time(site: Site) -> Planted:
    """No effectiveTime."""
    kind = site.pick(site.kinds)
    line, row = site.find(kind, lambda _: True)
    return site.set(kind, line, {**row, "effectiveTime": ""})


OPTIONAL = (
    (FileKind.SIMPLE_MAP, "mapTarget"),
    (FileKind.EXTENDED_MAP, "correlationId"),
    (FileKind.ATTRIBUTE_VALUE, "valueId"),
    (FileKind.REFSET_DESCRIPTOR, "attributeOrder"),
)
"""Columns of refsets that may be blank, and on which nothing else depends."""


def blank_column(site: Site) -> Planted:
    """A column of a refset left blank."""
    kind, name = site.pick([one for one in OPTIONAL if one[0] in site.kinds])
    line, row = site.find(kind, lambda _: True)
    return site.set(kind, line, {**row, name: ""})


VALUES: dict[str, Plant] = {
    "bad-sctid": _spoiled(_of(Sort.SCTID), bad_sctid),
    "leading-zero": _spoiled(_of(Sort.SCTID), leading_zero),
    "check-digit": _spoiled(_of(Sort.SCTID), check_digit),
    "partition": _spoiled(_of(Sort.SCTID, component=True), partition),
    "bad-uuid": _spoiled(_of(Sort.UUID), bad_uuid),
    "bad-active": _spoiled(_of(Sort.ACTIVE), bad_active),
    "bad-time": _spoiled(_of(Sort.TIME), bad_time),
    "bad-integer": _spoiled(_of(Sort.INTEGER), bad_integer),
    "blank-time": blank_time,
    "blank-column": blank_column,
}
