"""Where a fault is planted: a written release, chance, and ways to change one line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np

from ...rows import FileKind
from ...sctid import make
from .. import plain
from ..metadata import NAMESPACE
from ..writing import LAYOUT

T = TypeVar("T")

UNUSED = 9_999_999
"""An item of no id in any synthetic release."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A fault in a release, and what a reader has to say of it.

    Args:
        path: what to load, a root folder or zip file.
        file: name of the file at fault, as issues call it.
        lines: of which any may be named; empty where the whole file is at fault.
        text: what stands there.
        release: ``snapshot`` or ``full``, which shows the fault.
        require_root: whether only a load that asks for a root finds it.
        rule: code of the rule that is broken.
    """

    path: Path
    file: str
    lines: tuple[int, ...] = ()
    text: str = ""
    release: Literal["snapshot", "full"] = "snapshot"
    require_root: bool = False
    rule: str = ""

    @property
    def line(self) -> int:
        """The line that was changed, 0 for the whole file."""
        return self.lines[0] if self.lines else 0


Plant = Callable[["Site"], Planted]


class Site:
    """A release, in which a fault is planted.

    Args:
        root: its root folder.
        rng: where chance comes from.
    """

    def __init__(self, root: Path, rng: np.random.Generator) -> None:
        self.root, self.rng = root, rng

    def pick(self, choices: Sequence[T]) -> T:
        """One of them."""
        return choices[int(self.rng.integers(len(choices)))]

    def path(self, kind: FileKind, type_: str = "Snapshot") -> Path:
        """A file of the release."""
        return plain.files(self.root, type_)[kind]

    @cached_property
    def kinds(self) -> list[FileKind]:
        """The kinds of file that have rows in the Snapshot, in an order that depends on nothing else."""
        there = plain.files(self.root)
        return [kind for kind in LAYOUT if kind in there and plain.rows(self.root, kind)]

    def any_line(self) -> tuple[FileKind, int]:
        """A line with a row in a file of the Snapshot."""
        kind = self.pick(self.kinds)
        return kind, self.line_of(kind)

    def line_of(self, kind: FileKind) -> int:
        """A line with a row."""
        return self.pick(range(2, 2 + len(plain.rows(self.root, kind))))

    def find(
        self, kind: FileKind, wanted: Callable[[plain.Row], bool], type_: str = "Snapshot"
    ) -> tuple[int, plain.Row]:
        """One of the rows that are ``wanted``, and its line."""
        rows = enumerate(plain.rows(self.root, kind, type_), start=2)
        return self.pick([(line, row) for line, row in rows if wanted(row)])

    def set(
        self, kind: FileKind, line: int, row: plain.Row, text: str = "", type_: str = "Snapshot"
    ) -> Planted:
        """Write ``row`` to a line; ``text`` is at fault."""
        path = self.path(kind, type_)
        rewrite(path, line, lambda _: "\t".join(row.values()).encode())
        return Planted(self.root, path.name, (line,), text)


def rewrite(path: Path, line: int, change: Callable[[bytes], bytes]) -> None:
    """Change one line, without its CR LF, and nothing else."""
    lines = path.read_bytes().split(b"\r\n")
    lines[line - 1] = change(lines[line - 1])
    path.write_bytes(b"\r\n".join(lines))


def raw(path: Path, line: int) -> bytes:
    """One line without its CR LF."""
    return path.read_bytes().split(b"\r\n")[line - 1]


def unused(partition: int) -> str:
    """A valid id that no component has."""
    return str(make(UNUSED, partition, NAMESPACE))
