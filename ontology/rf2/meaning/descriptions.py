"""Descriptions and text definitions: the terms of concepts, and warnings about each of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ...issues import Issues
from ...strings import Strings
from ...tables import Role, Terms
from .. import rules
from ..coding import coded, numbered_texts
from ..metadata import ROLES, SENSITIVE
from ..reporting import report
from ..rows import FileKind, Rows
from .concepts import Known

LONGEST = {FileKind.DESCRIPTION: 255, FileKind.TEXT_DEFINITION: 4096}
"""Characters of a term."""


def read_descriptions(parts: Sequence[Rows], known: Known, issues: Issues) -> tuple[Terms, tuple[str, ...]]:
    """The terms of a Snapshot, inactive ones among them, in the order of the files; and their languages.

    Descriptions of unknown concepts are left out with a warning.

    Args:
        parts: descriptions, text definitions.
    """
    parts = [_checked(rows, known, issues) for rows in parts]
    languages, language = numbered_texts(pa.concat_arrays([rows.text("languageCode") for rows in parts]))
    types = _numbers(parts, "typeId")
    terms = Terms(
        known.find(_numbers(parts, "conceptId")),
        coded(types, ROLES, Role.RELATED),
        np.concatenate([rows["active"] for rows in parts]),
        language.astype(np.uint8),
        Strings.of(pa.concat_arrays([rows.text("term") for rows in parts])),
        _numbers(parts, "id"),
        sensitive=coded(_numbers(parts, "caseSignificanceId"), SENSITIVE),
    )
    return terms, tuple(languages)


def _numbers(parts: Sequence[Rows], column: str) -> NDArray[np.int64]:
    return np.concatenate([rows[column] for rows in parts])


def _checked(rows: Rows, known: Known, issues: Issues) -> Rows:
    """The rows of known concepts."""
    concept, active = known.find(rows["conceptId"]), rows["active"]
    unknown = concept < 0
    report(issues, rules.DESCRIPTION_OF_INACTIVE, rows, active & ~unknown & ~known.in_use(concept))
    report(issues, rules.LONG_TERM, rows, _long(rows), "term")
    report(issues, rules.NO_SEMANTIC_TAG, rows, _untagged(rows), "term")
    report(issues, rules.DESCRIPTION_OF_UNKNOWN, rows, unknown, "conceptId")
    return rows.take(~unknown) if unknown.any() else rows


def _long(rows: Rows) -> NDArray[np.int64]:
    """The active rows whose term is too long, in characters, of which a byte is never more than one."""
    texts, most = Strings.of(rows.text("term")), LONGEST[rows.kind]
    long = np.flatnonzero(rows["active"] & (np.diff(texts.offsets) > most))
    return long[np.array([len(texts[row]) > most for row in long], np.bool_)]


def _untagged(rows: Rows) -> NDArray[np.int64]:
    """The active fully specified names that do not end with something in brackets."""
    names = np.flatnonzero(rows["active"] & (coded(rows["typeId"], ROLES, Role.RELATED) == Role.FSN))
    tagged = pc.match_substring_regex(rows.text("term").take(pa.array(names)), r"\([^()]+\)$")
    untagged: NDArray[np.int64] = names[~tagged.to_numpy(zero_copy_only=False)]
    return untagged
