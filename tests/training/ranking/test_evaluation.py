"""What an evaluation says and writes: metrics.json, ranks.jsonl."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from kgllm.data.dataset import Dataset, SourceFile
from kgllm.errors import ReadError
from kgllm.kg.vocab import Vocab
from kgllm.training.ranking.baselines import FrequencyScorer
from kgllm.training.ranking.config import EvalConfig
from kgllm.training.ranking.evaluation import RunFacts, evaluate
from kgllm.training.ranking.files import read_ranks
from kgllm.training.ranking.link_prediction import flat_metrics, known_answers, rank_triples, trace

ENTITIES, RELATIONS = 12, 3
FACTS = RunFacts("frequencies", 7, "train triples", "last step")


@pytest.fixture(scope="module")
def dataset():
    """Random triples; the last test triple has an unseen tail."""
    rng = np.random.default_rng(1)
    rows = np.stack([rng.integers(n, size=90) for n in (ENTITIES - 1, RELATIONS, ENTITIES - 1)], axis=1)
    test = np.concatenate([rows[80:], [(0, 0, ENTITIES - 1)]])
    labels = Vocab(f"e{i}" for i in range(ENTITIES)), Vocab(f"r{i}" for i in range(RELATIONS))
    source = SourceFile(Path("toy/test.txt"), "0" * 64, len(test))
    return Dataset("toy", *labels, rows[:60], rows[60:80], test, sources=(source,), notes=("made up",))


def evaluation(dataset, **config):
    config = EvalConfig(bootstrap=50, **config)
    known = known_answers(dataset, config.filter)
    scorer = FrequencyScorer(dataset.train, ENTITIES, RELATIONS)
    table = rank_triples(scorer, dataset.test, known, config)
    top = trace(scorer, table, known, config) if config.trace_top else None
    return evaluate(table, dataset, "test", config, FACTS, top)


def test_written_results_state_the_protocol_and_rebuild_every_table(dataset, tmp_path):
    result = evaluation(dataset, trace_top=2)
    result.write(tmp_path)
    document = json.loads((tmp_path / "metrics.json").read_text())
    assert document == result.to_json()
    assert document["protocol"]["filter"] == ["train", "valid", "test"]
    assert document["protocol"]["files"] == [
        {"name": "test.txt", "sha256": "0" * 64, "rows": len(dataset.test)}
    ]
    facts = {"model": FACTS.model, "seed": 7, "supervision": "train triples", "num_candidates": ENTITIES}
    assert facts.items() <= document["protocol"].items()
    low, high = document["intervals"]["test/both.realistic.mrr"]
    assert low <= document["metrics"]["test/both.realistic.mrr"] <= high

    back = read_ranks(tmp_path / "ranks.jsonl")
    assert flat_metrics(back.table, "test", EvalConfig()) == dict(result.metrics)
    tail = [back.entities.label(i) for i in back.table.tail]
    assert tail == [dataset.entities.label(i) for i in dataset.test[:, 2] for _ in range(2)]
    written = {g.name: g.values() for g in result.ranks.groupings}
    assert all(written[g.name] == g.values() for g in back.groupings)
    labels = [[back.entities.label(i) for i in row] for row in back.top[0]]
    assert labels == [[f"e{i}" for i in row] for row in result.ranks.top[0]]
    assert not list(tmp_path.glob("*.part"))


def test_fields_of_a_line(dataset, tmp_path):
    evaluation(dataset).write(tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "ranks.jsonl").read_text().splitlines()]
    assert len(lines) == 2 * len(dataset.test)
    first = lines[0]
    assert list(first) == [
        *("triple", "side", "head", "relation", "tail", "optimistic", "realistic", "pessimistic"),
        *("candidates", "greater", "equal", "score", "groups"),
    ]
    assert first["optimistic"] == 1 + first["greater"]
    assert first["groups"]["gold"] == "seen"
    assert lines[-2]["groups"]["gold"] == "unseen"


def test_a_broken_line_is_named(dataset, tmp_path):
    evaluation(dataset).write(tmp_path)
    path = tmp_path / "ranks.jsonl"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:2], lines[2][:20], *lines[3:]]))
    with pytest.raises(ReadError, match=r"ranks\.jsonl:3: expected a line"):
        read_ranks(path)


def test_a_failed_write_leaves_the_old_file(dataset, tmp_path, monkeypatch):
    evaluation(dataset).write(tmp_path)
    before = (tmp_path / "ranks.jsonl").read_bytes()
    monkeypatch.setattr("kgllm.training.ranking.files.json.dumps", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        evaluation(dataset).write(tmp_path)
    assert (tmp_path / "ranks.jsonl").read_bytes() == before
