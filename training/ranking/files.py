"""``ranks.jsonl``: one line per ranked query, from which every table can be rebuilt."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from ...data.queries import Side
from ...errors import ReadError
from ...kg.vocab import Vocab
from .groups import Grouping
from .ranks import Floats, Ints
from .table import RankTable

_DERIVED = ("side", "relation", "relation x side")
"""Groupings that a line's own fields give; they are not repeated in its groups."""


@dataclass(frozen=True, eq=False)
class RankFile:
    """What ``ranks.jsonl`` holds.

    Attributes:
        table: the ranks.
        entities, relations: labels of the ids in ``table``.
        groupings: how rows are grouped, beyond side and relation.
        top: ids (−1: none) and scores of the best entities of each row, both (n, k), or ``None``.
    """

    table: RankTable
    entities: Vocab
    relations: Vocab
    groupings: Sequence[Grouping] = ()
    top: tuple[Ints, Floats] | None = field(default=None)


def write_ranks(path: Path, ranks: RankFile) -> None:
    """Write the file whole or not at all.

    Fields of a line: ``triple`` (row in the split), ``side`` (``tail`` or ``head``: what was asked for),
    ``head``, ``relation``, ``tail`` (labels), ``optimistic``, ``realistic``, ``pessimistic``,
    ``candidates``, ``greater``, ``equal``, ``score`` (of the gold), ``groups`` (name → group), and with a
    trace ``top``, a list of [label, score], best first.
    """
    with replacing(path) as out:
        for line in _lines(ranks):
            out.write(json.dumps(line, ensure_ascii=False) + "\n")


def read_ranks(path: Path) -> RankFile:
    """Read a file back. Ids are positions among the sorted labels that occur in it.

    Raises:
        ReadError: a line is not what ``write_ranks`` writes.
    """
    rows: list[dict[str, Any]] = []
    with path.open(encoding="utf-8") as lines:
        for number, text in enumerate(lines, 1):
            try:
                row = json.loads(text)
                rows.append({name: row[name] for name in _FIELDS} | {"top": row.get("top")})
            except (ValueError, KeyError, TypeError) as error:
                problem = f"expected a line of ranks.jsonl, found {type(error).__name__}: {error}"
                raise ReadError(path, number, problem, text=text, fix="rank the split again") from error
    tops = [row["top"] for row in rows]
    labels = {label for row in rows for label in (row["head"], row["tail"])}
    labels |= {label for top in tops for label, _ in top or ()}
    entities, relations = Vocab(sorted(labels)), Vocab(sorted({row["relation"] for row in rows}))
    table = _table(rows, entities, relations)
    return RankFile(table, entities, relations, _groupings(rows), _tops(tops, entities))


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """A text file that appears under its name only when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8", newline="\n") as out:
        yield out
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)


_FIELDS = (
    "triple", "side", "head", "relation", "tail", "candidates", "greater", "equal", "score", "groups",
)  # fmt: skip


def _lines(ranks: RankFile) -> Iterator[Mapping[str, Any]]:
    table, entities, relations = ranks.table, ranks.entities.labels, ranks.relations.labels
    counts = table.ranks()
    groups = {g.name: g.values() for g in ranks.groupings if g.name not in _DERIVED}
    for i in range(len(table)):
        line: dict[str, Any] = {
            "triple": int(table.triple[i]),
            "side": Side(table.side[i]).name.lower(),
            "head": entities[table.head[i]],
            "relation": relations[table.relation[i]],
            "tail": entities[table.tail[i]],
            "optimistic": int(counts.optimistic[i]),
            "realistic": float(counts.realistic[i]),
            "pessimistic": int(counts.pessimistic[i]),
            "candidates": int(table.candidates[i]),
            "greater": int(table.greater[i]),
            "equal": int(table.equal[i]),
            "score": float(f"{table.gold_score[i]:.9g}"),
            "groups": {name: values[i] for name, values in groups.items()},
        }
        if ranks.top is not None:
            best = zip(ranks.top[0][i], ranks.top[1][i], strict=True)
            line["top"] = [[entities[e], float(f"{score:.9g}")] for e, score in best if e >= 0]
        yield line


def _table(rows: Sequence[Mapping[str, Any]], entities: Vocab, relations: Vocab) -> RankTable:
    def column(name: str) -> Ints:
        return np.array([row[name] for row in rows], dtype=np.int64)

    def ids(name: str, vocab: Vocab) -> Ints:
        return np.array([vocab.id(row[name]) for row in rows], dtype=np.int64)

    return RankTable(
        column("triple"),
        np.array([Side[row["side"].upper()] for row in rows], dtype=np.int64),
        ids("head", entities),
        ids("relation", relations),
        ids("tail", entities),
        column("greater"),
        column("equal"),
        column("candidates"),
        np.array([row["score"] for row in rows], dtype=np.float32),
    )


def _groupings(rows: Sequence[Mapping[str, Any]]) -> list[Grouping]:
    result = []
    for name in rows[0]["groups"] if rows else ():
        labels, codes = np.unique([row["groups"][name] for row in rows], return_inverse=True)
        result.append(Grouping(name, tuple(labels.tolist()), codes.astype(np.int64)))
    return result


def _tops(tops: Sequence[list[tuple[str, float]] | None], entities: Vocab) -> tuple[Ints, Floats] | None:
    k = max((len(top) for top in tops if top is not None), default=0)
    if not k:
        return None
    ids = np.full((len(tops), k), -1, dtype=np.int64)
    scores = np.full((len(tops), k), -np.inf)
    for i, top in enumerate(tops):
        for j, (label, score) in enumerate(top or ()):
            ids[i, j], scores[i, j] = entities.id(label), score
    return ids, scores
