"""What members of refsets refer to: concepts and descriptions."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from ...ids import Positions
from ...tables import Bools, Terms
from ..lookup import Index
from ..sctid import COMPONENT, partitions
from .concepts import Known


class State(IntEnum):
    """What a release says of a component."""

    UNKNOWN = 0
    INACTIVE = 1
    ACTIVE = 2


class Components:
    """The concepts and descriptions of a release, to be referred to.

    Args:
        known: the concepts.
        terms: the descriptions, with their ids.
    """

    __slots__ = ("descriptions", "known", "state_of_terms", "terms")

    def __init__(self, known: Known, terms: Terms) -> None:
        self.known = known
        self.descriptions = Index(terms.ids)
        self.terms = len(terms.ids)
        self.state_of_terms = _states(terms.active)

    def state_of_descriptions(self, rows: Positions) -> NDArray[np.uint8]:
        """(n,) uint8 of :class:`State` of the descriptions in ``rows`` of the terms; −1 is unknown."""
        return self.state_of_terms[rows]

    def state(self, ids: NDArray[np.int64]) -> NDArray[np.uint8]:
        """(n,) uint8 of :class:`State`; relationships, which few refsets have as members, count as active."""
        states = np.full(len(ids), State.ACTIVE, np.uint8)
        kinds = partitions(ids)
        concepts = np.isin(kinds, list(COMPONENT["concept"]))
        states[concepts] = _states(self.known.active)[self.known.find(ids[concepts])]
        descriptions = np.isin(kinds, list(COMPONENT["description"]))
        states[descriptions] = self.state_of_terms[self.descriptions.find(ids[descriptions])]
        return states


def _states(active: Bools) -> NDArray[np.uint8]:
    """The state of each component, and one more at −1: unknown."""
    known = np.where(active, State.ACTIVE, State.INACTIVE).astype(np.uint8)
    return np.append(known, np.uint8(State.UNKNOWN))
