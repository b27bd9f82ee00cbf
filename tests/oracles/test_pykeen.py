"""Ranks and metrics equal PyKEEN's, an implementation that shares no line with ours.

Weights are multiples of a power of two so small that every score is exact in float32: whatever the
order of additions, both sides see the same numbers, and coarse weights give real ties.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch

from kgllm.data.queries import AnswerTable
from kgllm.training.ranking.config import EvalConfig
from kgllm.training.ranking.link_prediction import rank_triples
from kgllm.training.ranking.ranks import HITS, TIES, Ranks, adjusted_metrics, base_metrics

DIM = 8
SETS = ("nations", "kinships", "umls")
BASE = {
    "mr": "arithmetic mean rank",
    "mrr": "inverse harmonic mean rank",
    "gmr": "geometric mean rank",
    "hmr": "harmonic mean rank",
    "imr": "inverse arithmetic mean rank",
    "igmr": "inverse geometric mean rank",
    "median": "median rank",
    "std": "standard deviation",
    "var": "variance",
    "count": "count",
} | {f"hits@{k}": "hits at k" for k in HITS}
ADJUSTED = {
    "amr": "adjusted arithmetic mean rank",
    "amri": "adjusted arithmetic mean rank index",
    "adjusted_mrr": "adjusted inverse harmonic mean rank",
    "z_mr": "z arithmetic mean rank",
    "z_mrr": "z inverse harmonic mean rank",
} | {f"{kind}_hits@{k}": f"{kind} hits at k" for k in HITS for kind in ("adjusted", "z")}


class DistMult:
    """⟨e_source, w_relation, e_candidate⟩ for both sides."""

    def __init__(self, entities, relations):
        self.entities, self.relations, self.num_entities = entities, relations, len(entities)

    def encode(self, queries):
        return self.entities[queries.source] * self.relations[queries.relation]

    def score(self, encoded, start, stop):
        return encoded @ self.entities[start:stop].T


def read(folder):
    """Train, valid and test as ids, in sorted label order."""
    rows = [
        [line.split("\t") for line in (folder / f"{s}.txt").read_text().splitlines()]
        for s in ("train", "valid", "test")
    ]
    triples = [row for split in rows for row in split]
    entities = {label: i for i, label in enumerate(sorted({x for h, _, t in triples for x in (h, t)}))}
    relations = {label: i for i, label in enumerate(sorted({r for _, r, _ in triples}))}
    splits = [np.array([(entities[h], relations[r], entities[t]) for h, r, t in split]) for split in rows]
    return splits, len(entities), len(relations)


@pytest.fixture(scope="module")
def pykeen():
    """Only what is used; PyKEEN's own deprecation warnings are none of our business."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pykeen.evaluation
        import pykeen.models
        import pykeen.triples
    return pykeen


def weights(shape, step):
    generator = torch.Generator().manual_seed(3)
    return torch.randint(-round(1 / step), round(1 / step) + 1, shape, generator=generator) * step


def theirs(pykeen, splits, entities, relations):
    """(side, tie rule) → float64 ranks and side → candidates: filtered by train, valid and test."""
    triples = pykeen.triples.CoreTriplesFactory(
        torch.from_numpy(splits[0]), num_entities=len(entities), num_relations=len(relations)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = pykeen.models.DistMult(triples_factory=triples, embedding_dim=DIM, random_seed=0)
        model.entity_representations[0]._embeddings.weight.data = entities
        model.relation_representations[0]._embeddings.weight.data = relations
        evaluator = pykeen.evaluation.RankBasedEvaluator(filtered=True, clear_on_finalize=False)
        evaluator.evaluate(
            model,
            torch.from_numpy(splits[2]),
            batch_size=64,
            use_tqdm=False,
            additional_filter_triples=[torch.from_numpy(s) for s in splits[:2]],
        )
    ranks = {key: np.concatenate(parts).astype(np.float64) for key, parts in evaluator.ranks.items()}
    return ranks, {key: np.concatenate(parts) for key, parts in evaluator.num_candidates.items()}


def metric(name, key, ranks, **how):
    """PyKEEN's value of our metric ``key``; its metrics take the k of hits as an argument."""
    from pykeen.metrics.ranking import rank_based_metric_resolver as resolver

    k = {"k": int(key.split("@")[1])} if "@" in key else {}
    return resolver.make(name.replace(" ", ""), k)(ranks=ranks, **how)


@pytest.mark.parametrize("step", [1.0, 2**-6], ids=["many ties", "few ties"])
@pytest.mark.parametrize("name", SETS)
def test_t24_ranks_and_metrics_equal_pykeen_s(pykeen, data_root, name, step):
    splits, num_entities, num_relations = read(data_root(name))
    entities, relations = weights((num_entities, DIM), step), weights((num_relations, DIM), step)
    expected, candidates = theirs(pykeen, splits, entities.clone(), relations.clone())

    known = AnswerTable.build(np.concatenate(splits), num_entities, num_relations)
    config = EvalConfig(batch_queries=50, chunk_entities=num_entities // 3)
    table = rank_triples(DistMult(entities, relations), splits[2], known, config)

    assert (table.equal > 0).mean() > 0.1 or step < 1
    for side, key in ((0, "tail"), (1, "head")):
        rows = table.take(table.side == side)
        assert rows.triple.tolist() == list(range(len(splits[2])))
        assert rows.candidates.tolist() == candidates[key].tolist()
        for ties in TIES:
            ranks = expected[key, ties]
            assert rows.ranks().of(ties).tolist() == ranks.tolist()
            own = base_metrics(rows.ranks(), ties)
            for ours, words in BASE.items():
                assert own[ours] == pytest.approx(metric(words, ours, ranks), rel=1e-9)
        adjusted, ranks = adjusted_metrics(rows.ranks()), expected[key, "realistic"]
        for ours, words in ADJUSTED.items():
            value = metric(words, ours, ranks, num_candidates=candidates[key])
            assert adjusted[ours] == pytest.approx(value, rel=1e-9, abs=1e-9)


@pytest.mark.usefixtures("pykeen")
def test_macro_averages_equal_pykeen_s_weighted_metrics():
    rng = np.random.default_rng(0)
    candidates = rng.integers(2, 15_000, size=200)
    greater = rng.integers(0, candidates - 1)
    weight = rng.choice([0.25, 0.5, 1.0], size=200)
    ranks = Ranks(greater, rng.integers(0, 2, size=200), candidates, weight)
    own = base_metrics(ranks) | adjusted_metrics(ranks)
    weighted = {key: BASE[key] for key in ("mrr", "mr", "gmr", "hmr", "hits@10")} | ADJUSTED
    for ours, name in weighted.items():
        value = metric(name, ours, ranks.realistic, num_candidates=candidates, weights=weight)
        assert own[ours] == pytest.approx(value, rel=1e-9)
