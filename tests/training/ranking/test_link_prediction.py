"""From a scorer and triples to a table of ranks and named metrics."""

from __future__ import annotations

import socket
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

from kgllm.data.dataset import Dataset
from kgllm.errors import DataError
from kgllm.kg.vocab import Vocab
from kgllm.training.ranking.config import SELECTION_FILTER, EvalConfig
from kgllm.training.ranking.link_prediction import (
    by_side,
    chunk_size,
    evaluating,
    flat_metrics,
    gather_ranks,
    headline,
    known_answers,
    rank_triples,
    trace,
)
from kgllm.training.ranking.ranks import TIES
from kgllm.training.ranking.table import RankTable, merge
from kgllm.training.task import Runtime

ENTITIES, RELATIONS = 30, 4
COLUMNS = RankTable.__dataclass_fields__


class Bilinear:
    """Small integer weights: scores are exact, ties are common. Counts the queries it encodes."""

    def __init__(self):
        generator = torch.Generator().manual_seed(5)
        self.entities = torch.randint(-2, 3, (ENTITIES, 6), generator=generator).float()
        self.relations = torch.randint(-2, 3, (2, RELATIONS, 6), generator=generator).float()
        self.num_entities = ENTITIES
        self.encoded = 0

    def encode(self, queries):
        self.encoded += len(queries.source)
        return self.entities[queries.source] * self.relations[queries.side, queries.relation]

    def score(self, encoded, start, stop):
        return encoded @ self.entities[start:stop].T


@pytest.fixture(scope="module")
def dataset():
    """Random triples; test holds one triple twice, one query with many answers, one unseen entity."""
    rng = np.random.default_rng(1)
    rows = np.stack([rng.integers(n, size=220) for n in (ENTITIES - 1, RELATIONS, ENTITIES - 1)], axis=1)
    rows = np.unique(rows, axis=0)
    rng.shuffle(rows)
    hub = np.array([(3, 1, t) for t in range(8, 14)])
    test = np.concatenate([rows[160:190], rows[160:161], hub, [(0, 0, ENTITIES - 1)]])
    return Dataset(
        "toy",
        Vocab(f"e{i}" for i in range(ENTITIES)),
        Vocab(f"r{i}" for i in range(RELATIONS)),
        train=rows[:140],
        valid=rows[140:160],
        test=test,
    )


def rank(dataset, splits=("train", "valid", "test"), runtime=None, **config):
    known = known_answers(dataset, splits)
    return rank_triples(Bilinear(), dataset.test, known, EvalConfig(**config), runtime)


def equal(a, b):
    return all((getattr(a, name) == getattr(b, name)).all() for name in COLUMNS)


def by_loop(dataset, splits):
    """Rows of (triple, side, greater, equal, candidates), one query after the other."""
    scorer = Bilinear()
    known = {tuple(map(int, row)) for split in splits for row in dataset.split(split)}
    for i, (h, r, t) in enumerate(dataset.test.tolist()):
        for side, (source, gold) in enumerate(((h, t), (t, h))):
            scores = scorer.entities @ (scorer.entities[source] * scorer.relations[side, r])
            others = [
                e
                for e in range(ENTITIES)
                if e != gold and ((h, r, e) if side == 0 else (e, r, t)) not in known
            ]
            own = scores[gold]
            greater = sum(bool(scores[e] > own) for e in others)
            same = sum(bool(scores[e] == own) for e in others)
            yield (i, side, greater, same, len(others) + 1)


@pytest.mark.parametrize("splits", [(), ("train",), SELECTION_FILTER, ("train", "valid", "test")])
def test_every_row_equals_a_loop_over_entities(dataset, splits):
    table = rank(dataset, splits)
    columns = (table.triple, table.side, table.greater, table.equal, table.candidates)
    assert list(zip(*(c.tolist() for c in columns), strict=True)) == list(by_loop(dataset, splits))


def test_t23_the_filter_includes_valid(dataset):
    gold, known = 5, 6
    scores = np.full(ENTITIES, -1.0)
    scores[gold], scores[known] = 1, 2  # the valid answer would win

    class Fixed(Bilinear):
        def score(self, encoded, start, stop):
            return torch.tensor(scores[start:stop]).float().expand(len(encoded), -1)

    splits = {"train": np.zeros((0, 3), dtype=np.int64), "valid": np.array([(0, 0, known)])}
    made = Dataset("x", dataset.entities, dataset.relations, **splits, test=np.array([(0, 0, gold)]))
    config = EvalConfig(sides="tail")
    for filtered, expected in ((config.filter, 1), (SELECTION_FILTER, 1), (("train", "test"), 2)):
        table = rank_triples(Fixed(), made.test, known_answers(made, filtered), config)
        assert table.ranks().realistic.tolist() == [expected]


def test_selection_never_filters_by_test():
    assert SELECTION_FILTER == ("train", "valid")


