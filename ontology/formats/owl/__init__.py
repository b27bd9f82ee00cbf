"""OWL: from triples to concepts."""

from .reader import read_owl

__all__ = ["read_owl"]
