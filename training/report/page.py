"""``report.html``: one run on one page that needs nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from ...data.queries import Side
from ...errors import DataError
from ..log import read_lines
from ..ranking.files import RankFile, read_ranks, replacing
from ..ranking.groups import Grouping, group_metrics
from ..ranking.link_prediction import by_side
from .figures import Curve, learning_curves, rank_histogram, relation_bars

_RELATIONS, _WORST = 20, 15
_TITLES = {"mrr": "MRR", "mr": "MR", "amri": "AMRI", "adjusted_mrr": "adjusted MRR"}
_SHOWN_GROUPS = (
    *("category", "category x side", "gold", "query entity", "relation in train", "pair"),
    *("gold frequency", "query frequency"),
)


@dataclass(frozen=True)
class Plot:
    """An SVG with the sentence that stands for it where it cannot be seen."""

    svg: str
    alt: str


@dataclass(frozen=True)
class MetricTable:
    """Rows of (name, cells); a cell is text, ready to show."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Worst:
    """One badly ranked query, in readable names."""

    rank: str
    candidates: int
    query: tuple[str, str, str]
    gold: str
    score: float
    top: tuple[tuple[str, float], ...]


def write_report(run: Path, names: Mapping[str, str] | None = None) -> Path:
    """Write ``report.html`` from what the run folder holds, and return its path.

    Uses ``metrics.jsonl`` (learning curves), ``metrics.json`` (protocol, metrics, controls),
    ``ranks.jsonl`` (histogram, relations, groups, worst examples) and ``config.yaml``; a part whose file
    is missing is left out.

    Args:
        run: the run folder.
        names: readable names by entity or relation label; labels without one are shown as they are.

    Raises:
        DataError: the folder holds none of these files.
        ReadError: ``ranks.jsonl`` is malformed.
    """
    from jinja2 import Environment

    events = read_lines(run / "metrics.jsonl")
    ranks = read_ranks(run / "ranks.jsonl") if (run / "ranks.jsonl").exists() else None
    result = json.loads(_text(run / "metrics.json") or "{}")
    if not (events or ranks or result):
        raise DataError(f"{run} holds no metrics.jsonl, metrics.json or ranks.jsonl; train or evaluate first")
    names = names or {}
    protocol = result.get("protocol", {})
    page = (
        Environment(autoescape=True)
        .from_string(_template())
        .render(
            title=f"{protocol.get('model') or run.name} on {protocol.get('data') or 'its data'}",
            run=run.name,
            protocol=protocol,
            tables=list(_metric_tables(result)),
            plots=list(_plots(events, ranks, names)),
            groups=_groups(ranks),
            worst=_worst(ranks, protocol.get("ties", "realistic"), names),
            config=_text(run / "config.yaml"),
        )
    )
    path = run / "report.html"
    with replacing(path) as out:
        out.write(page)
    return path


def _metric_tables(result: Mapping[str, Any]) -> Iterator[MetricTable]:
    """One table by side under the protocol's tie rule, one by tie rule, controls in both's row."""
    metrics: Mapping[str, float] = result.get("metrics", {})
    if not metrics:
        return
    headline = result["protocol"]["headline"]  # test/both.realistic.mrr
    split, rest = headline.split("/")
    side, ties, _ = rest.split(".", 2)
    hits = sorted({n.split(".")[-1] for n in metrics if ".hits@" in n}, key=lambda n: int(n[5:]))
    columns = ("mrr", *hits, "mr", *(("amri", "adjusted_mrr") if ties == "realistic" else ()))
    sides = [s for s in ("both", "tail", "head") if f"{split}/{s}.count" in metrics]
    rows = [
        (f"{s} ({int(metrics[f'{split}/{s}.count']):,})", _cells(result, f"{split}/{s}.{ties}", columns))
        for s in sides
    ]
    for name, values in result.get("controls", {}).items():
        rows.append((f"control: {name}", _cells({"metrics": values}, f"{split}/{side}.{ties}", columns)))
    yield MetricTable(f"{split}, {ties} ranks", _titles(columns), tuple(rows))
    rules = ("optimistic", "realistic", "pessimistic")
    plain = ("mrr", *hits, "mr")
    by_rule = [(rule, _cells({"metrics": metrics}, f"{split}/{side}.{rule}", plain)) for rule in rules]
    yield MetricTable(f"{split}, {side}: how much ties matter", _titles(plain), tuple(by_rule))


def _titles(columns: Sequence[str]) -> tuple[str, ...]:
    return tuple(_TITLES.get(c, c.capitalize()) for c in columns)


def _cells(result: Mapping[str, Any], prefix: str, columns: Sequence[str]) -> tuple[str, ...]:
    return tuple(_cell(result, f"{prefix}.{column}") for column in columns)


