"""How a graph hangs together: degrees, components, the commonest relations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .csr import CSRGraph

QUANTILES = (0.5, 0.9, 0.99, 1.0)


@dataclass(frozen=True, slots=True)
class GraphStats:
    """Figures of one graph.

    ``degrees`` are quantiles of in-degree plus out-degree over all nodes; ``relations`` count edges, most
    first; components are weak: edges count in both directions.
    """

    nodes: int
    edges: int
    self_loops: int
    isolated: int
    components: int
    largest_component: int
    mean_degree: float
    degrees: Mapping[float, int]
    relations: Mapping[str, int]


def describe(graph: CSRGraph) -> GraphStats:
    """Measure ``graph``: a few passes over its edges, with 8 bytes a node and edge beside them."""
    degree = np.diff(graph.outgoing.indptr) + np.diff(graph.incoming.indptr)
    head = np.repeat(np.arange(len(graph)), np.diff(graph.outgoing.indptr))
    tail = graph.outgoing.neighbor
    sizes = np.bincount(components(len(graph), head, tail))
    counts = np.bincount(graph.outgoing.relation, minlength=len(graph.relations))
    order = np.argsort(-counts, kind="stable")
    at = np.quantile(degree, QUANTILES, method="higher") if len(degree) else np.zeros(len(QUANTILES))
    return GraphStats(
        nodes=len(graph),
        edges=graph.num_edges,
        self_loops=int((head == tail).sum()),
        isolated=int((degree == 0).sum()),
        components=int((sizes > 0).sum()),
        largest_component=int(sizes.max(initial=0)),
        mean_degree=float(degree.mean()) if len(degree) else 0.0,
        degrees={quantile: int(value) for quantile, value in zip(QUANTILES, at, strict=True)},
        relations={graph.relations[i]: int(counts[i]) for i in order},
    )


def components(nodes: int, head: NDArray[np.integer], tail: NDArray[np.integer]) -> NDArray[np.int64]:
    """(nodes,) int64: for each node the smallest nid of its weak component.

    Every round gives each end of an edge the smaller of their roots and then halves the chains to the roots
    (Shiloach and Vishkin, J. Algorithms 1982), so the rounds grow with the logarithm of the nodes.
    """
    root = np.arange(nodes)
    while True:
        before = root.copy()
        low = np.minimum(root[head], root[tail])
        np.minimum.at(root, root[head], low)
        np.minimum.at(root, root[tail], low)
        while not np.array_equal(root, root[root]):
            root = root[root]
        if np.array_equal(root, before):
            return root
