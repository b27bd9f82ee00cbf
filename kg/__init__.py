"""Knowledge graphs: vocabularies of entities and relations."""

from .vocab import Vocab

__all__ = ["Vocab"]
