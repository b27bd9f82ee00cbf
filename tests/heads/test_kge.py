"""Embedding models against loops over complex numbers in float64."""

from __future__ import annotations

import cmath
import math
from pathlib import Path

import pytest
import torch
from torch import Tensor

from kgllm.errors import CheckpointError, ConfigError
from kgllm.heads.base import QueryBatch
from kgllm.heads.kge import INTERACTIONS, KgeConfig, KgeModel
from kgllm.heads.pretrained import load_pretrained

ENTITIES, RELATIONS, DIM = 7, 3, 6
models = pytest.mark.parametrize("name", INTERACTIONS)


@pytest.fixture
def queries() -> QueryBatch:
    columns = ([0, 6, 3, 3, 5], [0, 1, 2, 2, 0], [0, 0, 1, 0, 1])
    return QueryBatch(*(torch.tensor(column) for column in columns))


def make(name: str) -> KgeModel:
    """A model with vectors of size about 1."""
    torch.manual_seed(0)
    model = KgeModel(ENTITIES, RELATIONS, KgeConfig(model=name, dim=DIM, margin=2.5)).double()
    with torch.no_grad():
        model.entities.normal_()
        model.relations.normal_()
    return model


def complexes(vector: list[float]) -> list[complex]:
    half = len(vector) // 2
    return [complex(re, im) for re, im in zip(vector[:half], vector[half:], strict=True)]


def by_hand(name: str, source: list[float], relation: list[float], answer: list[float]) -> float:
    """The published formulas, one number at a time."""
    if name == "distmult":
        return math.fsum(a * b * c for a, b, c in zip(source, relation, answer, strict=True))
    if name == "transe":
        return -math.fsum(abs(a + b - c) for a, b, c in zip(source, relation, answer, strict=True))
    s, r, o = complexes(source), complexes(relation), complexes(answer)
    if name == "complex":
        return math.fsum((a * b * c.conjugate()).real for a, b, c in zip(s, r, o, strict=True))
    turned = [a * cmath.exp(1j * math.pi * b.real) for a, b in zip(s, r, strict=True)]
    return -math.fsum(abs(a - c) for a, c in zip(turned, o, strict=True))


def loop_scores(model: KgeModel, queries: QueryBatch) -> Tensor:
    """(B, E) scores; head queries have relation vectors of their own, behind the others."""
    entities, relations = model.entities.tolist(), model.relations.tolist()
    margin = model.config.margin if model.interaction.distance else 0.0
    columns = zip(*(column.tolist() for column in queries), strict=True)
    rows = [
        [
            by_hand(model.config.model, entities[s], relations[r + side * RELATIONS], o) + margin
            for o in entities
        ]
        for s, r, side in columns
    ]
    return torch.tensor(rows, dtype=torch.float64)


@models
def test_scores_equal_loops(name: str, queries: QueryBatch) -> None:
    model = make(name)
    expected = loop_scores(model, queries)
    encoded = model.encode(queries)
    everyone = torch.arange(ENTITIES).expand(len(expected), -1)
    assert (model.score_candidates(encoded, everyone) - expected).abs().max() <= 1e-12
    assert (model.interaction.against(encoded, model.entities) - _bare(model, expected)).abs().max() <= 1e-12
    assert (model.score(encoded, 0, ENTITIES) - expected).abs().max() <= 1e-5  # always float32


def _bare(model: KgeModel, scores: Tensor) -> Tensor:
    return scores - model.config.margin if model.interaction.distance else scores


@models
def test_slices_and_candidates_agree(name: str, queries: QueryBatch) -> None:
    model = make(name).float()
    encoded = model.encode(queries)
    whole = model.score(encoded, 0, ENTITIES)
    singly = torch.cat([model.score(encoded, i, i + 1) for i in range(ENTITIES)], 1)
    assert (singly - whole).abs().max() <= 1e-6
    chosen = torch.tensor([[1, 1, 4], [0, 6, 2], [3, 3, 3], [5, 0, 1], [2, 4, 6]])
    assert (model.score_candidates(encoded, chosen) - whole.gather(1, chosen)).abs().max() <= 1e-5


@models
def test_both_ways_of_scoring_have_one_gradient(name: str, queries: QueryBatch) -> None:
    model = make(name)
    everyone = torch.arange(ENTITIES).expand(5, -1)
    weight = torch.linspace(-1, 2, 5 * ENTITIES, dtype=torch.float64).view(5, -1)
    found = []
    for compare in (
        lambda q: model.interaction.against(q, model.entities),
        lambda q: model.interaction.pairwise(q, model.entities[everyone]),
    ):
        model.zero_grad()
        (compare(model.encode(queries)) * weight).sum().backward()
        found.append((model.entities.grad, model.relations.grad))
    assert all((a - b).abs().max() <= 1e-10 for a, b in zip(*found, strict=True))


@pytest.mark.parametrize("name", ["complex", "distmult"])
def test_n3_equals_a_loop(name: str, queries: QueryBatch) -> None:
    model, gold = make(name), torch.tensor([1, 2, 2, 0, 6])
    total = 0.0
    for row, (s, o) in enumerate(zip(queries.source.tolist(), gold.tolist(), strict=True)):
        relation = model.relations[model.relation_rows(queries)[row]].tolist()
        for vector in (model.entities[s].tolist(), relation, model.entities[o].tolist()):
            parts = complexes(vector) if name == "complex" else vector
            total += math.fsum(abs(part) ** 3 for part in parts)
    assert model.n3(queries, gold).item() == pytest.approx(total, rel=1e-9)


def test_gradients_at_distance_zero_are_finite() -> None:
    """The answer is exactly where the query points to."""
    for name in ("transe", "rotate"):
        model = make(name)
        with torch.no_grad():
            model.entities.zero_()
            model.relations.zero_()
        query = QueryBatch(*(torch.zeros(1, dtype=torch.int64) for _ in range(3)))
        model.score_candidates(model.encode(query), torch.tensor([[0, 1]])).sum().backward()
        assert model.entities.grad is not None
        assert model.entities.grad.isfinite().all()


@models
def test_save_and_load(name: str, queries: QueryBatch, tmp_path: Path) -> None:
    model = make(name).float().eval()
    model.save_pretrained(tmp_path)
    loaded = load_pretrained(tmp_path)
    one, two = (m.score(m.encode(queries), 0, ENTITIES) for m in (model, loaded))
    assert torch.equal(one, two)
    other = KgeModel(ENTITIES + 1, RELATIONS, KgeConfig(model=name, dim=DIM))
    other.save_pretrained(tmp_path / "other")
    (tmp_path / "model.safetensors").write_bytes((tmp_path / "other" / "model.safetensors").read_bytes())
    with pytest.raises(CheckpointError, match=r"weights and settings do not fit: .*size mismatch"):
        load_pretrained(tmp_path)


def test_complex_models_need_an_even_width() -> None:
    for name in ("complex", "rotate"):
        with pytest.raises(ConfigError, match=r"kge\.dim = 5: .* needs an even number; use an even kge\.dim"):
            KgeModel(3, 2, KgeConfig(model=name, dim=5))
    KgeModel(3, 2, KgeConfig(model="transe", dim=5))
