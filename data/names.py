"""One readable name for each entity and relation, by a stated policy for missing and shared names."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import DataError
from .catalogue import catalogue
from .config import DataConfig
from .dataset import Dataset
from .texts import readable


@dataclass(frozen=True)
class Naming:
    """The names of all entities, and what the policies did.

    Attributes:
        names: one name per entity id.
        missing: entities without a name, named by their label.
        numbered: entities whose shared name got a number.
        shared: entities that still share their name with another.
    """

    names: list[str]
    missing: int
    numbered: int
    shared: int


def entity_names(dataset: Dataset, config: DataConfig) -> list[str]:
    """One name per entity id; see ``name_entities``."""
    return name_entities(dataset, config).names


def relation_names(dataset: Dataset) -> list[str]:
    """One name per relation id: from the file of names, else the label made readable."""
    given = dataset.texts.relation_names
    return [given.get(label) or readable(label) for label in dataset.relations]


def name_entities(dataset: Dataset, config: DataConfig) -> Naming:
    """Name every entity as ``config.missing_names`` and ``config.duplicate_names`` say.

    A set without any names uses its labels, URIs made readable.

    Raises:
        DataError: an entity has no name, or shares it with another, where the policy is ``error``.
    """
    missing_policy, shared_policy = _policies(config)
    given = dataset.texts.entity_names
    lacking = [label for label in dataset.entities if not given.get(label)] if given else []
    if lacking and missing_policy == "error":
        raise DataError(
            f"{len(lacking):,} of {len(dataset.entities):,} entities have no name, the first is "
            f"{lacking[0]!r}; name them, or use their labels with --set data.missing_names=id"
        )
    names = [given.get(label) or _label_name(label) for label in dataset.entities]
    counts = Counter(names)
    shared = sum(count for count in counts.values() if count > 1)
    if shared and shared_policy == "error":
        name, count = next((name, count) for name, count in counts.items() if count > 1)
        raise DataError(
            f"{shared:,} entities share their name with another, e.g. {name!r} names {count}; make names "
            "distinct, or choose --set data.duplicate_names=number or =keep"
        )
    if shared_policy == "number":
        return Naming(number_names(names), len(lacking), shared - sum(c > 1 for c in counts.values()), 0)
    return Naming(names, len(lacking), 0, shared)


def number_names(names: Sequence[str]) -> list[str]:
    """Distinct names: the second bearer of a name becomes “name (2)”, and so on, in the order given.

    A number that would make a name already in use is passed over.
    """
    taken, last, out = set(names), dict.fromkeys(names, 0), []
    for name in names:
        last[name] += 1
        if last[name] == 1:
            out.append(name)
            continue
        while (numbered := f"{name} ({last[name]})") in taken:
            last[name] += 1
        taken.add(numbered)
        out.append(numbered)
    return out


def random_names(count: int, seed: int) -> list[str]:
    """``count`` distinct names of twelve letters that mean nothing, for controls."""
    names: dict[str, None] = {}
    draw = 0
    while len(names) < count:
        digest = hashlib.sha256(f"{seed} {draw}".encode()).digest()
        names["".join(chr(ord("a") + byte % 26) for byte in digest[:12])] = None
        draw += 1
    return list(names)


def _policies(config: DataConfig) -> tuple[str, str]:
    entry = catalogue().get(config.name)
    missing, shared = config.missing_names, config.duplicate_names
    if missing == "auto":
        missing = entry.missing_names if entry else "error"
    if shared == "auto":
        shared = entry.duplicate_names if entry else "error"
    return missing, shared


def _label_name(label: str) -> str:
    return readable(label) if "://" in label else label
