"""How alike two concepts are, by what stands above both and by how informative it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import OntologyError
from .closure import Closure
from .graph import Hierarchy, Position

Content = NDArray[np.float64]
"""(n,) information content of each concept, at least 0; infinite where a corpus says nothing of it."""


def intrinsic_ic(closure: Closure) -> Content:
    """Information content by the number of descendants: 1 − log(1 + descendants) / log N, from 0 to 1.

    N counts the concepts with is-a links. Seco, Veale, Hayes: An intrinsic information content metric for
    semantic similarity in WordNet. ECAI 2004.

    Raises:
        OntologyError: there are no is-a links.
    """
    descendants = closure.descendants.counts()
    linked = np.count_nonzero((descendants > 0) | (closure.ancestors.counts() > 0))
    if not linked:
        raise OntologyError("the ontology has no is-a links; similarity needs a hierarchy")
    return 1 - np.log1p(descendants) / log(linked)


def corpus_ic(closure: Closure, counts: NDArray[Any]) -> Content:
    """Information content by use: −log of the share that a concept and its descendants have of all mentions.

    Resnik: Using information content to evaluate semantic similarity in a taxonomy. IJCAI 1995.

    Args:
        closure: of n concepts.
        counts: (n,) how often each concept itself is mentioned.

    Raises:
        OntologyError: the counts are of another number of concepts, negative, or all 0.
    """
    size = len(closure.ancestors)
    if len(counts) != size:
        raise OntologyError(f"counts of {len(counts)} concepts were given, expected {size}")
    total = float(counts.sum())
    if not total > 0 or counts.min() < 0:
        raise OntologyError("counts of mentions have to be 0 or more, and not all 0")
    each = np.repeat(counts, closure.ancestors.counts())
    used = counts + np.bincount(closure.ancestors.values, each, minlength=size)
    with np.errstate(divide="ignore"):
        content: Content = np.maximum(np.log(total) - np.log(used), 0)
    return content


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two concepts to compare.

    Args:
        hierarchy: of n concepts.
        ic: (n,) their information content, see :func:`intrinsic_ic` and :func:`corpus_ic`.
        a: the one position.
        b: the other.
    """

    hierarchy: Hierarchy
    ic: Content
    a: Position
    b: Position

    def shared(self) -> float:
        """Information content of the most informative common ancestor; 0 if there is none."""
        return float(self.ic[self.hierarchy.common(self.a, self.b)].max(initial=0))

    def own(self) -> float:
        """Sum of the information content of the two."""
        return float(self.ic[self.a] + self.ic[self.b])


def resnik(pair: Pair) -> float:
    """Information content of the most informative common ancestor, 0 or more. Resnik, IJCAI 1995."""
    return pair.shared()


def lin(pair: Pair) -> float:
    """What both share of what they say, 0 to 1; 0 if they say nothing. Lin, ICML 1998."""
    own = pair.own()
    return 2 * pair.shared() / own if own else 0.0


def jiang_conrath(pair: Pair) -> float:
    """A distance: what the two say beyond what they share, 0 or more. Jiang and Conrath, ROCLING 1997."""
    return pair.own() - 2 * pair.shared()


def jaccard(pair: Pair) -> float:
    """Common ancestors among all ancestors, each concept counted among its own; 0 to 1."""
    common = len(pair.hierarchy.common(pair.a, pair.b))
    either = len(pair.hierarchy.above(np.array([pair.a, pair.b]), itself=True))
    return common / either


def phenodigm(pair: Pair) -> float:
    """√(Jaccard · Resnik), 0 or more. Smedley et al., Database 2013, doi:10.1093/database/bat025."""
    return sqrt(jaccard(pair) * resnik(pair))


def wu_palmer(pair: Pair) -> float:
    """2·n / (u + v + 2·n), 0 to 1; 0 without a common ancestor. Wu and Palmer, ACL 1994.

    n counts the concepts on the shortest path from a root to a common ancestor, u and v the links from there
    to the two concepts; of all common ancestors the one that gives most.
    """
    first, second = (_links_up(pair.hierarchy, one) for one in (pair.a, pair.b))
    best = 0.0
    for common in first.keys() & second.keys():
        twice = 2 * (pair.hierarchy.depth(common)[0] + 1)
        best = max(best, twice / (first[common] + second[common] + twice))
    return best


MEASURES: dict[str, Callable[[Pair], float]] = {
    "resnik": resnik,
    "lin": lin,
    "jiang-conrath": jiang_conrath,
    "wu-palmer": wu_palmer,
    "jaccard": jaccard,
    "phenodigm": phenodigm,
}
UNINFORMED = ("wu-palmer", "jaccard")
"""Measures that do without information content."""


def similarity(hierarchy: Hierarchy, ic: Content, a: Position, b: Position, measure: str) -> float:
    """Compare two concepts by one of :data:`MEASURES`; ``jiang-conrath`` is a distance. See :class:`Pair`.

    Raises:
        OntologyError: there is no such measure; information content of another number of concepts was given;
            or the corpus behind it mentions neither one of the concepts nor any of its descendants.
    """
    if measure not in MEASURES:
        raise OntologyError(f"there is no measure {measure!r}; there are {', '.join(MEASURES)}")
    pair = Pair(hierarchy, ic, a, b)
    if measure not in UNINFORMED:
        _check(pair)
    return MEASURES[measure](pair)


def _check(pair: Pair) -> None:
    given, expected = len(pair.ic), len(pair.hierarchy)
    if given != expected:
        raise OntologyError(f"information content of {given} concepts was given, expected {expected}")
    if not np.isfinite(pair.own()):
        raise OntologyError(
            "a concept that the corpus never mentions has no finite information content; "
            "add 1 to all counts, or use intrinsic_ic"
        )


def _links_up(hierarchy: Hierarchy, position: Position) -> dict[int, int]:
    """The concept and its ancestors, each with the number of links on the shortest path to it."""
    links = {int(position): 0}
    todo = [int(position)]
    for concept in todo:  # grows while it is walked
        fresh = [parent for parent in hierarchy.parents(concept).tolist() if parent not in links]
        links.update(dict.fromkeys(fresh, links[concept] + 1))
        todo += fresh
    return links
