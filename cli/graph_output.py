"""How graphs look in the terminal and in JSON."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from .output import log, table_of

if TYPE_CHECKING:
    import pyarrow as pa

    from ..kg.batches import RejectReport
    from ..kg.formats import Source
    from ..kg.store import QueryResult


class _Rate(ProgressColumn):
    """Rows a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f} rows/s" if task.speed else "")


@contextmanager
def counted(source: Source) -> Iterator[tuple[Iterator[pa.RecordBatch], Iterator[pa.RecordBatch]]]:
    """The nodes and edges of a source, with a progress bar on stderr while they are read."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=log) as bar:
        task = bar.add_task(source.name, total=source.rows)

        def watched(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in batches:
                yield batch
                bar.advance(task, batch.num_rows)

        yield watched(source.nodes()), watched(source.edges())


def document(result: QueryResult) -> dict[str, Any]:
    """A query's result as JSON: one object for each row."""
    rows = [dict(zip(result.columns, map(_plain, row), strict=True)) for row in result.rows]
    return {
        "columns": list(result.columns),
        "rows": rows,
        "truncated": result.truncated,
        "stats": dict(result.stats),
    }


def result_table(result: QueryResult) -> Table:
    """A query's result for people."""
    return table_of("", result.columns, [[*map(_shown, row)] for row in result.rows])


def summary(result: QueryResult) -> str:
    """How many rows, how long it took, and who answered."""
    more = ", more were cut off: raise --rows" if result.truncated else ""
    return f"{len(result.rows)} rows in {result.stats['seconds']:.3f} s by {result.stats['engine']}{more}"


def rejects_table(report: RejectReport) -> Table:
    """Reasons with counts and one example each."""
    examples = {reason: samples[0] for reason, samples in report.samples.items() if samples}
    rows = [
        (reason, count, f"{examples[reason].kind} {examples[reason].row}: {examples[reason].text}")
        for reason, count in report.counts.items()
        if reason in examples
    ]
    return table_of(f"{report.total:,} rows rejected", ["reason", "rows", "first"], rows)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(item) for name, item in asdict(value).items()}
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _shown(value: Any) -> Any:
    from ..kg.model import Edge, Entity, Path

    if isinstance(value, Entity):
        return f"({value.name}{''.join(f':{label}' for label in value.labels)})"
    if isinstance(value, Edge):
        return f"[{value.head} {value.relation} {value.tail}]"
    if isinstance(value, Path):
        return _path(value)
    if isinstance(value, list):
        return "[" + ", ".join(str(_shown(item)) for item in value) + "]"
    return "null" if value is None else value


def _path(path: Any) -> str:
    """Entities in walking order, with arrows that show each edge's direction."""
    text = str(_shown(path.entities[0]))
    for edge, before, after in zip(path.edges, path.entities, path.entities[1:], strict=False):
        forward = (edge.head, edge.tail) == (before.id, after.id)
        text += (f"-[{edge.relation}]->" if forward else f"<-[{edge.relation}]-") + str(_shown(after))
    return text
