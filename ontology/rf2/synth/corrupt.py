"""Plant one named fault in a written release, to see whether a reader finds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np

from ....errors import OntologyError
from ...issues import Rule
from .. import rules
from .faults.logic import LOGIC
from .faults.package import PACKAGE
from .faults.shape import SHAPE
from .faults.site import Plant, Planted, Site
from .faults.values import VALUES

__all__ = ["CORRUPTIONS", "Corruption", "Planted", "corrupt"]

RULES = {rule.code: rule for rule in vars(rules).values() if isinstance(rule, Rule)}
RULES |= dict.fromkeys(("truncated-archive", "damaged-member"), rules.DAMAGED_ARCHIVE)


@dataclass(frozen=True, slots=True)
class Corruption:
    """A way to spoil a release.

    Args:
        rule: what is broken then.
        plant: does it.
    """

    rule: Rule
    plant: Plant


CORRUPTIONS: Mapping[str, Corruption] = MappingProxyType(
    {name: Corruption(RULES[name], plant) for name, plant in (PACKAGE | SHAPE | VALUES | LOGIC).items()}
)
"""By name: the code of the rule, where there is one way to break it."""


def corrupt(root: Path, name: str, seed: int = 0) -> Planted:
    """Plant one fault in a release whose files are not packed.

    Args:
        root: the root folder, which is changed; faults of archives are planted in a zip file beside it.
        name: one of :data:`CORRUPTIONS`.
        seed: decides which file, line and value is spoiled, and how.

    Raises:
        OntologyError: there is no such corruption.
    """
    if name not in CORRUPTIONS:
        raise OntologyError(f"no corruption {name!r}; there are {', '.join(CORRUPTIONS)}")
    corruption = CORRUPTIONS[name]
    planted = corruption.plant(Site(root, np.random.default_rng(seed)))
    return replace(planted, rule=corruption.rule.code)
