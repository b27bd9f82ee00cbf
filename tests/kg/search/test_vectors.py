"""Vector search against sorting all scores, with ties, blocks, files and wrong input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgllm.errors import GraphError, StoreCorruptError
from kgllm.kg.arrayfile import verify_arrays
from kgllm.kg.search import Hit, VectorIndex, vectors

small = st.integers(-2, 2).map(float)


def expected(ids: list[str], matrix: np.ndarray, query: np.ndarray, k: int) -> list[Hit]:
    """The definition: all dot products, sorted by falling score and id."""
    hits = [Hit(id, float(row @ query)) for id, row in zip(ids, matrix, strict=True)]
    return sorted(hits, key=lambda hit: (-hit.score, hit.id))[:k]


@given(st.data(), st.integers(0, 12), st.integers(0, 14), st.sampled_from([1, 3, 100]))
def test_dot_products_are_exact_with_ties_by_id(data: Any, size: int, k: int, block: int) -> None:
    rows = st.tuples(small, small)
    matrix = np.array(data.draw(st.lists(rows, min_size=size, max_size=size))).reshape(-1, 2)
    queries = np.array(data.draw(st.lists(rows, min_size=1, max_size=4)))
    ids = data.draw(st.permutations([f"e{number}" for number in range(size)]))
    index = VectorIndex.from_vectors(ids, matrix, "dot")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vectors, "ROWS", block)
        patch.setattr(vectors, "QUERIES", 3)
        found = index.search(queries, k)
    assert found == [expected(ids, matrix, query, k) for query in queries]


def test_cosine_is_the_dot_product_of_directions() -> None:
    rng = np.random.default_rng(0)
    matrix, ids = (
        rng.normal(size=(500, 16)) * 10 ** rng.uniform(-3, 3, (500, 1)),
        [f"e{i:03}" for i in range(500)],
    )
    matrix[7] = 0
    index = VectorIndex.from_vectors(ids, matrix)
    unit = matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-300)
    for query in rng.normal(size=(5, 16)):
        found = index.search(query[None], 500)[0]
        wanted = expected(ids, unit, query / np.linalg.norm(query), 500)
        assert [hit.id for hit in found[:20]] == [hit.id for hit in wanted[:20]]
        np.testing.assert_allclose([h.score for h in found], [h.score for h in wanted], atol=1e-6)
        assert dict(found)["e007"] == 0
    assert index.search(np.zeros((1, 16)), 2) == [[Hit("e000", 0.0), Hit("e001", 0.0)]]


def test_adding_joins_and_replaces() -> None:
    index = VectorIndex.from_vectors(["b", "a"], np.array([[1.0, 0], [0, 1]]), "dot")
    joined = index.add(["c", "a"], np.array([[5.0, 0], [3, 0]]))
    assert joined.search(np.array([[1.0, 0]]), 9) == [[Hit("c", 5.0), Hit("a", 3.0), Hit("b", 1.0)]]
    assert len(index) == 2
    assert len(index.add([], np.zeros((0, 2)))) == 2
    empty = VectorIndex.from_vectors([], np.zeros((0, 7)), "dot")
    assert empty.add(["a"], np.ones((1, 3))).vectors.shape == (1, 3)


def test_a_saved_index_is_the_same(tmp_path: Path) -> None:
    rng, path = np.random.default_rng(1), tmp_path / "vectors"
    index = VectorIndex.from_vectors(["ö", "b", "a"], rng.normal(size=(3, 4)))
    index.save(path, stamp="encoder 2")
    verify_arrays(path)
    opened = VectorIndex.open(path, stamp="encoder 2")
    query = rng.normal(size=(2, 4))
    assert opened.search(query) == index.search(query)
    assert (opened.metric, len(opened)) == ("cosine", 3)
    added = opened.add(["c"], query[:1])
    assert added.search(query[:1], 1)[0][0].id == "c"
    with pytest.raises(StoreCorruptError, match="made from 'encoder 2', expected 'encoder 3'"):
        VectorIndex.open(path, stamp="encoder 3")


@pytest.mark.parametrize(
    ("ids", "matrix", "message"),
    [
        (["a"], np.zeros((2, 3)), "1 ids for 2 vectors"),
        (["a", "a"], np.zeros((2, 3)), "'a' stands there twice"),
        (["a", "b"], np.array([[1.0], [np.nan]]), "vector 1 holds a number that is not finite"),
        (["a"], np.array([[1e300]]), "not finite in float32; 1 do so"),
        (["a"], np.zeros(3), r"shape \(3,\), expected two dimensions"),
    ],
)
def test_wrong_vectors_are_refused(ids: list[str], matrix: np.ndarray, message: str) -> None:
    with pytest.raises(GraphError, match=message):
        VectorIndex.from_vectors(ids, matrix)


def test_wrong_queries_are_refused() -> None:
    index = VectorIndex.from_vectors(["a"], np.ones((1, 3)))
    with pytest.raises(GraphError, match="dimension 2, but the index holds dimension 3"):
        index.search(np.ones((1, 2)))
    with pytest.raises(GraphError, match="dimension 4, but the index holds dimension 3"):
        index.add(["b"], np.ones((1, 4)))
    with pytest.raises(GraphError, match="not finite"):
        index.search(np.full((1, 3), np.inf))
