"""Settings of a data set: where it lies, how its files are read, and what is done about its defects."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Format = Literal["auto", "tsv", "pipe", "openke-htr", "openke-hrt"]


class DataConfig(BaseModel):
    """Which data set to load, and how."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: str = Field(min_length=1)
    """Catalogue name (``kgllm data list``), or path of a folder or of one file of triples."""
    format: Format = "auto"
    """Layout of the triples: three tab-separated columns (``tsv``), three columns separated by ``|``
    (``pipe``), or blank-separated ids in the order head, tail, relation (``openke-htr``) or head,
    relation, tail (``openke-hrt``). ``auto`` looks at the content."""
    names: Path | None = None
    """File of entity names (label, name[, description]); null takes ``entity2text.txt`` if it exists."""
    relation_names: Path | None = None
    """File of relation names; null takes ``relation2text.txt`` if it exists."""
    descriptions: Path | None = None
    """File of entity descriptions; null takes ``entity2textlong.txt`` if it exists."""
    aliases: Path | None = None
    """File of entity aliases: a label and one or more aliases per line; null takes ``aliases.txt`` if it
    exists."""
    audit: Literal["strict", "warn", "off"] = "strict"
    """``strict`` refuses a data set whose splits overlap, ``warn`` notes it in every result, ``off`` does
    not look."""
    resplit_if_leaky: bool = False
    """Where valid overlaps train or test, drop those triples and fill valid up from train."""
    resplit_fraction: float = Field(default=0.05, gt=0, lt=0.5)
    """Share of the training triples that a re-split moves to valid, and that a file without splits gives
    to valid and to test each."""
    resplit_seed: int = Field(default=0, ge=0)
    """Seed of the hash order in which triples are moved."""
    unseen_relations: Literal["error", "keep"] = "error"
    """What to do, where no dictionary lists the relations, with a relation of valid or test that train
    lacks."""
    missing_names: Literal["auto", "error", "id"] = "auto"
    """Entities without a name: refuse (``error``) or use the label (``id``). ``auto`` is what the catalogue
    says, ``error`` for your own data."""
    duplicate_names: Literal["auto", "error", "number", "keep"] = "auto"
    """Entities that share a name: refuse, append “ (2)”, “ (3)” … (``number``), or leave them (``keep``).
    ``auto`` is what the catalogue says, ``error`` for your own data."""
