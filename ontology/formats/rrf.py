"""UMLS in Rich Release Format: MRCONSO, MRREL, MRDEF and MRSTY, in a folder.

The concepts are those of the Metathesaurus (CUI). Parents come from PAR and CHD, where the source calls them
``isa`` or does not say what they are, and from ``isa``; other relations are called by RELA, or by REL where
there is none; siblings are left out. Codes of the sources are cross references, semantic types subsets. The
format is described in https://www.ncbi.nlm.nih.gov/books/NBK9685/: a relation leads from the second concept
of a row to the first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from ...errors import OntologyError, UnknownFormatError
from ..builder import Builder, Draft
from ..issues import Issue, Issues, Rule, place
from ..tables import Kind, Origin, Role, Tables
from .curies import is_snomed
from .gcpause import paused_gc
from .source import open_text

__all__ = ["read_rrf"]

NOT_RRF = Rule("not-rrf", True, "a folder without MRCONSO.RRF", "give the folder META of a UMLS release")
FIELDS = Rule("column-count", True, "a row with too few or too many fields", "extract the file again")
NO_CUI = Rule("missing-id", True, "a row without concept", "extract the file again")
NO_SOURCE = Rule("unknown-source", True, "a source that MRCONSO.RRF does not have", "choose one that it has")
MISSING = Rule("missing-file", False, "a file of the release that is not there")

LANGUAGES = {
    "ARA": "ar",
    "BAQ": "eu",
    "CHI": "zh",
    "CZE": "cs",
    "DAN": "da",
    "DUT": "nl",
    "ENG": "en",
    "EST": "et",
    "FIN": "fi",
    "FRE": "fr",
    "GER": "de",
    "GRE": "el",
    "HEB": "he",
    "HUN": "hu",
    "ITA": "it",
    "JPN": "ja",
    "KOR": "ko",
    "LAV": "lv",
    "LIT": "lt",
    "NOR": "no",
    "POL": "pl",
    "POR": "pt",
    "RUS": "ru",
    "SCR": "hr",
    "SPA": "es",
    "SWE": "sv",
    "TUR": "tr",
    "UKR": "uk",
}
"""Codes of LAT, and the language tags of all other formats."""
RELATIONS = {
    "AQ": "allowed qualifier",
    "CHD": "child",
    "PAR": "parent",
    "QB": "can be qualified by",
    "RB": "broader",
    "RL": "alike",
    "RN": "narrower",
    "RO": "related",
    "RQ": "related, possibly synonymous",
    "RU": "related, unspecified",
    "SY": "synonymous",
}
"""What REL says, where there is no RELA."""


def read_rrf(path: Path, issues: Issues, sources: Sequence[str] = (), without_snomed: bool = False) -> Tables:
    """The concepts of a UMLS subset. The content is licensed.

    Memory grows with what is kept: choose sources, the whole Metathesaurus is too much for one ontology.
    Rows that are suppressed, obsolete ones among them, are left out.

    Args:
        path: the folder with ``MRCONSO.RRF``, or one that has it in ``META``; or the file itself. All files
            may be compressed.
        issues: where to say what is wrong.
        sources: what to keep, by the abbreviation in SAB; empty for all.
        without_snomed: leave out cross references to SNOMED CT.

    Raises:
        OntologyError: a fatal rule is broken and the load is strict, a file cannot be read, or there is
            nothing of a source.
        UnknownFormatError: there is no ``MRCONSO.RRF``.
    """
    with paused_gc():
        return _Reader(path, issues, frozenset(sources), without_snomed).read()


class _Reader:
    def __init__(self, path: Path, issues: Issues, sources: frozenset[str], without_snomed: bool) -> None:
        self.folder, self.issues = path.parent if path.is_file() else path, issues
        self.sources, self.without_snomed = sources, without_snomed
        self.builder = Builder(Origin(path.name, "rrf", licensed=True), place(path), issues)

    def read(self) -> Tables:
        self._concepts()
        self._relations()
        self._definitions()
        self._semantic_types()
        return self.builder.finish()

    def _rows(self, name: str, fields: int) -> Iterator[list[str]]:
        """The rows of a file; a row ends with a bar too."""
        file = self._file(name)
        if file is None:
            self.issues.add(Issue(MISSING, name))
            return
        for number, line in enumerate(open_text(file, self.issues), 1):
            row = line.rstrip("\r").split("|")
            if len(row) != fields + 1 or row[-1]:
                detail = f"{len(row) - 1} fields, expected {fields}, each with a bar behind it"
                self.issues.add(Issue(FIELDS, place(file), number, text=line, detail=detail))
            elif not row[0]:
                self.issues.add(Issue(NO_CUI, place(file), number, text=line))
            else:
                yield row

    def _file(self, name: str) -> Path | None:
        places = (self.folder / part / (name + end) for part in ("", "META") for end in ("", ".gz"))
        return next((file for file in places if file.is_file()), None)

    def _is_kept(self, source: str, suppress: str) -> bool:
        return suppress == "N" and (not self.sources or source in self.sources)

    def _concepts(self) -> None:
        if self._file("MRCONSO.RRF") is None:
            raise UnknownFormatError(Issue(NOT_RRF, place(self.folder)))
        present: Counter[str] = Counter()
        names: dict[str, dict[str, dict[str, int]]] = {}
        for row in self._rows("MRCONSO.RRF", 18):
            cui, language, status, _, form, _, preferred = row[:7]
            source, _, code, text, _, suppress = row[11:17]
            present[source] += 1
            if not self._is_kept(source, suppress):
                continue
            rank = 4 * (status == "P") + 2 * (form == "PF") + (preferred == "Y")
            ranks = names.setdefault(cui, {}).setdefault(LANGUAGES.get(language, language.lower()), {})
            ranks[text] = max(rank, ranks.get(text, 0))
            if code != "NOCODE" and not (self.without_snomed and is_snomed(source)):
                self.builder.draft(cui).xrefs.append((source, code))
        if missing := ", ".join(sorted(self.sources - present.keys())):
            detail = f"it has {', '.join(sorted(present))}"
            raise OntologyError(Issue(NO_SOURCE, "MRCONSO.RRF", text=missing, detail=detail))
        for cui, by_language in names.items():
            _name(self.builder.draft(cui), by_language)

    def _relations(self) -> None:
        drafts = self.builder.drafts
        for row in self._rows("MRREL.RRF", 16):
            first, relation, second, name, source, suppress = (row[at] for at in (0, 3, 4, 7, 10, 14))
            if not self._is_kept(source, suppress) or relation == "SIB":
                continue
            is_hierarchy = relation in ("PAR", "CHD") and name in ("", "isa", "inverse_isa")
            if name == "isa" or (is_hierarchy and relation == "CHD"):
                below, above = second, first
            elif name == "inverse_isa" or is_hierarchy:
                below, above = first, second
            else:
                if second in drafts:
                    drafts[second].relations.append((self._type(name or relation), first))
                continue
            if below in drafts:
                drafts[below].parents.append(above)

    def _type(self, name: str) -> str:
        """The concept of a kind of relation."""
        draft = self.builder.draft(name)
        if not draft.terms:
            draft.kind = Kind.RELATION
            draft.terms.append((Role.LABEL, RELATIONS.get(name, name.replace("_", " ")), "en"))
        return name

    def _definitions(self) -> None:
        for cui, _, _, _, source, text, suppress, *_ in self._rows("MRDEF.RRF", 8):
            if cui in self.builder.drafts and self._is_kept(source, suppress):
                self.builder.drafts[cui].terms.append((Role.DEFINITION, text, "en"))

    def _semantic_types(self) -> None:
        for cui, type_, _, name, *_ in self._rows("MRSTY.RRF", 6):
            if cui not in self.builder.drafts:
                continue
            self.builder.drafts[cui].subsets.append(type_)
            draft = self.builder.draft(type_)
            if not draft.terms:
                draft.kind = Kind.SUBSET
                draft.terms.append((Role.LABEL, name, "en"))


def _name(draft: Draft, names: dict[str, dict[str, int]]) -> None:
    """For each language, the name that ranks first is the label, the others are synonyms."""
    for language, ranks in names.items():
        label = max(ranks, key=ranks.__getitem__)
        draft.terms.append((Role.LABEL, label, language))
        draft.terms += [(Role.EXACT, text, language) for text in ranks if text != label]
