"""What is wrong with the files of an ontology: named rules, places, counts, and what to do about them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ..errors import OntologyError

OnError = Literal["strict", "report", "skip"]
"""What a fatal rule does: ``strict`` stops with an error, ``report`` leaves out what is at fault and lists
it, ``skip`` leaves it out and counts it."""

KEPT = 10_000
"""Issues of one rule that are kept with their places; the rest is counted."""

SHOWN = 20
"""Issues of one rule that are shown to people."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that files of an ontology have to keep to.

    Args:
        code: short, lower case, with hyphens; the same for the same cause.
        fatal: whether it stops a strict load.
        meaning: what is wrong, for people.
        remedy: what to do.
    """

    code: str
    fatal: bool
    meaning: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Issue:
    """One place that breaks a rule.

    ``line`` counts from 1; 0 means the whole file. ``text`` is at fault, ``detail`` says what was expected.
    """

    rule: Rule
    file: str
    line: int = 0
    column: str = ""
    text: str = ""
    detail: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        column = f" in column {self.column}" if self.column else ""
        text = f" {self.text[:80]!r}" if self.text else ""
        detail = f": {self.detail}" if self.detail else ""
        return f"{where}: [{self.rule.code}] {self.rule.meaning}{column}{text}{detail}"


@dataclass(slots=True)
class Issues:
    """Collects issues while files are read.

    A fault that no load survives is not collected: it is raised as an :class:`~kgllm.errors.OntologyError`.

    Args:
        on_error: what a fatal rule does.
    """

    on_error: OnError = "strict"
    counts: Counter[str] = field(default_factory=Counter)
    rules: dict[str, Rule] = field(default_factory=dict)
    found: dict[str, list[Issue]] = field(default_factory=dict)

    def add(self, issue: Issue) -> None:
        """Take note of ``issue``.

        Raises:
            OntologyError: its rule is fatal and the load is strict.
        """
        if issue.rule.fatal and self.on_error == "strict":
            raise OntologyError(issue)
        self.count(issue.rule, 1)
        kept = self.found.setdefault(issue.rule.code, [])
        if len(kept) < KEPT and not (issue.rule.fatal and self.on_error == "skip"):
            kept.append(issue)

    def count(self, rule: Rule, number: int) -> None:
        """Count issues whose places nobody needs."""
        if number:
            self.rules[rule.code] = rule
            self.counts[rule.code] += number

    @property
    def total(self) -> int:
        """How many there are."""
        return self.counts.total()

    def samples(self, code: str, most: int = SHOWN) -> list[Issue]:
        """The first issues of a rule."""
        return self.found.get(code, [])[:most]

    def to_json(self) -> dict[str, Any]:
        """All of it, for a report."""
        return {
            "total": self.total,
            "rules": [
                {
                    "rule": code,
                    "fatal": self.rules[code].fatal,
                    "meaning": self.rules[code].meaning,
                    "count": count,
                    "issues": [_plain(issue) for issue in self.found.get(code, [])],
                }
                for code, count in sorted(self.counts.items())
            ],
        }


def place(path: Path | str) -> str:
    """How a file is called in issues: its name, which tells RF2 files apart, not where it lies."""
    return Path(path).name


def _plain(issue: Issue) -> dict[str, Any]:
    names = ("file", "line", "column", "text", "detail")
    return {name: getattr(issue, name) for name in names if getattr(issue, name)}
