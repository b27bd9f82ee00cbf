"""A graph as compressed sparse rows in both directions, on nids: see :class:`CSRGraph`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..model import Direction, Edge
from . import walk
from .adjacency import Adjacency, AnyInts, Ints
from .build import Scanned, from_arrays, from_store
from .files import load, save, verify
from .names import Names
from .sampling import Sample, sample

__all__ = ["CSRGraph", "Sample", "Steps"]


class Steps(NamedTuple):
    """Edges at some nodes, all (m,): which of the nodes, the neighbour, the relation, the edge.

    ``row`` int64 is an index into the nids asked for; ``neighbor`` int32; ``relation`` int16 or int32;
    ``edge`` int64 is the number of the edge.
    """

    row: Ints
    neighbor: NDArray[np.int32]
    relation: AnyInts
    edge: Ints


@dataclass(frozen=True, slots=True, eq=False)
class CSRGraph:
    """All edges of a graph in both directions, immutable; 12 to 16 bytes an edge, and 16 a node.

    Entities have numbers, ``nid``, from 0 to n − 1 (their places in ``scan_nodes``), relations have numbers
    in the order of ``relations``, and edges have numbers from 0 to m − 1: their places when ordered by (head
    nid, relation, tail nid, key), which is the order of ``scan_edges``. Only edges with a key cost more: 8
    bytes and the key. Wherever nids are asked for, one that is no nid raises IndexError.

    Args:
        ids: ids of the entities.
        relations: names of the relations.
        outgoing: rows by head; the position of an edge there is its number.
        incoming: rows by tail.
        keyed: int64 numbers of the edges with a key, rising.
        keys: their keys.
    """

    ids: Names
    relations: tuple[str, ...]
    outgoing: Adjacency
    incoming: Adjacency
    keyed: Ints
    keys: pa.Array

    @classmethod
    def from_arrays(
        cls,
        ids: Sequence[str] | pa.Array,
        relations: Sequence[str],
        triples: AnyInts,
        keys: Sequence[str] | None = None,
    ) -> CSRGraph:
        """Build from numbers.

        Args:
            ids: (n,) distinct ids of the entities.
            relations: (r,) distinct names of the relations.
            triples: (m, 3) integers: head nid, relation, tail nid, in any order.
            keys: (m,) keys that tell parallel edges apart; empty for none.

        Raises:
            GraphError: an id or an edge stands there twice, or a number is out of range.
        """
        coded = [] if keys is None else [pa.array(keys, pa.string()).dictionary_encode()]
        return from_arrays(cls, ids, relations, triples.T, coded)

    @classmethod
    def from_store(cls, store: Scanned) -> CSRGraph:
        """Build from the scans of a store. Relations are ordered by name."""
        return from_store(cls, store)

    @classmethod
    def open(cls, path: Path | str, stamp: str | None = None) -> CSRGraph:
        """Map a saved graph into memory. Its content is not read: see :meth:`verify`.

        Raises:
            NotFoundError: there is no such file.
            StoreCorruptError: it is torn, of another version, or its stamp differs; build the graph anew.
        """
        return load(cls, path, stamp)

    def save(self, path: Path | str, stamp: str = "") -> None:
        """Write the graph to one file, whole or not at all. ``stamp`` names what it was built from.

        Raises:
            DiskFullError: there is no space; what stood at ``path`` stays.
        """
        save(self, path, stamp)

    @staticmethod
    def verify(path: Path | str) -> None:
        """Read a saved graph and compare its sums.

        Raises:
            NotFoundError: there is no such file.
            StoreCorruptError: it is damaged.
        """
        verify(path)

    def __len__(self) -> int:
        """The number of nodes."""
        return len(self.ids)

    @property
    def num_edges(self) -> int:
        """The number of edges."""
        return len(self.outgoing.neighbor)

    @property
    def nbytes(self) -> int:
        """Bytes of both directions, without ids."""
        sides = (self.outgoing, self.incoming)
        return sum(side.indptr.nbytes + side.neighbor.nbytes + side.relation.nbytes for side in sides)

    def sides(self, direction: Direction) -> tuple[Adjacency, ...]:
        """The rows that belong to a direction: outgoing, incoming, or both in this order."""
        both = {"out": (self.outgoing,), "in": (self.incoming,), "both": (self.outgoing, self.incoming)}
        return both[direction]

    def degree(self, nids: Sequence[int] | Ints, direction: Direction = "both") -> Ints:
        """(k,) int64 edges of each node; a self-loop counts once each way."""
        nids = self._nids(nids)
        return sum((side.degree(nids) for side in self.sides(direction)), np.zeros(len(nids), np.int64))

    def neighbors(
        self,
        nids: Sequence[int] | Ints,
        relations: Sequence[int] | None = None,
        direction: Direction = "both",
    ) -> Steps:
        """The edges of each node, ordered by (row, outgoing first, relation, neighbour); self-loops once.

        For one node and no filter, ``graph.outgoing[nid]`` gives neighbours and relations in a microsecond.
        """
        nids, wanted = self._nids(nids), self._wanted(relations)
        parts = []
        for side in self.sides(direction):
            counts = side.degree(nids)
            at, row = side.positions(nids, counts), np.repeat(np.arange(len(nids)), counts)
            keep = np.ones(len(at), np.bool_) if wanted is None else wanted[side.relation[at]]
            if direction == "both" and side is self.incoming:
                keep &= side.neighbor[at] != nids[row]
            at, row = at[keep], row[keep]
            edge = at if side is self.outgoing else self.edge_numbers(at)
            parts.append(Steps(row, side.neighbor[at], side.relation[at], edge))
        row, *rest = map(np.concatenate, zip(*parts, strict=True))
        order = np.argsort(row, kind="stable")
        return Steps(row[order], *(column[order] for column in rest))

    def edge_numbers(self, positions: Ints) -> Ints:
        """The numbers of the edges that stand at ``positions`` of ``incoming``."""
        tail, head = self.incoming.row_of(positions), self.incoming.neighbor[positions]
        relation = self.incoming.relation[positions]
        edge = self.outgoing.first(head, relation, tail)
        if len(self.keyed):  # else no edges are parallel
            edge += positions - self.incoming.first(tail, relation, head)
        return edge

    def triples(self, edges: Ints) -> Ints:
        """(k, 3) int64 head nid, relation, tail nid of the edges with these numbers."""
        columns = self.outgoing.row_of(edges), self.outgoing.relation[edges], self.outgoing.neighbor[edges]
        return np.stack(columns, axis=1).astype(np.int64)

    def edges(self, edges: Ints) -> list[Edge]:
        """The edges with these numbers, with ids and keys, without properties."""
        head, relation, tail = self.triples(edges).T
        has_key = np.isin(edges, self.keyed)
        keys = iter(self.keys.take(pa.array(np.searchsorted(self.keyed, edges[has_key]))).to_pylist())
        rows = zip(self.ids.take(head), relation.tolist(), self.ids.take(tail), has_key.tolist(), strict=True)
        return [Edge(h, self.relations[r], t, next(keys) if key else "") for h, r, t, key in rows]

    def k_hop(
        self,
        nids: Sequence[int] | Ints,
        k: int,
        relations: Sequence[int] | None = None,
        direction: Direction = "both",
        limit: int | None = None,
    ) -> tuple[Ints, Ints]:
        """All nodes within ``k`` hops, with their distances: two (m,) int64, ordered by (distance, nid).

        The given nodes come first, at distance 0. With a ``limit`` no more than that many are returned.
        """
        levels = walk.levels(self.hop(relations, direction), self._nids(nids), k, limit)
        distance = np.repeat(np.arange(len(levels)), [len(level) for level in levels])
        return np.concatenate(levels)[:limit], distance[:limit]

    def paths_by_rule(
        self, nid: int, rule: Sequence[tuple[int, Direction]], limit: int = 1000
    ) -> NDArray[np.int64]:
        """The walks from ``nid`` along a rule, the chain of (relation, direction) in its body.

        Returns:
            (m, len(rule) + 1) int64 nids, distinct, in rising order, the first ``limit``. Nodes may repeat.
        """
        hops = [self.hop([relation], direction) for relation, direction in rule]
        return walk.rule_paths(hops, int(self._nids([nid])[0]), limit)

    def shortest_path(
        self,
        source: int,
        target: int,
        relations: Sequence[int] | None = None,
        direction: Direction = "both",
        max_length: int | None = None,
    ) -> tuple[Ints, Ints] | None:
        """A shortest path: its (d + 1,) nids and (d,) edge numbers, or ``None``.

        Of several the one whose sequence of edge numbers is smallest.
        """
        hop, ends = self.hop(relations, direction), self._nids([source, target])
        layers = walk.layers(hop, int(ends[0]), int(ends[1]), max_length)
        if layers is None:
            return None
        nids, edges = [source], []
        for layer in layers[1:]:
            steps = self.neighbors(nids[-1:], relations, direction)
            fit = np.flatnonzero(np.isin(steps.neighbor, layer))
            best = fit[np.argmin(steps.edge[fit])]
            nids.append(int(steps.neighbor[best]))
            edges.append(int(steps.edge[best]))
        return np.array(nids, np.int64), np.array(edges, np.int64)

    def sample(
        self,
        nids: Sequence[int] | Ints,
        fanout: Sequence[int],
        rng: np.random.Generator,
        direction: Literal["in", "out"] = "in",
    ) -> Sample:
        """Sample neighbours hop by hop, without replacement; see :class:`Sample`.

        Args:
            nids: distinct seeds.
            fanout: for each hop the most edges drawn at a node; −1 takes all.
            rng: where the randomness comes from.
            direction: ``in`` draws edges that end at a node, as message passing needs them.
        """
        side = self.incoming if direction == "in" else self.outgoing
        return sample(side, self._nids(nids), fanout, rng)

    def subgraph(self, nids: Sequence[int] | Ints) -> Ints:
        """The numbers, rising, of all edges between the given nodes."""
        nids = np.unique(self._nids(nids))
        at = self.outgoing.positions(nids, self.outgoing.degree(nids))
        inside = np.zeros(len(self), np.bool_)
        inside[nids] = True
        return at[inside[self.outgoing.neighbor[at]]]

    def hop(self, relations: Sequence[int] | None, direction: Direction) -> walk.Hop:
        """The step along ``relations`` (all if ``None``) in a direction."""
        return walk.Hop(self, self._wanted(relations), direction)

    def _nids(self, nids: Sequence[int] | Ints) -> Ints:
        nids = np.asarray(nids, np.int64)
        if len(nids) and not (nids.min() >= 0 and nids.max() < len(self)):
            raise IndexError(f"nids from {nids.min()} to {nids.max()}, expected 0 to {len(self) - 1}")
        return nids

    def _wanted(self, relations: Sequence[int] | None) -> NDArray[np.bool_] | None:
        if relations is None:
            return None
        wanted = np.zeros(len(self.relations), np.bool_)
        wanted[list(relations)] = True
        return wanted
