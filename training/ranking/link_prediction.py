"""Filtered ranking of a split: from a scorer and triples to a table of ranks and named metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ...data.dataset import Dataset, Triples
from ...data.queries import AnswerTable, Queries, Side, ask
from ...errors import DataError
from ...heads.base import QueryBatch, QueryScorer
from ...heads.counters import Pairs, RankCounts, Tolerance, count_ranks, top_k
from ..task import Runtime
from .config import EvalConfig
from .ranks import TIES, Floats, Ints, adjusted_metrics, base_metrics
from .table import RankTable, merge

Progress = Callable[[int, int], None]
"""Called with (distinct queries ranked, distinct queries in all) after each batch."""

_SCORES = 2**26
"""Floats in one slice of scores when the chunk is chosen for the user: 256 MiB."""


def known_answers(dataset: Dataset, splits: Sequence[str]) -> AnswerTable | None:
    """The answers to leave out of the ranking: those in ``splits``; ``None`` without splits (raw ranks)."""
    if not splits:
        return None
    triples = np.concatenate([dataset.split(name) for name in splits])
    return AnswerTable.build(triples, len(dataset.entities), len(dataset.relations))


def rank_triples(
    scorer: QueryScorer,
    triples: Triples,
    known: AnswerTable | None,
    config: EvalConfig,
    runtime: Runtime | None = None,
    progress: Progress | None = None,
) -> RankTable:
    """Rank every gold of ``triples`` among all entities, ``known`` answers left out.

    Each distinct query is scored once, however many triples ask it. Counters are integers, so the table
    does not depend on batch, chunk or number of processes.

    Args:
        scorer: the model, in evaluation mode (see ``evaluating``).
        triples: (n, 3) int64; a triple that occurs twice is ranked twice.
        known: from ``known_answers``.
        config: protocol and batch sizes.
        runtime: device; with ``world`` > 1 only this rank's share is ranked (see ``gather_ranks``).
        progress: called after each batch.

    Raises:
        DataError: there are no triples.
        ScoreError: a score is NaN or infinite.
    """
    if not len(triples):
        raise DataError("the split holds no triples, so there is nothing to rank; choose another split")
    runtime = runtime or Runtime()
    plan = _Plan.build(triples, config.sides)
    parts = []
    for batch in plan.batches(config.batch_queries, runtime.rank, runtime.world):
        with torch.no_grad():
            counts = _rank_batch(scorer, plan, batch, known, (config, runtime.device))
        parts.append(plan.table(batch.rows, counts))
        if progress is not None:
            progress(batch.stop, len(plan.queries))
    return merge(parts or [plan.table(np.zeros(0, dtype=np.int64), _no_counts())])


def trace(
    scorer: QueryScorer,
    table: RankTable,
    known: AnswerTable | None,
    config: EvalConfig,
    runtime: Runtime | None = None,
) -> tuple[Ints, Floats]:
    """The ``config.trace_top`` best entities of each row's query, known answers left out.

    Returns:
        (n, k) entity ids, −1 where fewer are left, and their scores.
    """
    runtime = runtime or Runtime()
    ids = np.full((len(table), config.trace_top), -1, dtype=np.int64)
    scores = np.full(ids.shape, -np.inf)
    queries, row_query = _distinct(table.queries)
    chunk = chunk_size(config, scorer.num_entities)
    best: tuple[list[Tensor], list[Tensor]] = ([], [])
    for start in range(0, len(queries), config.batch_queries):
        part = queries.take(slice(start, start + config.batch_queries))
        with torch.no_grad():
            encoded = scorer.encode(_to_batch(part, runtime.device))
            exclude = _known_pairs(known, part, runtime.device)
            found = top_k(scorer, encoded, config.trace_top, exclude, chunk=chunk)
        best[0].append(found.ids.cpu())
        best[1].append(found.scores.cpu())
    if len(queries):
        ids[:], scores[:] = (torch.cat(column).numpy()[row_query] for column in best)
    return ids, scores


def gather_ranks(table: RankTable) -> RankTable:
    """All processes' parts, merged, on every process; the table itself without torch.distributed."""
    if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return table
    parts: list[RankTable] = [table] * torch.distributed.get_world_size()
    torch.distributed.all_gather_object(parts, table)
    return merge(parts)


def flat_metrics(table: RankTable, split: str, config: EvalConfig) -> dict[str, float]:
    """Metrics by name, such as ``valid/both.realistic.mrr`` or ``test/head.realistic.hits@10``.

    For each side in the table (and ``both``): ``count``; under each tie rule ``mrr``, ``mr``, ``hits@k``;
    from realistic ranks also ``amri`` and ``adjusted_mrr``.
    """
    metrics: dict[str, float] = {}
    for side, part in by_side(table):
        ranks = part.ranks(config.average)
        metrics[f"{split}/{side}.count"] = float(len(ranks))
        for ties in TIES:
            values = base_metrics(ranks, ties, config.hits)
            kept = ("mrr", "mr", *(f"hits@{k}" for k in config.hits))
            metrics |= {f"{split}/{side}.{ties}.{name}": values[name] for name in kept}
        adjusted = adjusted_metrics(ranks, config.hits)
        metrics |= {f"{split}/{side}.realistic.{name}": adjusted[name] for name in ("amri", "adjusted_mrr")}
    return metrics


