"""Filtered ranking of FB15k-237: PyKEEN's evaluator against ours, same weights, one thread.

    KGLLM_DATA=… python benchmarks/filtered_ranking.py [--json]

ComplEx with 100 complex dimensions and random weights; filter train, valid and test; both sides. Each
round ranks the same slice of test triples with both evaluators, one after the other, and compares CPU
seconds; at the end ours ranks the whole test set. The ranks of the two are compared as well.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kgllm.cli.output import emit, table_of
from kgllm.data import load_dataset
from kgllm.data.dataset import Dataset
from kgllm.data.queries import Side
from kgllm.heads.base import QueryBatch
from kgllm.training.ranking.config import EvalConfig
from kgllm.training.ranking.link_prediction import known_answers, rank_triples

DIM = 100


class ComplEx:
    """Re⟨h, r, conj t⟩ as one real product: a query vector against [Re e, Im e] of every entity."""

    def __init__(self, entities: Tensor, relations: Tensor) -> None:
        self.entities, self.relations, self.num_entities = entities, relations, len(entities)
        self.flat = torch.cat([entities.real, entities.imag], dim=1)

    def encode(self, queries: QueryBatch) -> Tensor:
        relation = self.relations[queries.relation]
        asks_head = (queries.side == Side.HEAD)[:, None]
        query = self.entities[queries.source] * torch.where(asks_head, relation.conj(), relation)
        return torch.cat([query.real, query.imag], dim=1)

    def score(self, encoded: Tensor, start: int, stop: int) -> Tensor:
        return encoded @ self.flat[start:stop].T


class PyKeen:
    """PyKEEN's ComplEx and its rank-based evaluator."""

    def __init__(self, dataset: Dataset) -> None:
        from pykeen.models import ComplEx as Model
        from pykeen.triples import CoreTriplesFactory

        train = CoreTriplesFactory(
            torch.from_numpy(dataset.train),
            num_entities=len(dataset.entities),
            num_relations=len(dataset.relations),
        )
        self.model = Model(triples_factory=train, embedding_dim=DIM, random_seed=0)
        self.model.eval()
        self.known = [torch.from_numpy(dataset.split(name)) for name in ("train", "valid", "test")]

    def weights(self) -> tuple[Tensor, Tensor]:
        """(E, 100) and (R, 100) complex64."""
        with torch.no_grad():
            representations = (self.model.entity_representations[0], self.model.relation_representations[0])
            entities, relations = (one().detach().clone() for one in representations)
        return entities, relations

    def rank(self, triples: np.ndarray, batch_size: int) -> np.ndarray:
        """(2, n) realistic ranks: tails, heads."""
        from pykeen.evaluation import RankBasedEvaluator

        evaluator = RankBasedEvaluator(filtered=True, clear_on_finalize=False)
        evaluator.evaluate(
            self.model,
            torch.from_numpy(triples),
            batch_size=batch_size,
            additional_filter_triples=self.known,
            use_tqdm=False,
        )
        return np.stack([np.concatenate(evaluator.ranks[side, "realistic"]) for side in ("tail", "head")])


def cpu_seconds(function: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    """CPU seconds of one call, and its result."""
    start = time.process_time()
    result = function()
    return time.process_time() - start, result


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Both evaluators on the same slices, then ours on the whole test set."""
    torch.set_num_threads(1)
    dataset = load_dataset("fb15k-237")
    pykeen = PyKeen(dataset)
    scorer = ComplEx(*pykeen.weights())

    def ours(triples: np.ndarray) -> np.ndarray:
        known = known_answers(dataset, ("train", "valid", "test"))  # building the filter counts
        table = rank_triples(scorer, triples, known, EvalConfig())
        return table.ranks().realistic.reshape(-1, 2).T

    rounds = []
    for i in range(arguments.rounds):
        order = np.random.default_rng(i).permutation(len(dataset.test))[: arguments.triples]
        triples = dataset.test[order]
        theirs_s, theirs_ranks = cpu_seconds(lambda t=triples: pykeen.rank(t, arguments.pykeen_batch))
        ours_s, ours_ranks = cpu_seconds(lambda t=triples: ours(t))
        differ = float((np.abs(theirs_ranks - ours_ranks) > 0).mean())
        mrr = [float((1 / ranks).mean()) for ranks in (theirs_ranks, ours_ranks)]
        rounds.append({"pykeen_s": theirs_s, "ours_s": ours_s, "ratio": theirs_s / ours_s})
        rounds[-1] |= {"pykeen_mrr": mrr[0], "ours_mrr": mrr[1], "ranks_that_differ": differ}
    whole, ranks = cpu_seconds(lambda: ours(dataset.test))
    return {
        "data": "fb15k-237",
        "model": f"ComplEx, {DIM} complex dimensions, random weights, seed 0",
        "triples_per_round": arguments.triples,
        "threads": 1,
        "rounds": rounds,
        "median_ratio": median(r["ratio"] for r in rounds) if rounds else None,
        "whole_test": {"triples": len(dataset.test), "ranks": ranks.size, "ours_cpu_s": whole},
    }


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--triples", type=int, default=4096, help="test triples in a round")
    parser.add_argument("--rounds", type=int, default=3, help="paired rounds")
    parser.add_argument("--pykeen-batch", type=int, default=256, help="triples in a batch of PyKEEN's")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = run(arguments)
    title = f"Filtered ranking, {result['model']}, {result['triples_per_round']} triples, CPU seconds"
    columns = ("round", "PyKEEN", "kgllm", "ratio", "MRR PyKEEN", "MRR kgllm")
    names = ("pykeen_s", "ours_s", "ratio", "pykeen_mrr", "ours_mrr")
    rows = [(str(i), *(r[name] for name in names)) for i, r in enumerate(result["rounds"])]
    whole = result["whole_test"]
    rows.append((f"all {whole['triples']} triples", "", whole["ours_cpu_s"], "", "", ""))
    emit(result, as_json=arguments.json, table=table_of(title, columns, rows))


if __name__ == "__main__":
    main()
