"""Nearest entities by their vectors: exact, over a matrix that may be mapped from a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ...errors import GraphError
from ..arrayfile import join_strings, open_arrays, save_arrays, split_strings
from ..csr.names import Names
from .hit import Hit

__all__ = ["VectorIndex"]

Metric = Literal["cosine", "dot"]
Matrix = NDArray[np.float32]

KIND = "vectors"
METRICS: tuple[Metric, ...] = ("cosine", "dot")
QUERIES, ROWS = 64, 65_536
"""Vectors that are multiplied at once; their scores take 16 MB."""


@dataclass(frozen=True, slots=True, eq=False)
class VectorIndex:
    """One vector for each of n entities, immutable. Made by :meth:`from_vectors` or :meth:`open`.

    Args:
        ids: ids, rising, so that equal scores come by id.
        vectors: (n, d) float32; of length 1 if the metric is ``cosine``, but for zeros.
        metric: ``cosine`` or ``dot``.
    """

    ids: Names
    vectors: Matrix
    metric: Metric

    @classmethod
    def from_vectors(
        cls, ids: Sequence[str], vectors: NDArray[np.floating], metric: Metric = "cosine"
    ) -> VectorIndex:
        """Index (n, d) finite ``vectors`` under n distinct ``ids``.

        Raises:
            GraphError: the shapes do not fit, a number is not finite, or an id stands there twice.
        """
        vectors = _finite(vectors)
        if len(ids) != len(vectors):
            raise GraphError(f"{len(ids)} ids for {len(vectors)} vectors; expected one for each")
        return cls._ordered(ids, _unit(vectors) if metric == "cosine" else vectors, metric)

    def __len__(self) -> int:
        """The number of entities."""
        return len(self.ids)

    def add(self, ids: Sequence[str], vectors: NDArray[np.floating]) -> VectorIndex:
        """A new index with these as well; known ids get their new vectors.

        Raises:
            GraphError: as in :meth:`from_vectors`, or the vectors have another dimension.
        """
        added = self.from_vectors(ids, vectors, self.metric)
        if len(self) and len(added):
            self._same_dimension(added.vectors)
        kept = np.flatnonzero(added.ids.find(self.ids.strings) < 0)
        joined = np.concatenate([self.vectors[kept], added.vectors]) if len(kept) else added.vectors
        return self._ordered([*self.ids.take(kept), *added.ids.strings.to_pylist()], joined, self.metric)

    def search(self, queries: NDArray[np.floating], k: int = 10) -> list[list[Hit]]:
        """For each of (q, d) ``queries`` the ``k`` entities of highest score, then by id.

        Raises:
            GraphError: the queries have another dimension, or a number is not finite.
        """
        queries = _finite(queries)
        self._same_dimension(queries)
        if self.metric == "cosine":
            queries = _unit(queries)
        hits = []
        for start in range(0, len(queries), QUERIES):
            hits += self._nearest(queries[start : start + QUERIES], k)
        return hits

    def save(self, path: Path | str, stamp: str = "") -> None:
        """Write the index to one file, whole or not at all. ``stamp`` names what it was made from.

        Raises:
            DiskFullError: there is no space; what stood at ``path`` stays.
        """
        offsets, text = split_strings(self.ids.strings)
        shape = np.array([*self.vectors.shape, METRICS.index(self.metric)], np.int64)
        arrays = {"shape": shape, "ids.offsets": offsets, "ids.text": text, "vectors": self.vectors.ravel()}
        save_arrays(path, KIND, arrays, stamp)

    @classmethod
    def open(cls, path: Path | str, stamp: str | None = None) -> VectorIndex:
        """Map a saved index into memory, without reading it.

        Raises:
            NotFoundError: there is no such file.
            StoreCorruptError: it is torn, of another version, or its stamp differs; make it anew.
        """
        arrays = open_arrays(path, KIND, stamp)
        size, dimension, metric = arrays["shape"].tolist()
        ids = join_strings(arrays["ids.offsets"], arrays["ids.text"])
        return cls(_rising(ids), arrays["vectors"].reshape(size, dimension), METRICS[metric])

    @classmethod
    def _ordered(cls, ids: Sequence[str], vectors: Matrix, metric: Metric) -> VectorIndex:
        names = Names(pa.array(ids, pa.large_string()))
        return cls(_rising(names.strings.take(pa.array(names.order))), vectors[names.order], metric)

    def _same_dimension(self, vectors: Matrix) -> None:
        found, expected = vectors.shape[1], self.vectors.shape[1]
        if found != expected:
            raise GraphError(f"vectors of dimension {found}, but the index holds dimension {expected}")

    def _nearest(self, queries: Matrix, k: int) -> list[list[Hit]]:
        scores = np.zeros((len(queries), 0), np.float32)
        rows = np.zeros((len(queries), 0), np.int64)
        for start in range(0, len(self), ROWS):
            part = queries @ self.vectors[start : start + ROWS].T
            numbers = np.broadcast_to(np.arange(start, start + part.shape[1]), part.shape)
            scores, rows = _best(np.hstack([scores, part]), np.hstack([rows, numbers]), k)
        return [
            [Hit(id, score) for id, score in zip(self.ids.take(at), of.tolist(), strict=True)]
            for at, of in zip(rows, scores, strict=True)
        ]


def _best(scores: Matrix, rows: NDArray[np.int64], k: int) -> tuple[Matrix, NDArray[np.int64]]:
    """The ``k`` best columns of each line, by falling score; of equal scores the first columns."""
    width = min(max(k, 0), scores.shape[1])
    chosen = np.empty((len(scores), width), np.int64)
    for line, of in enumerate(scores if width else ()):
        least = np.partition(of, -width)[-width]
        above = np.flatnonzero(of > least)
        at = np.concatenate([above, np.flatnonzero(of == least)[: width - len(above)]])
        chosen[line] = at[np.argsort(-of[at], kind="stable")]
    return np.take_along_axis(scores, chosen, 1), np.take_along_axis(rows, chosen, 1)


def _rising(ids: pa.Array) -> Names:
    """Names that stand in order already."""
    return Names(ids, np.arange(len(ids), dtype=np.int32))


def _finite(vectors: NDArray[np.floating]) -> Matrix:
    if vectors.ndim != 2:
        raise GraphError(f"vectors of shape {vectors.shape}, expected two dimensions: one vector a line")
    with np.errstate(over="ignore"):
        narrow = vectors.astype(np.float32)
    bad = np.flatnonzero(~np.isfinite(narrow).all(axis=1))
    if len(bad):
        raise GraphError(f"vector {bad[0]} holds a number that is not finite in float32; {len(bad)} do so")
    return narrow


def _unit(vectors: Matrix) -> Matrix:
    """Scaled to length 1; zeros stay."""
    length = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    unit: Matrix = (vectors / np.where(length == 0, 1, length)).astype(np.float32)
    return unit