def test_t26_filtered_ranks_are_no_worse_and_both_pools_the_sides(dataset):
    raw, filtered = rank(dataset, ()), rank(dataset)
    assert (filtered.ranks().pessimistic <= raw.ranks().pessimistic).all()
    assert (filtered.ranks().optimistic <= raw.ranks().optimistic).all()
    config = EvalConfig()
    metrics = flat_metrics(filtered, "test", config)
    for ties in TIES:
        head, tail = (metrics[f"test/{side}.{ties}.mrr"] for side in ("head", "tail"))
        assert metrics[f"test/both.{ties}.mrr"] == pytest.approx((head + tail) / 2)
    assert metrics["test/both.count"] == metrics["test/head.count"] + metrics["test/tail.count"]
    assert set(metrics) >= {
        "test/head.realistic.hits@10",
        "test/both.realistic.amri",
        headline(config, "test"),
    }


@pytest.mark.parametrize("config", [{"batch_queries": 1}, {"chunk_entities": 1}, {"chunk_entities": 7}])
def test_t10_batches_and_chunks_change_nothing(dataset, config):
    assert equal(rank(dataset, **config), rank(dataset))


@pytest.mark.parametrize("world", [2, 3, 100])
def test_shards_add_up(dataset, world):
    runtimes = [Runtime(rank=r, world=world) for r in range(world)]
    parts = [rank(dataset, runtime=runtime, batch_queries=5) for runtime in runtimes]
    assert sum(map(len, parts)) == 2 * len(dataset.test)
    assert equal(merge(parts), rank(dataset))


def test_each_distinct_query_is_scored_once(dataset):
    scorer, seen = Bilinear(), []
    config = EvalConfig(batch_queries=8)
    table = rank_triples(scorer, dataset.test, None, config, progress=lambda *x: seen.append(x))
    distinct = {tuple(row) for row in zip(table.source, table.relation, table.side, strict=True)}
    assert scorer.encoded == len(distinct) < len(table)
    assert seen[-1] == (len(distinct), len(distinct))


def test_one_side_alone(dataset):
    table = rank(dataset, sides="head")
    assert [name for name, _ in by_side(table)] == ["head"]
    config = EvalConfig(sides="head", ties="pessimistic")
    assert headline(config) == "valid/head.pessimistic.mrr"
    assert headline(config, "test") in flat_metrics(table, "test", config)


def test_an_empty_split_is_refused(dataset):
    with pytest.raises(DataError, match="no triples"):
        rank_triples(Bilinear(), dataset.test[:0], None, EvalConfig())


def test_chunk_is_chosen_from_memory():
    assert chunk_size(EvalConfig(), 10) == 10
    assert chunk_size(EvalConfig(batch_queries=256), 10**9) == 2**18
    assert chunk_size(EvalConfig(chunk_entities=3), 10) == 3


def test_trace_gives_the_best_entities_beside_the_known_ones(dataset):
    table = rank(dataset)
    config = EvalConfig(trace_top=3, chunk_entities=7, batch_queries=5)
    known = known_answers(dataset, config.filter)
    ids, scores = trace(Bilinear(), table, known, config)
    assert ids.shape == (len(table), 3)
    answers = {tuple(row) for row in dataset.all_triples.tolist()}
    for row, (best, best_score) in enumerate(zip(ids, scores, strict=True)):
        assert all(
            (table.head[row], table.relation[row], e) not in answers for e in best if table.side[row] == 0
        )
        better = (best_score > table.gold_score[row]).sum()
        assert better == min(3, table.greater[row])


def test_evaluating_restores_modes_and_random_states():
    model = nn.Sequential(nn.Dropout(), nn.Sequential(nn.Dropout()).eval())
    state = torch.random.get_rng_state()
    with evaluating(model):
        assert not any(module.training for module in model.modules())
        assert not torch.is_grad_enabled()
        torch.rand(3)
    assert [module.training for module in model.modules()] == [True, True, False, False]
    assert (torch.random.get_rng_state() == state).all()
    with pytest.raises(RuntimeError, match="x"), evaluating(model):
        raise RuntimeError("x")
    assert model.training
    assert torch.is_grad_enabled()


def test_gather_without_processes_is_the_table(dataset):
    table = rank(dataset)
    assert gather_ranks(table) is table


WORKER = """
import sys, torch, numpy as np
from kgllm.training.ranking.link_prediction import gather_ranks
from kgllm.training.ranking.table import RankTable
rank = int(sys.argv[1])
torch.distributed.init_process_group("gloo", init_method=sys.argv[2], rank=rank, world_size=2)
own = np.array([rank])
table = gather_ranks(RankTable(own, *[own] * 7, own.astype(np.float32)))
assert table.triple.tolist() == [0, 1], table.triple
torch.distributed.destroy_process_group()
"""


def test_two_processes_gather_the_whole_table():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    workers = [subprocess.Popen([sys.executable, "-c", WORKER, str(rank), address]) for rank in (0, 1)]
    assert [worker.wait(timeout=120) for worker in workers] == [0, 0]
