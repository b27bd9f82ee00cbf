"""Relations that give each other away: near-duplicates, inverses, and symmetric ones.

Such relations made older versions of public sets far too easy (Toutanova and Chen, CVSC 2015; Dettmers et
al., AAAI 2018).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .audit_report import Finding
from .dataset import Dataset
from .keys import Keys, pair_keys

SHARE = 0.8
"""Relations count as duplicates or inverses if this share of the pairs of *both* is in common."""
FEWEST = 10
"""Relations with fewer distinct pairs are left out: they share pairs by chance."""


def relation_findings(dataset: Dataset) -> Iterator[Finding]:
    """Findings on train: duplicate, inverse and symmetric relations."""
    n, relations = len(dataset.entities), len(dataset.relations)
    edges = np.unique(dataset.train[dataset.train[:, 0] != dataset.train[:, 2]], axis=0)
    head, relation, tail = edges.T
    forward, backward = pair_keys(head, tail, n), pair_keys(tail, head, n)
    sizes = np.bincount(relation, minlength=relations)
    same = _shared(forward, forward, relation, sizes)
    inverse = _shared(forward, backward, relation, sizes)
    labels = dataset.relations.labels
    for kind, pairs in (
        ("near-duplicates", [(a, b, s) for a, b, s in same if a < b]),
        ("inverses", [(a, b, s) for a, b, s in inverse if a < b]),
    ):
        if pairs:
            a, b, share = max(pairs, key=lambda pair: pair[2])
            yield Finding(
                "relations", "info", len(pairs),
                f"pairs of relations that are {kind} of each other: {len(pairs):,}",
                f"{labels[a]} and {labels[b]} ({share:.0%} of pairs in common)",
                "one relation of the pair answers the other", "report such relations apart",
            )  # fmt: skip
    symmetric = [(a, s) for a, b, s in inverse if a == b]
    if symmetric:
        a, share = max(symmetric, key=lambda one: one[1])
        yield Finding(
            "relations", "info", len(symmetric), f"symmetric relations: {len(symmetric):,}",
            f"{labels[a]} ({share:.0%} of pairs both ways)",
            "a reversed training triple answers the query", "report such relations apart",
        )  # fmt: skip


def _shared(left: Keys, right: Keys, relation: Keys, sizes: Keys) -> list[tuple[int, int, float]]:
    """(a, b, share) of relations where b has in ``right`` at least ``SHARE`` of what a has in ``left``."""
    order = np.argsort(right, kind="stable")
    starts = np.searchsorted(right[order], left, side="left")
    counts = np.searchsorted(right[order], left, side="right") - starts
    inside = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    partner = relation[order][np.repeat(starts, counts) + inside]
    codes, common = np.unique(np.repeat(relation, counts) * len(sizes) + partner, return_counts=True)
    a, b = np.divmod(codes, len(sizes))
    share = common / np.maximum(np.maximum(sizes[a], sizes[b]), 1)
    keep = (share >= SHARE) & (np.minimum(sizes[a], sizes[b]) >= FEWEST)
    return [(int(x), int(y), float(s)) for x, y, s in zip(a[keep], b[keep], share[keep], strict=True)]
