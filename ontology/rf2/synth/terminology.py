"""Concepts, descriptions and text definitions of a synthetic release."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..rows import FileKind
from .metadata import DESCRIPTION
from .states import Bools, since, states
from .table import Column, Table, numbered
from .words import AWKWARD, TAGS, join, names, phrases, words
from .world import Ints, World


def defined(world: World) -> NDArray[np.bool_]:
    """(n,) bool, which concepts are defined: two of seven."""
    found = np.zeros(len(world.ids), np.bool_)
    found[world.content] = np.arange(len(world.content)) % 7 < 2
    return found


def concepts(world: World) -> Table:
    """The rows of Concept."""
    primitive, sufficient = world.ids_of("primitive", "defined")
    special = np.ones(len(world.ids), np.bool_)
    special[world.content] = False
    columns: dict[str, Column] = {"definitionStatusId": np.where(defined(world), sufficient, primitive)}
    return Table(FileKind.CONCEPT, world.ids, states(world.exists, world.active), columns, special)


FSN, BASE, SPELLING, FORMER, FURTHER, DEFINITION = range(6)
"""Sorts of descriptions: fully specified names; synonyms that are preferred as a rule; spellings that
the second dialect prefers; former fully specified names; further synonyms; definitions."""


@dataclass(frozen=True)
class Part:
    """Descriptions of one sort: for each its concept, its history, its term."""

    concept: Ints
    exists: Bools
    active: Bools
    term: pa.Array


@dataclass(frozen=True)
class Descriptions:
    """All descriptions, in the order of their ids.

    Args:
        ids: (t,) int64.
        part: (t,) of which sort each is: :data:`FSN` and so on.
        concept: (t,) positions.
        exists: (t, dates) bool.
        active: (t, dates) bool.
        term: (t,) text.
    """

    ids: Ints
    part: Ints
    concept: Ints
    exists: Bools
    active: Bools
    term: pa.Array

    def table(self, world: World, kind: FileKind) -> Table:
        """The rows of Description, or those of TextDefinition."""
        rows = np.flatnonzero((self.part == DEFINITION) == (kind == FileKind.TEXT_DEFINITION))
        type_ids = world.ids_of("fsn", "synonym", "synonym", "fsn", "synonym", "definition")
        case_ids = world.ids_of("case-insensitive", "initial-insensitive", "case-sensitive")
        columns: dict[str, Column] = {
            "conceptId": world.ids[self.concept[rows]],
            "languageCode": "en",
            "typeId": type_ids[self.part[rows]],
            "term": self.term.take(pa.array(rows)),
            "caseSignificanceId": case_ids[np.digitize(self.concept[rows] % 20, [17, 19])],
        }
        return Table(kind, self.ids[rows], states(self.exists[rows], self.active[rows]), columns)


def make_descriptions(world: World) -> Descriptions:
    """The descriptions of all concepts, inactive ones included: those stay active."""
    rng = world.random(1)
    vocabulary = words(rng)
    base = join(names(np.arange(len(world.ids))), phrases(vocabulary, len(world.ids), 4, rng), separator=" ")
    names_now, former_names = _fully_specified(world, base, phrases(vocabulary, len(world.ids), 2, rng))
    synonyms = Part(np.arange(len(world.ids)), world.exists, world.exists, base)
    further, definitions = _further(world, vocabulary, rng), _definitions(world, vocabulary, rng)
    return _joined([names_now, synonyms, _spellings(world, base), former_names, further, definitions])


def _joined(parts: Sequence[Part]) -> Descriptions:
    """The parts, in the order of :data:`FSN` and so on, with ids."""
    sizes = [len(part.concept) for part in parts]
    return Descriptions(
        numbered(1, sum(sizes), DESCRIPTION),
        np.repeat(np.arange(len(parts)), sizes),
        np.concatenate([part.concept for part in parts]),
        np.concatenate([part.exists for part in parts]),
        np.concatenate([part.active for part in parts]),
        pa.concat_arrays([part.term for part in parts]),
    )


def _fully_specified(world: World, base: pa.Array, former: pa.Array) -> tuple[Part, Part]:
    """Fully specified names, and those that one concept of a hundred had until it got another."""
    dates = world.exists.shape[1]
    tags = np.arange(len(world.ids)) % len(TAGS)
    tags[[*world.special.values()]] = len(TAGS)
    tag = pa.array([f" ({tag})" for tag in (*TAGS, "metadata")]).take(pa.array(tags))
    renamed = world.firm[3::100]
    change = 1 + np.arange(len(renamed)) % (dates - 1)
    new = world.exists.copy()
    new[renamed] = since(change, dates)
    former = join(former, tag, separator="").take(pa.array(renamed))
    old = Part(renamed, world.exists[renamed], ~since(change, dates), former)
    return Part(np.arange(len(world.ids)), new, new, join(base, tag, separator="")), old


def _spellings(world: World, base: pa.Array) -> Part:
    """Another spelling of the base synonyms of one concept of eight."""
    concept = world.content[3::8]
    term = base.take(pa.array(concept))
    return Part(concept, world.exists[concept], world.exists[concept], join("ou", term, separator=""))


def _further(world: World, vocabulary: pa.Array, rng: np.random.Generator) -> Part:
    """Synonyms that come, go and come back; the first are :data:`~.words.AWKWARD`."""
    counts = rng.poisson(1.03, len(world.ids))
    concept = np.repeat(np.arange(len(world.ids)), counts)
    dates, number = world.exists.shape[1], np.arange(len(concept))
    kind, turn = number % 100, number // 100
    first = np.where((kind >= 70) & (kind < 82), 1 + turn % (dates - 1), 0)
    end = np.where((kind >= 82) & (kind < 97), turn % dates, dates)
    exists = world.exists[concept] & since(first, dates)
    active = exists & ~since(end, dates)
    back = np.flatnonzero(kind >= 97)
    active[back, 1 + turn[back] % (dates - 2)] = False
    usual = phrases(vocabulary, max(len(concept) - len(AWKWARD), 0), 6, rng)
    term = pa.concat_arrays([pa.array(AWKWARD), usual])[: len(concept)]
    return Part(concept, exists, active, term)


def _definitions(world: World, vocabulary: pa.Array, rng: np.random.Generator) -> Part:
    """Sentences for one concept of forty; some have quotation marks."""
    concept = world.content[5::40]
    sentence = join(*(phrases(vocabulary, len(concept), 5, rng) for _ in range(6)), separator=", ")
    quoted = join('The "', sentence, '".', separator="")
    plain = join("A ", sentence, ".", separator="")
    chosen: NDArray[Any] = np.arange(len(concept)) + len(concept) * (np.arange(len(concept)) % 9 != 0)
    term = pa.concat_arrays([quoted, plain]).take(pa.array(chosen))
    return Part(concept, world.exists[concept], world.exists[concept], term)
