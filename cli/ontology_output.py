"""How concepts, issues and differences look in the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from .output import log, table_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..ontology.concept import Concept, Mapping, Past, Reference, Relation
    from ..ontology.diff import Diff
    from ..ontology.issues import Issues
    from ..ontology.ontology import Ontology

CHILDREN = 20
"""Children that a page names; of the rest it gives the number."""


@contextmanager
def reading(name: str) -> Iterator[Callable[[int, int, str], None]]:
    """A progress bar on stderr; what it gives is called with bytes done, bytes in all, and the file."""
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn()
    with Progress(*columns, console=log, transient=True, disable=not log.is_terminal) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total, file: bar.update(task, completed=done, total=total, description=file)


def page(concept: Concept) -> None:
    """Print all about a concept, as a curator reads it."""
    console = Console(highlight=False)
    console.print(Text.assemble((concept.label, "bold"), "  ", (concept.id, "dim")), soft_wrap=True)
    for title, lines in _sections(concept):
        shown = [*lines]
        if not shown:
            continue
        if len(shown) == 1:
            console.print(Text(f"{title}: {shown[0]}"), soft_wrap=True)
        else:
            console.print(Text(title))
            for line in shown:
                console.print(Text(f"  {line}"), soft_wrap=True)


def _sections(concept: Concept) -> Iterator[tuple[str, Iterable[str]]]:
    """Titles and lines, in the order in which they are read."""
    yield "status", [_status(concept)]
    yield "name", [concept.fsn] if concept.fsn else []
    yield "definition", [concept.definition] if concept.definition else []
    yield "synonyms", (f"{one.text}{_scope(one.scope)}" for one in concept.synonyms)
    yield "earlier ids", [", ".join(concept.aliases)] if concept.aliases else []
    yield "parents", map(_reference, concept.parents)
    yield "children", _some(concept.children)
    for group, relations in groupby(concept.relations, lambda one: one.group):
        yield f"relations, group {group}" if group else "relations", map(_relation, relations)
    yield "mappings", map(_mapping, concept.mappings)
    yield "went to", map(_past, concept.went)
    yield "came from", map(_past, concept.came)
    yield "member of", map(_reference, concept.subsets)
    yield "axioms", concept.axioms


def _status(concept: Concept) -> str:
    words = ["active" if concept.active else "inactive"]
    words += [concept.kind] if concept.kind != "class" else []
    words += ["defined"] if concept.defined else []
    words += [f"since {concept.time}"] if concept.time else []
    words += [f"module {concept.module}"] if concept.module else []
    words += [f"preferred in {concept.dialect}"] if concept.dialect else []
    return ", ".join(words)


def _scope(scope: str) -> str:
    return "" if scope == "exact" else f"  ({scope})"


def _reference(one: Reference) -> str:
    return one.id if one.label == one.id else f"{one.label}  {one.id}"


def _some(children: tuple[Reference, ...]) -> Iterator[str]:
    yield from map(_reference, children[:CHILDREN])
    if len(children) > CHILDREN:
        yield f"… and {len(children) - CHILDREN:,} more"


def _relation(one: Relation) -> str:
    target = one.target if isinstance(one.target, str) else _reference(one.target)
    return f"{one.type.label} → {target}"


def _mapping(one: Mapping) -> str:
    rule = f"  if {one.rule}" if one.rule and one.rule not in ("TRUE", "OTHERWISE TRUE") else ""
    return f"{one.scheme.label}: {one.code or 'no code'}{rule}"


def _past(one: Past) -> str:
    return f"{one.link}: {_reference(one.concept)}"


def issue_lines(issues: Issues, most: int) -> None:
    """Say on stderr what is wrong: counts by rule, and the first places of each."""
    if not issues.total:
        return
    rows = [
        (code, "fatal" if issues.rules[code].fatal else "warning", f"{count:,}", issues.rules[code].meaning)
        for code, count in sorted(issues.counts.items())
    ]
    log.print(table_of("issues", ["rule", "", "count", "meaning"], rows), markup=False)
    for code in sorted(issues.counts):
        for issue in issues.samples(code, most):
            log.print(Text(f"  {issue}"), soft_wrap=True)


def counted(stats: dict[str, Any]) -> None:
    """Print statistics: a heading for each part that has several figures."""
    console = Console(highlight=False)
    for name, value in stats.items():
        title = name.replace("_", "-")
        if isinstance(value, dict):
            rows = {key: count for key, count in value.items() if key}
            width = max(map(len, rows), default=0)
            console.print(Text(title, "bold") if rows else "", end="\n" if rows else "")
            for key, count in rows.items():
                console.print(Text(f"  {key.ljust(width)}  {count:>9,}"), soft_wrap=True)
        elif value:
            shown = ", ".join(map(str, value)) if isinstance(value, list) else f"{value:,}"
            console.print(Text.assemble((title, "bold"), f"  {shown}"), soft_wrap=True)


def differences(found: Diff, before: Ontology, after: Ontology, most: int) -> None:
    """Print how many concepts changed in each way, and the first ``most`` of each."""
    console = Console(highlight=False)
    for kind, number in found.counts().items():
        console.print(Text.assemble((kind, "bold"), f"  {number:,}"))
        for one in getattr(found, kind)[:most]:
            id = one if isinstance(one, str) else one.id
            label = (after if id in after else before).label(id)
            console.print(Text(f"  {label}  {id}{_change(one)}"), soft_wrap=True)
        if number > most:
            console.print(f"  … and {number - most:,} more")


def _change(one: Any) -> str:
    """What a concept lost and gained; nothing for one that came or went."""
    if isinstance(one, str):
        return ""
    parts = [f"{sign}{item if isinstance(item, str) else ' → '.join(item)}" for sign, item in _signed(one)]
    return "  " + ", ".join(parts)


def _signed(one: Any) -> Iterator[tuple[str, Any]]:
    yield from (("−", item) for item in one.lost)
    yield from (("+", item) for item in one.gained)
