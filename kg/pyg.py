"""Graphs for PyTorch Geometric: whole, by node and edge type, or as sampled mini-batches.

``to_data`` and ``to_hetero`` give what every PyG loader and layer takes. :class:`NeighborSampler` needs
neither pyg-lib nor torch-sparse, and draws from the mapped arrays without a copy of the graph in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..errors import GraphError, MissingExtraError
from .csr import CSRGraph
from .model import ENTITY
from .store import GraphStore

if TYPE_CHECKING:
    from torch import Tensor
    from torch_geometric.data import Data, HeteroData

__all__ = ["NeighborSampler", "to_data", "to_hetero"]


def to_data(graph: CSRGraph) -> Data:
    """All edges as one PyG ``Data``.

    Returns:
        ``edge_index`` (2, m) int64 nids of head and tail, ``edge_type`` (m,) int64, ``num_nodes`` n, ``ids``
        the n ids by nid, ``relations`` the names by edge type. Edges come in the order of their numbers,
        which is the order of ``scan_edges``, so edge features can be laid beside them.

    Raises:
        MissingExtraError: PyTorch Geometric is not installed.
    """
    data = _data_class("Data")
    head, relation, tail = graph.triples(np.arange(graph.num_edges)).T
    return data(
        edge_index=_tensor(np.stack([head, tail])),
        edge_type=_tensor(relation),
        num_nodes=len(graph),
        ids=graph.ids.strings.to_pylist(),
        relations=list(graph.relations),
    )


def to_hetero(store: GraphStore) -> HeteroData:
    """All edges as one PyG ``HeteroData``.

    The type of a node is its set of labels: the sorted labels joined by ``&`` (``Artist&Person``), or
    ``Entity`` where it has none. The type of an edge is (type of head, relation, type of tail).

    Returns:
        For each node type ``num_nodes``, ``ids`` and ``nid`` (k,) int64; for each edge type ``edge_index``
        (2, k) int64 places within the two node types, and ``e_id`` (k,) int64 numbers of the edges.

    Raises:
        MissingExtraError: PyTorch Geometric is not installed.
        GraphError: two sets of labels give the same type, because a label contains ``&``.
    """
    data, graph = _data_class("HeteroData")(), store.csr()
    types, type_of = _node_types(store)
    place = np.empty(len(graph), np.int64)
    for number, name in enumerate(types):
        nids = np.flatnonzero(type_of == number)
        place[nids] = np.arange(len(nids))
        data[name].num_nodes = len(nids)
        data[name].nid = _tensor(nids)
        data[name].ids = graph.ids.take(nids)
    head, relation, tail = graph.triples(np.arange(graph.num_edges)).T
    shape = len(types), max(len(graph.relations), 1), len(types)
    codes = np.ravel_multi_index((type_of[head], relation, type_of[tail]), shape)
    order = np.argsort(codes, kind="stable")
    for edges in np.split(order, np.flatnonzero(np.diff(codes[order])) + 1) if len(order) else []:
        source, name, target = np.unravel_index(codes[edges[0]], shape)
        edge_type = types[source], graph.relations[name], types[target]
        data[edge_type].edge_index = _tensor(np.stack([place[head[edges]], place[tail[edges]]]))
        data[edge_type].e_id = _tensor(edges)
    return data


@dataclass(frozen=True, slots=True)
class NeighborSampler:
    """Mini-batches of sampled neighbourhoods, as PyG's ``NeighborLoader`` gives them.

    Message passing runs from ``edge_index[0]`` to ``edge_index[1]``, so edges are drawn that end at a node,
    without replacement; every node is expanded once.

        sampler = NeighborSampler(graph, seeds, fanout=(10, 10))
        for epoch in range(3):
            for batch in sampler.batches(epoch):
                out = model(batch.n_id, batch.edge_index, batch.edge_type)[: batch.batch_size]

    Args:
        graph: the graph, perhaps mapped from a file.
        seeds: nids to make batches of.
        fanout: for each hop the most edges drawn at a node; −1 takes all.
        batch_size: seeds of a batch; the last batch may have fewer.
        shuffle: whether each epoch has an order of its own.
        seed: of all randomness. Batch i of an epoch depends on the seed, the epoch and i only.
    """

    graph: CSRGraph
    seeds: Sequence[int] | NDArray[np.integer]
    fanout: Sequence[int] = (10, 10)
    batch_size: int = 1024
    shuffle: bool = True
    seed: int = 0

    def __len__(self) -> int:
        """The number of batches of an epoch."""
        return -(-len(self.seeds) // self.batch_size)

    def batches(self, epoch: int = 0) -> Iterator[Data]:
        """The batches of one epoch.

        Yields:
            ``Data`` with ``n_id`` (n,) int64 nids, the seeds first; ``edge_index`` (2, m) int64 places in
            ``n_id``; ``edge_type`` (m,) int64; ``e_id`` (m,) int64 numbers of the edges; ``num_nodes``;
            ``batch_size``, the number of seeds; ``input_id`` (batch_size,) int64 places in ``seeds``.

        Raises:
            MissingExtraError: PyTorch Geometric is not installed.
        """
        data = _data_class("Data")
        seeds, order = np.asarray(self.seeds, np.int64), np.arange(len(self.seeds))
        if self.shuffle:
            order = np.random.default_rng([self.seed, epoch]).permutation(order)
        for number in range(len(self)):
            chosen = order[number * self.batch_size : (number + 1) * self.batch_size]
            rng = np.random.default_rng([self.seed, epoch, number])
            drawn = self.graph.sample(seeds[chosen], self.fanout, rng)
            yield data(
                n_id=_tensor(drawn.nids),
                edge_index=_tensor(np.stack([drawn.neighbor, drawn.row])),
                edge_type=_tensor(drawn.relation),
                e_id=_tensor(self.graph.edge_numbers(drawn.position)),
                num_nodes=len(drawn.nids),
                batch_size=len(chosen),
                input_id=_tensor(chosen),
            )


def _node_types(store: GraphStore) -> tuple[list[str], NDArray[np.int64]]:
    """The node types, sorted, and for each nid the number of its type."""
    sets: dict[str, tuple[str, ...]] = {}
    names: list[str] = []
    for batch in store.scan_nodes():
        for labels in batch.column("labels").to_pylist():
            key = tuple(sorted(set(labels or ()) - {ENTITY}))
            name = "&".join(key) or ENTITY
            if sets.setdefault(name, key) != key:
                raise GraphError(
                    f"the label sets {sets[name]} and {key} both give the node type {name!r}; rename one"
                )
            names.append(name)
    coded = pa.array(names, pa.string()).dictionary_encode()
    found = coded.dictionary.to_pylist()
    order = sorted(found)
    number = np.array([order.index(name) for name in found], np.int64)
    return order, number[np.asarray(coded.indices)]


def _data_class(name: str) -> Any:
    """``Data`` or ``HeteroData`` of PyTorch Geometric."""
    try:
        from torch_geometric import data
    except ImportError:
        raise MissingExtraError("torch_geometric", "pyg") from None
    return getattr(data, name)


def _tensor(numbers: NDArray[np.integer]) -> Tensor:
    """A copy as an int64 tensor."""
    import torch

    return torch.from_numpy(numbers.astype(np.int64))