def _cell(result: Mapping[str, Any], name: str) -> str:
    digits = 1 if name.endswith(".mr") else 3
    bounds = result.get("intervals", {}).get(name) or ()
    spread = ", ".join(_number(bound, digits) for bound in bounds)
    return _number(result["metrics"].get(name), digits) + (f" [{spread}]" if spread else "")


def _plots(
    events: Sequence[Mapping[str, Any]], ranks: RankFile | None, names: Mapping[str, str]
) -> Iterator[Plot]:
    train = [e for e in events if e["event"] == "train" and e.get("loss") is not None]
    curves = dict(_validation_curves(events))
    if train:
        losses = [e["loss"] for e in train]
        last = ", ".join(f"{name} ends at {values[-1]:.3f}" for name, (_, values) in curves.items())
        alt = f"Training loss from {losses[0]:.3f} to {losses[-1]:.3f}; {last or 'no validation'}."
        yield Plot(learning_curves(([e["step"] for e in train], losses), curves), alt)
    if ranks is None or not len(ranks.table):
        return
    sides = {name: part.ranks().realistic for name, part in by_side(ranks.table) if name != "both"}
    said = (
        f"{name}: {(r < 2).mean():.0%} below rank 2, median {np.median(r):g}" for name, r in sides.items()
    )
    yield Plot(rank_histogram(sides), f"Share of queries by rank of the gold. {'; '.join(said)}.")
    relation = Grouping("relation", ranks.relations.labels, ranks.table.relation)
    rows = sorted(group_metrics(ranks.table, [relation]), key=lambda row: -row.count)[:_RELATIONS]
    bars = [(names.get(row.group, row.group), row.count, row.metrics["mrr"]) for row in rows]
    best, worst = (pick(bars, key=lambda bar: bar[2]) for pick in (max, min))
    ends = f"best {best[0]} {best[2]:.3f}, worst {worst[0]} {worst[2]:.3f}"
    alt = f"MRR of the {len(bars)} most frequent relations: {ends}."
    yield Plot(relation_bars(bars), alt)


def _validation_curves(events: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Curve]]:
    """MRR on validation of both, tail and head; realistic ranks."""
    evaluations = [e for e in events if e["event"] == "eval" and e.get("split", "valid") == "valid"]
    for side in ("both", "tail", "head"):
        key = f"valid/{side}.realistic.mrr"
        points = [(e["step"], e["metrics"][key]) for e in evaluations if e["metrics"].get(key) is not None]
        if points:
            steps, values = zip(*points, strict=True)
            yield f"MRR, {side}", (steps, values)


def _groups(ranks: RankFile | None) -> list[MetricTable]:
    """The groupings that fit on a page and divide the rows at all."""
    if ranks is None:
        return []
    columns = ("mrr", "hits@10", "amri")
    shown = [g for g in ranks.groupings if g.name in _SHOWN_GROUPS]
    shown += [g for g in ranks.groupings if g.labels and set(g.labels) <= {"no", "yes"}]
    tables = []
    for grouping in shown:
        rows = group_metrics(ranks.table, [grouping])
        if len(rows) > 1:
            body = ((r.group, (f"{r.count:,}", *(_number(r.metrics[c]) for c in columns))) for r in rows)
            tables.append(MetricTable(grouping.name, ("queries", *_titles(columns)), tuple(body)))
    return tables


def _worst(ranks: RankFile | None, ties: str, names: Mapping[str, str]) -> list[Worst]:
    """The golds that rank last among their candidates."""
    if ranks is None:
        return []
    table = ranks.table
    place = table.ranks().of(ties)

    def entity(i: int) -> str:
        label = ranks.entities.label(i)
        return names.get(label, label)

    examples = []
    for i in np.argsort(-place, kind="stable")[:_WORST].tolist():
        relation = ranks.relations.label(int(table.relation[i]))
        asks_tail = table.side[i] == Side.TAIL
        ends = (entity(table.head[i]), "?") if asks_tail else ("?", entity(table.tail[i]))
        best = () if ranks.top is None else zip(ranks.top[0][i], ranks.top[1][i], strict=True)
        examples.append(
            Worst(
                rank=f"{place[i]:g}",
                candidates=int(table.candidates[i]),
                query=(ends[0], names.get(relation, relation), ends[1]),
                gold=entity(table.gold[i]),
                score=float(table.gold_score[i]),
                top=tuple((entity(e), float(score)) for e, score in best if e >= 0),
            )
        )
    return examples


def _number(value: float | None, digits: int = 3) -> str:
    if value is None or not np.isfinite(value):
        return "–"
    return f"{round(value, digits) + 0.0:.{digits}f}"  # + 0.0: never "-0.000"


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _template() -> str:
    return resources.files(__package__).joinpath("report.html.j2").read_text(encoding="utf-8")
