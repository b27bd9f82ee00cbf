"""The edges of a graph as arrays, in both directions, for walking, sampling and training."""

from .graph import CSRGraph, Sample, Steps

__all__ = ["CSRGraph", "Sample", "Steps"]
