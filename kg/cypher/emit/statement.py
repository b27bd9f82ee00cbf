"""What is sent to an engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Statement:
    """Text in the dialect of one engine, and the values of its parameters."""

    text: str
    parameters: Mapping[str, object] = field(default_factory=dict)
