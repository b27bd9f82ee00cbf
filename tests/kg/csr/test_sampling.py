"""Sampled neighbourhoods: parts of the graph, of the size asked for, every choice equally likely."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kgllm.kg.csr import CSRGraph


@pytest.mark.parametrize("direction", ["in", "out"])
@pytest.mark.parametrize("fanout", [[3], [4, 2], [-1, 3, 1], []])
def test_a_sample_is_part_of_the_neighbourhood(
    big: tuple[CSRGraph, np.ndarray], direction: Any, fanout: list[int]
) -> None:
    graph, _ = big
    side = graph.incoming if direction == "in" else graph.outgoing
    seeds = [7, 0, 399, 12]
    drawn = graph.sample(seeds, fanout, np.random.default_rng(1), direction)
    assert drawn.nids[: len(seeds)].tolist() == seeds
    assert len(set(drawn.nids.tolist())) == len(drawn.nids) == sum(drawn.hops)
    assert len(set(drawn.position.tolist())) == len(drawn.position)
    assert side.row_of(drawn.position).tolist() == drawn.nids[drawn.row].tolist()
    assert side.neighbor[drawn.position].tolist() == drawn.nids[drawn.neighbor].tolist()
    assert side.relation[drawn.position].tolist() == drawn.relation.tolist()
    starts = np.cumsum([0, *drawn.hops])
    for hop, width in enumerate(fanout):
        degree = side.degree(drawn.nids[starts[hop] : starts[hop + 1]])
        counts = np.bincount(drawn.row, minlength=len(drawn.nids))[starts[hop] : starts[hop + 1]]
        assert counts.tolist() == (degree if width < 0 else np.minimum(degree, width)).tolist()


def test_sampling_is_even_and_repeatable() -> None:
    triples = np.array([(0, 0, tail) for tail in range(1, 7)])
    graph = CSRGraph.from_arrays([f"n{i}" for i in range(7)], ["a"], triples)
    rng, draws = np.random.default_rng(0), 6000
    counts = sum(np.bincount(graph.sample([0], [4], rng, "out").nids[1:], minlength=7) for _ in range(draws))
    assert np.abs(counts[1:] - draws * 4 / 6).max() < 4 * np.sqrt(draws * 2 / 9)  # four standard deviations
    same = [graph.sample([0], [4], np.random.default_rng(3), "out").nids.tolist() for _ in range(2)]
    assert same[0] == same[1]
