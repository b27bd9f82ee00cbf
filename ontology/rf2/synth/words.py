"""Invented terms: words of syllables, and terms that readers stumble over."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]
WORDS = 4000

TAGS = ("galup", "soret", "minola", "tavok", "lurem state", "pidan", "zokel/fidur", "beno")
"""Semantic tags."""

AWKWARD = (
    '"quoted"',
    '"',
    '""',
    '"begins with a quote',
    'ends with a quote"',
    'a "quote" inside',
    "NA",
    "n/a",
    "NaN",
    "null",
    "NULL",
    "None",
    "nan",
    "0",
    "-1.5e3",
    "true",
    "µ-zórə (naïve)",
    "пизан 漢字 مثال",
    "cafe\u0301 \U0001f9ec",
    "it's a 'term', with; #signs & <marks> | \\ \\t \\n",
    "ö" * 255,
)
"""Terms that quoting, null detection, number parsing or a wrong encoding would change."""


def words(rng: np.random.Generator) -> pa.Array:
    """:data:`WORDS` distinct words of two to four syllables."""
    found: dict[str, None] = {}
    while len(found) < WORDS:
        found["".join(rng.choice(SYLLABLES, rng.integers(2, 5)))] = None
    return pa.array(list(found))


def names(numbers: NDArray[np.integer[Any]]) -> pa.Array:
    """A word for each number below 24 million, another for each."""
    syllables = pa.array(SYLLABLES)
    base = len(SYLLABLES)
    parts = [syllables.take(pa.array(numbers // base**place % base)) for place in range(4)]
    return join(*parts, separator="")


def phrases(vocabulary: pa.Array, count: int, longest: int, rng: np.random.Generator) -> pa.Array:
    """``count`` phrases of 1 to ``longest`` words; few words are frequent, most are rare."""
    likely = 1 / np.arange(5, WORDS + 5)
    drawn = rng.choice(WORDS, (longest, count), p=likely / likely.sum())
    phrase = vocabulary.take(pa.array(drawn[0]))
    further = pa.concat_arrays([join(" ", vocabulary, separator=""), pa.array([""])])
    for word in drawn[1:]:
        kept = np.where(rng.random(count) < 0.6, word, WORDS)
        phrase = join(phrase, further.take(pa.array(kept)), separator="")
    return phrase


def join(*columns: pa.Array | str, separator: str) -> pa.Array:
    """Columns of text, row by row, with ``separator`` between."""
    return pc.binary_join_element_wise(*columns, separator)
