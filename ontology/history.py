"""Where the meaning of inactive concepts went."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .tables import Link, Tables, rows_of

REPLACING = frozenset(
    {
        Link.SAME_AS,
        Link.REPLACED_BY,
        Link.POSSIBLY_EQUIVALENT_TO,
        Link.ALTERNATIVE,
        Link.SIMILAR_TO,
        Link.PARTIALLY_EQUIVALENT_TO,
        Link.CONSIDER,
    }
)
"""Links to concepts that can stand for the old one; the others say where it was moved or what it was."""


class Trace(NamedTuple):
    """A link of the history, to or from the concept at ``position``."""

    link: Link
    position: int


def went(tables: Tables, position: int) -> list[Trace]:
    """Where a concept went, in the order of :class:`~.tables.Link`."""
    history = tables.history
    rows = rows_of(history.source, position)
    pairs = zip(history.link[rows].tolist(), history.target[rows].tolist(), strict=True)
    return [Trace(Link(link), target) for link, target in pairs]


def came(tables: Tables, position: int) -> list[Trace]:
    """Which concepts went to a concept, in the order of :class:`~.tables.Link`."""
    history = tables.history
    rows = np.flatnonzero(history.target == position)
    pairs = sorted(zip(history.link[rows].tolist(), history.source[rows].tolist(), strict=True))
    return [Trace(Link(link), source) for link, source in pairs]


def replacements(tables: Tables, position: int) -> list[Trace]:
    """The active concepts that stand for an inactive one, the best first.

    A target that is inactive itself is replaced in turn; of a chain, the weakest link counts.
    """
    best: dict[int, Link] = {}
    ahead = [Trace(Link.SAME_AS, position)]
    while ahead:
        weakest, at = ahead.pop()
        for link, target in went(tables, at):
            chain = max(link, weakest)
            if link in REPLACING and chain < best.get(target, len(Link)):
                best[target] = chain
                ahead.append(Trace(chain, target))
    active = (Trace(link, target) for target, link in best.items() if tables.concepts.active[target])
    return sorted(active)
