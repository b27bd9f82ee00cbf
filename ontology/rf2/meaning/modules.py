"""Modules: which a release has, whether their dependencies are stated, whether their content is licensed."""

from __future__ import annotations

import numpy as np

from ...issues import Issues
from .. import rules
from ..coding import numbered
from ..metadata import CORE_MODULE, MODEL_MODULE
from ..reporting import report
from ..rows import Rows

LICENSED = CORE_MODULE, MODEL_MODULE


def modules_of(rows: Rows) -> list[int]:
    """The modules of active ``rows``, ascending."""
    return numbered(rows["moduleId"][rows["active"]])[0]


def check_dependencies(concepts: Rows, dependencies: Rows, issues: Issues) -> None:
    """Warn of modules of concepts that the module dependency refset does not name.

    The place of a warning is the module's first active concept.

    Args:
        dependencies: active rows of the refset.
    """
    named = {*dependencies["moduleId"].tolist(), *dependencies["referencedComponentId"].tolist()}
    active, module = concepts["active"], concepts["moduleId"]
    lacking = [one for one in modules_of(concepts) if one not in named]
    rows = np.array([np.argmax(active & (module == one)) for one in lacking], np.int64)
    report(issues, rules.MODULE_DEPENDENCY, concepts, rows, "moduleId")


def is_licensed(edition: str, modules: list[int]) -> bool:
    """Whether a release holds SNOMED CT content, which its licence forbids to pass on."""
    return edition.lower().startswith("snomedct") or any(module in LICENSED for module in modules)
