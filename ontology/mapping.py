"""What concepts are in other schemes, by cross references, simple maps and maps with rules."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import NotFoundError
from .rf2.maps import MapTarget, resolve
from .tables import Tables, rows_of

SCHEMES = {"icd10": "447562003"}
"""Names for map refsets; others go by their SCTID."""


def scheme_of(schemes: Sequence[str], name: str) -> str:
    """The one of ``schemes`` that is called ``name``.

    Raises:
        NotFoundError: none is.
    """
    wanted = {name.casefold(), SCHEMES.get(name.casefold().replace("-", ""), name)}
    for scheme in schemes:
        if scheme.casefold() in wanted:
            return scheme
    known = ", ".join(schemes) or "none at all"
    raise NotFoundError(f"the ontology has no map to {name!r}; it has {known}")


def targets(tables: Tables, scheme: str, position: int) -> list[MapTarget]:
    """The codes of a concept in ``scheme``: those without rules, then those of :func:`.rf2.maps.resolve`."""
    rows = rows_of(tables.xrefs.concept, position)
    chosen = rows.start + np.flatnonzero(tables.xrefs.scheme[rows] == tables.schemes.index(scheme))
    plain = [MapTarget(0, 0, tables.xrefs.code[row], "", "", "", False) for row in chosen]
    return [*plain, *resolve(tables, scheme, position)]
