"""What all exports ask: whether the content may be passed on, and how much of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import LicenceError
from ..tables import Bools, Tables
from ..terms import DIALECTS, Names

__all__ = ["ExportOptions"]


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """How to export.

    Args:
        dialects: whose preferred terms are the names; see :class:`~..terms.Names`.
        licensed_ok: whoever gets the export has a licence of their own for licensed content.
        without: beginnings of schemes, such as ``SNOMEDCT``, whose cross references are left out.
    """

    dialects: Sequence[str] = DIALECTS
    licensed_ok: bool = False
    without: Sequence[str] = ()

    def names(self, tables: Tables) -> Names:
        """What concepts are called, if the content may be passed on.

        Raises:
            LicenceError: it may not.
        """
        if tables.origin.licensed and not self.licensed_ok:
            raise LicenceError(
                f"{tables.origin.name} is licensed content; "
                "export it with licensed_ok if whoever gets it has a licence of their own"
            )
        return Names(tables, self.dialects)

    def schemes(self, tables: Tables) -> Bools:
        """(schemes,) which are exported."""
        left_out = tuple(one.casefold() for one in self.without)
        return np.array([not scheme.casefold().startswith(left_out) for scheme in tables.schemes], np.bool_)
