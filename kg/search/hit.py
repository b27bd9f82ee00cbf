"""What a search finds."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Hit"]


class Hit(NamedTuple):
    """An entity and its score; the higher, the better."""

    id: str
    score: float
