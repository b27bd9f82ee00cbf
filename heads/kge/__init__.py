"""Knowledge-graph embeddings: the structural baseline, and the graph half of a fused scorer."""

from .interactions import INTERACTIONS, Interaction
from .model import KgeConfig, KgeModel

__all__ = ["INTERACTIONS", "Interaction", "KgeConfig", "KgeModel"]