def by_side(table: RankTable) -> Iterator[tuple[str, RankTable]]:
    """``both``, ``tail``, ``head`` and their rows; one side alone has no ``both``."""
    sides = [(side.name.lower(), table.side == side) for side in Side]
    present = [(name, table.take(mask)) for name, mask in sides if mask.any()]
    if len(present) == 2:
        yield "both", table
    yield from present


def headline(config: EvalConfig, split: str = "valid") -> str:
    """Name of the metric that stands for a model: MRR under the protocol's sides and tie rule."""
    return f"{split}/{config.sides}.{config.ties}.mrr"


def chunk_size(config: EvalConfig, entities: int) -> int:
    """Entities scored together: as configured, or as many as a slice of 256 MiB holds."""
    return config.chunk_entities or max(1, min(entities, _SCORES // config.batch_queries))


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """No gradients, every module in evaluation mode; modes and random states are put back at the end."""
    modes = {module: module.training for module in model.modules()}
    devices = {p.device.index or 0 for p in model.parameters() if p.device.type == "cuda"}
    model.eval()
    try:
        with torch.no_grad(), torch.random.fork_rng(sorted(devices)):
            yield
    finally:
        for module, training in modes.items():
            module.training = training


@dataclass(frozen=True)
class _Batch:
    start: int
    stop: int
    rows: Ints  # positions in the plan whose query is start … stop − 1


@dataclass(frozen=True)
class _Plan:
    """Every row to rank, and the distinct queries the rows ask."""

    triples: Triples
    triple: Ints
    side: Ints
    gold: Ints
    row_query: Ints
    queries: Queries

    @classmethod
    def build(cls, triples: Triples, sides: str) -> _Plan:
        wanted = [side for side in Side if sides in ("both", side.name.lower())]
        asked, golds = zip(*(ask(triples, side) for side in wanted), strict=True)
        names = ("source", "relation", "side")
        rows = Queries(*(np.concatenate([getattr(part, name) for part in asked]) for name in names))
        queries, row_query = _distinct(rows)
        triple = np.tile(np.arange(len(triples)), len(wanted))
        return cls(triples, triple, rows.side, np.concatenate(golds), row_query, queries)

    def batches(self, size: int, rank: int, world: int) -> Iterator[_Batch]:
        order = np.argsort(self.row_query, kind="stable")
        total = len(self.queries)
        for start in range(rank * size, total, world * size):
            stop = min(start + size, total)
            low, high = np.searchsorted(self.row_query[order], (start, stop))
            yield _Batch(start, stop, order[low:high])

    def table(self, rows: Ints, counts: RankCounts) -> RankTable:
        head, relation, tail = self.triples[self.triple[rows]].T
        columns = [column.cpu().numpy() for column in counts]
        return RankTable(self.triple[rows], self.side[rows], head, relation, tail, *columns)


def _rank_batch(
    scorer: QueryScorer,
    plan: _Plan,
    batch: _Batch,
    known: AnswerTable | None,
    how: tuple[EvalConfig, torch.device],
) -> RankCounts:
    config, device = how
    queries = plan.queries.take(slice(batch.start, batch.stop))
    return count_ranks(
        scorer,
        scorer.encode(_to_batch(queries, device)),
        _to_pairs(plan.row_query[batch.rows] - batch.start, plan.gold[batch.rows], device),
        _known_pairs(known, queries, device),
        chunk=chunk_size(config, scorer.num_entities),
        tolerance=Tolerance(config.atol, config.rtol),
    )


def _distinct(queries: Queries) -> tuple[Queries, Ints]:
    """Distinct queries sorted by side, relation, source, and the position of each query among them."""
    columns = (queries.side, queries.relation, queries.source)
    key = np.zeros(len(queries), dtype=np.int64)
    for column in columns:
        key = key * (int(column.max(initial=0)) + 1) + column
    _, first, position = np.unique(key, return_index=True, return_inverse=True)
    return queries.take(first), position


def _to_batch(queries: Queries, device: torch.device) -> QueryBatch:
    columns = (queries.source, queries.relation, queries.side)
    return QueryBatch(*(torch.from_numpy(np.ascontiguousarray(c)).to(device) for c in columns))


def _known_pairs(known: AnswerTable | None, queries: Queries, device: torch.device) -> Pairs:
    empty: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
    position, entity = known.known(queries) if known is not None else (empty, empty)
    return _to_pairs(position, entity, device)


def _to_pairs(query: Ints, entity: Ints, device: torch.device) -> Pairs:
    return Pairs(torch.from_numpy(query).to(device), torch.from_numpy(entity).to(device))


def _no_counts() -> RankCounts:
    none = torch.zeros(0, dtype=torch.int64)
    return RankCounts(none, none, none, torch.zeros(0))
