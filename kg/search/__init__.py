"""Finding entities by words, in SQLite's full-text index, and by vectors."""

from .hit import Hit
from .text import TextIndex, text_index
from .vectors import VectorIndex

__all__ = ["Hit", "TextIndex", "VectorIndex", "text_index"]
