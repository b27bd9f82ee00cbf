"""Concepts that every synthetic release has, because its rows refer to them.

Only the ids of metadata that the release format itself needs are SNOMED International's; the rest is of a
namespace for throw-away ids, and every name is invented.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from ..sctid import make

NAMESPACE = 1000003
CONCEPT, DESCRIPTION, RELATIONSHIP = 10, 11, 12
"""Partitions."""

OWN = 0
"""An id of the namespace."""

ATTRIBUTES = tuple(f"attribute-{number}" for number in range(1, 13))
DATA_ATTRIBUTES = tuple(f"data-attribute-{number}" for number in range(1, 4))
ASSOCIATIONS = ("same-as", "replaced-by", "possibly-equivalent-to", "moved-to", "was-a", "alternative")
REASONS = ("duplicate", "outdated", "erroneous")

SPECIAL: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "root": (OWN, ""),
        "metadata": (OWN, "root"),
        "attribute": (410662002, "metadata"),
        "data-attribute": (762706009, "attribute"),
        **dict.fromkeys(ATTRIBUTES, (OWN, "attribute")),
        **dict.fromkeys(DATA_ATTRIBUTES, (OWN, "data-attribute")),
        "is-a": (116680003, "metadata"),
        "role-group": (609096000, "metadata"),
        "primitive": (900000000000074008, "metadata"),
        "defined": (900000000000073002, "metadata"),
        "fsn": (900000000000003001, "metadata"),
        "synonym": (900000000000013009, "metadata"),
        "definition": (900000000000550004, "metadata"),
        "case-sensitive": (900000000000017005, "metadata"),
        "initial-insensitive": (900000000000020002, "metadata"),
        "case-insensitive": (900000000000448009, "metadata"),
        "preferred": (900000000000548007, "metadata"),
        "acceptable": (900000000000549004, "metadata"),
        "inferred": (900000000000011006, "metadata"),
        "stated": (900000000000010007, "metadata"),
        "some": (900000000000451002, "metadata"),
        "content-module": (OWN, "metadata"),
        "metadata-module": (OWN, "metadata"),
        "refset": (OWN, "metadata"),
        "us": (900000000000509007, "refset"),
        "gb": (900000000000508004, "refset"),
        "module-dependency": (900000000000534007, "refset"),
        "owl-axiom": (733073007, "refset"),
        "descriptor": (900000000000456007, "refset"),
        "concept-inactivation": (900000000000489007, "refset"),
        "description-inactivation": (900000000000490003, "refset"),
        "icd-10": (447562003, "refset"),
        "simple-1": (OWN, "refset"),
        "simple-2": (OWN, "refset"),
        "simple-map": (OWN, "refset"),
        "association": (900000000000522004, "refset"),
        "same-as": (900000000000527005, "association"),
        "replaced-by": (900000000000526001, "association"),
        "possibly-equivalent-to": (900000000000523009, "association"),
        "moved-to": (900000000000524003, "association"),
        "was-a": (900000000000528000, "association"),
        "alternative": (900000000000530003, "association"),
        "classified": (447637006, "metadata"),
        "unclassifiable": (447638001, "metadata"),
        "context-dependent": (447639009, "metadata"),
        "correlation": (OWN, "metadata"),
        **dict.fromkeys(REASONS, (OWN, "metadata")),
        "referenced-component": (OWN, "metadata"),
        "refset-column": (OWN, "metadata"),
        "component-type": (OWN, "metadata"),
        "string-type": (OWN, "metadata"),
        "integer-type": (OWN, "metadata"),
    }
)
"""By a name of our own: the id, and the parent, which stands further up."""


@cache
def special_ids() -> Mapping[str, int]:
    """The SCTID of each of :data:`SPECIAL`."""
    ids, item = {}, 0
    for name, (id, _) in SPECIAL.items():
        item += id == OWN
        ids[name] = id or make(item, CONCEPT, NAMESPACE)
    return MappingProxyType(ids)
