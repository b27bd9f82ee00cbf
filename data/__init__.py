"""Data sets: reading, naming, auditing, splitting, and the queries they pose."""

from .config import DataConfig
from .dataset import Dataset
from .load import load_dataset
from .names import entity_names, relation_names

__all__ = ["DataConfig", "Dataset", "entity_names", "load_dataset", "relation_names"]
