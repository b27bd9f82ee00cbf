"""Small files, and tables as plain Python to compare with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kgllm.ontology.tables import Kind, Role, Tables


@dataclass
class View:
    """Tables with ids in place of positions."""

    ids: list[str]
    active: set[str]
    kind: dict[str, Kind]
    defined: set[str]
    terms: set[tuple[str, Role, str]]
    isa: set[tuple[str, str]]
    relations: set[tuple[str, str, str]]
    values: set[tuple[str, str, str]]
    history: set[tuple[str, int, str]]
    aliases: dict[str, str]
    xrefs: set[tuple[str, str, str]]
    members: set[tuple[str, str]]
    axioms: set[tuple[str, str]]

    def texts(self, *roles: Role) -> set[tuple[str, str]]:
        return {(id, text) for id, role, text in self.terms if role in roles}

    @property
    def labels(self) -> dict[str, str]:
        return dict(self.texts(Role.LABEL))


def see(tables: Tables) -> View:
    ids = tables.ids.texts(np.arange(len(tables.ids)))

    def rows(*columns: Any) -> Iterator[Any]:
        """Rows of a table; positions become ids."""
        plain = ([ids[at] for at in one] if one.dtype == np.int32 else one.tolist() for one in columns[:-1])
        last = columns[-1]
        return zip(*plain, [ids[at] for at in last] if isinstance(last, np.ndarray) else last, strict=True)

    concepts, terms, relations, values = tables.concepts, tables.terms, tables.relations, tables.values
    history, xrefs, members, axioms = tables.history, tables.xrefs, tables.members, tables.axioms
    return View(
        ids,
        {id for id, on in zip(ids, concepts.active, strict=True) if on},
        {id: Kind(kind) for id, kind in zip(ids, concepts.kind.tolist(), strict=True)},
        {id for id, on in zip(ids, concepts.defined, strict=True) if on},
        {(id, Role(role), text) for id, role, text in rows(terms.concept, terms.role, terms.text)},
        {*rows(tables.isa.child, tables.isa.parent)},
        {*rows(relations.source, relations.type, relations.target)},
        {*rows(values.source, values.type, values.value)},
        {*rows(history.source, history.link, history.target)},
        {alias: ids[at] for alias, at in zip(tables.aliases.id, tables.aliases.concept, strict=True)},
        {(id, tables.schemes[at], code) for id, at, code in rows(xrefs.concept, xrefs.scheme, xrefs.code)},
        {*rows(members.refset, members.member)},
        {*rows(axioms.concept, axioms.text)},
    )


@pytest.fixture(scope="session")
def view() -> Callable[[Tables], View]:
    return see


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """``file("text")`` is a file that holds the text; its name may follow."""

    def write(text: str, name: str = "small.obo") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write
