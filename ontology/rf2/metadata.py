"""The SCTIDs that give RF2 rows their meaning. They are identifiers; none of SNOMED CT's content is here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..tables import Link, Preference, Role

IS_A = 116680003

DEFINED = 900000000000073002
"""Definition status: the axioms of the concept are sufficient to recognise it."""

INFERRED = 900000000000011006
STATED = 900000000000010007
"""Characteristic types of relationships."""

ROLES: Mapping[int, Role] = MappingProxyType(
    {
        900000000000003001: Role.FSN,
        900000000000013009: Role.EXACT,
        900000000000550004: Role.DEFINITION,
    }
)
"""By typeId of a description."""

SENSITIVE: Mapping[int, int] = MappingProxyType(
    {900000000000448009: 0, 900000000000020002: 1, 900000000000017005: 2}
)
"""By caseSignificanceId: what :attr:`~kgllm.ontology.tables.Terms.sensitive` calls it."""

PREFERENCES: Mapping[int, Preference] = MappingProxyType(
    {900000000000549004: Preference.ACCEPTABLE, 900000000000548007: Preference.PREFERRED}
)
"""By acceptabilityId of a language refset."""

DIALECTS: Mapping[str, int] = MappingProxyType({"en-US": 900000000000509007, "en-GB": 900000000000508004})
"""Names of language refsets; others go by their SCTID."""

LINKS: Mapping[int, Link] = MappingProxyType(
    {
        900000000000527005: Link.SAME_AS,
        900000000000526001: Link.REPLACED_BY,
        900000000000523009: Link.POSSIBLY_EQUIVALENT_TO,
        900000000000524003: Link.MOVED_TO,
        900000000000525002: Link.MOVED_FROM,
        900000000000530003: Link.ALTERNATIVE,
        900000000000529008: Link.SIMILAR_TO,
        1186924009: Link.PARTIALLY_EQUIVALENT_TO,
        900000000000528000: Link.WAS_A,
        900000000000531004: Link.REFERS_TO,
    }
)
"""By refsetId of a historical association."""

CORE_MODULE = 900000000000207008
MODEL_MODULE = 900000000000012004
"""The modules of SNOMED International: content in them is licensed."""
