"""The built-in ``world`` graph: territories, places, languages, scripts, currencies and times of the CLDR.

Everything comes out of the Unicode CLDR data that the ``babel`` package carries, so the first run needs no
download. Facts are kept where both ends have an English name. No relation is the inverse of another: a
language's home is stated only where the territory does not already list the language.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..kg.vocab import Vocab
from .dataset import Dataset, Texts
from .folder import write_folder
from .split import hash_order, hold_out

if TYPE_CHECKING:
    from babel import Locale

VERSION = 1
"""Raise when the facts or the split change, so that caches are rebuilt."""
FRACTION, SEED = 0.1, 0
_NO_TERRITORY = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}
_AREAS = {
    "Africa": "Africa",
    "America": "Americas",
    "Asia": "Asia",
    "Atlantic": "Atlantic Ocean",
    "Australia": "Oceania",
    "Europe": "Europe",
    "Indian": "Indian Ocean",
    "Pacific": "Pacific Ocean",
}
"""First part of a time zone id, and what it means."""
_STATUS = {
    "official": "official_language",
    "de_facto_official": "official_language",
    "official_regional": "regional_language",
}
_RELATIONS = {
    "official_language": "has the official language",
    "regional_language": "has the regional official language",
    "other_language": "has speakers of",
    "main_script": "mainly writes in",
    "currency": "pays with",
    "former_currency": "formerly paid with",
    "located_in": "is located in",
    "time": "keeps the time",
    "written_in": "is written in",
    "home": "is at home in",
}


class Fact(NamedTuple):
    """Labels of one triple; entity labels are ``kind/code``."""

    head: str
    relation: str
    tail: str


def world_folder(root: Path) -> Path:
    """Where the graph of the installed CLDR version belongs below ``root``."""
    from babel.core import get_global

    return root / f"world-{VERSION}-cldr{get_global('cldr')['version']}"


def build_world(folder: Path, *, keep: bool = False) -> Dataset:
    """Build the graph and write it to ``folder``, all at once; ``keep`` as in ``write_folder``.

    The split holds out 10 % for valid and 10 % for test in hash order; every entity and relation of valid and
    test occurs in train.

    Raises:
        DataError: the folder exists or cannot be written.
    """
    from babel import Locale
    from babel.core import get_global

    locale = Locale("en")
    names = _names(locale)
    facts = sorted({fact for fact in _facts() if fact.head in names and fact.tail in names})
    entities = Vocab(sorted({fact.head for fact in facts} | {fact.tail for fact in facts}))
    relations = Vocab(_RELATIONS)
    triples = np.array(
        [(entities.id(h), relations.id(r), entities.id(t)) for h, r, t in facts], dtype=np.int64
    )
    held = hold_out(triples, round(2 * FRACTION * len(triples)), SEED)
    order = triples[held][hash_order(triples[held], SEED)]
    dataset = Dataset(
        name="world",
        entities=entities,
        relations=relations,
        train=triples[~held],
        valid=order[: len(order) // 2],
        test=order[len(order) // 2 :],
        texts=Texts(_distinct({label: names[label] for label in entities}), _RELATIONS),
        notes=(f"built from CLDR {get_global('cldr')['version']}, graph version {VERSION}",),
    )
    write_folder(dataset, folder, keep=keep)
    return dataset


def _facts() -> Iterator[Fact]:
    listed = set()
    for fact in _languages_of_territories():
        listed.add((fact.tail, fact.head))
        yield fact
    yield from _currencies()
    yield from _places()
    yield from _scripts()
    yield from (fact for fact in _homes() if (fact.head, fact.tail) not in listed)


def _languages_of_territories() -> Iterator[Fact]:
    from babel.core import get_global

    for territory, languages in get_global("territory_languages").items():
        for language, facts in languages.items():
            relation = _STATUS.get(facts["official_status"], "other_language")
            yield Fact(f"territory/{territory}", relation, f"language/{language}")


def _currencies() -> Iterator[Fact]:
    from babel.core import get_global

    for territory, history in get_global("territory_currencies").items():
        tender = [(code, end) for code, _, end, is_tender in history if is_tender]
        now = {code for code, end in tender if end is None}
        for code in now:
            yield Fact(f"territory/{territory}", "currency", f"currency/{code}")
        for code in {code for code, _ in tender} - now:
            yield Fact(f"territory/{territory}", "former_currency", f"currency/{code}")


def _places() -> Iterator[Fact]:
    """Places are the namesakes of time zones: zone → territory → area, and zone → the time kept there."""
    from babel.core import get_global

    aliases = get_global("zone_aliases")
    times = {aliases.get(zone, zone): time for zone, time in get_global("meta_zones").items()}
    for zone, territory in get_global("zone_territories").items():
        yield Fact(f"place/{zone}", "located_in", f"territory/{territory}")
        yield Fact(f"territory/{territory}", "located_in", f"area/{zone.split('/')[0]}")
        if zone in times:
            yield Fact(f"place/{zone}", "time", f"time/{times[zone]}")


def _scripts() -> Iterator[Fact]:
    from babel.core import get_global
    from babel.localedata import locale_identifiers

    for short, full in get_global("likely_subtags").items():
        _, script, territory = _subtags(full)
        if short == f"und_{territory}":
            yield Fact(f"territory/{territory}", "main_script", f"script/{script}")
        elif "_" not in short:
            yield Fact(f"language/{short}", "written_in", f"script/{script}")
    for identifier in locale_identifiers():
        language, _, script = identifier.partition("_")
        if len(script) == 4 and script.isalpha():
            yield Fact(f"language/{language}", "written_in", f"script/{script}")


def _homes() -> Iterator[Fact]:
    from babel.core import get_global

    for short, full in get_global("likely_subtags").items():
        _, script, territory = _subtags(full)
        if short == f"und_{script}":
            yield Fact(f"script/{script}", "home", f"territory/{territory}")
        elif "_" not in short:
            yield Fact(f"language/{short}", "home", f"territory/{territory}")


def _subtags(full: str) -> tuple[str, str, str]:
    """Language, script and territory of a likely subtag; what it lacks is empty."""
    language, *rest = full.split("_")
    script = next((part for part in rest if len(part) == 4), "")
    territory = next((part for part in rest if len(part) == 2), "")
    return language, script, territory


def _names(locale: Locale) -> dict[str, str]:
    """English name by entity label; two entities may still share one."""
    return {
        **{
            f"territory/{c}": n
            for c, n in locale.territories.items()
            if len(c) == 2 and c not in _NO_TERRITORY
        },
        **{f"language/{c}": n for c, n in locale.languages.items() if "_" not in c},
        **{f"script/{c}": f"{n} script" for c, n in locale.scripts.items()},
        **{f"currency/{c}": n for c, n in locale.currencies.items()},
        **{f"area/{c}": n for c, n in _AREAS.items()},
        **{f"time/{c}": n for c, n in _time_names(locale)},
        **{f"place/{c}": n for c, n in _place_names(locale)},
    }


def _time_names(locale: Locale) -> Iterator[tuple[str, str]]:
    for code, forms in locale.meta_zones.items():
        long = forms.get("long", {})
        if name := long.get("generic") or long.get("standard"):
            yield code, name


def _place_names(locale: Locale) -> Iterator[tuple[str, str]]:
    from babel.core import get_global

    aliases = get_global("zone_aliases")
    given = {aliases.get(zone, zone): forms.get("city") for zone, forms in locale.time_zones.items()}
    for zone in get_global("zone_territories"):
        yield zone, given.get(zone) or zone.split("/")[-1].replace("_", " ")


def _distinct(names: Mapping[str, str]) -> dict[str, str]:
    """Shared names told apart by kind: the territory keeps “Singapore”, the place is “Singapore (place)”."""
    shared = {name for name, count in Counter(names.values()).items() if count > 1}
    told = {}
    for label, name in names.items():
        kind = label.split("/")[0]
        told[label] = f"{name} ({kind})" if name in shared and kind != "territory" else name
    return told
