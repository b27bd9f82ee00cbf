"""OBO 1.2 and 1.4: a reader that takes what real files hold and says what is wrong with it.

Terms become classes, typedefs relations, instances individuals, subset definitions subsets. The clauses of
logical definitions, and what typedefs say of themselves, become axioms, one each, as they are written.
Imports are noted, never fetched.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ...errors import UnknownFormatError
from ..builder import Builder, Draft
from ..issues import Issue, Issues, Rule, place
from ..tables import Kind, Origin, Role, Tables
from . import obo_clauses as obo
from .curies import is_snomed, split_xref
from .gcpause import paused_gc
from .obo_text import first_words, has_good_xrefs, quoted, short_id, unescape, unquoted, xref_id
from .source import open_text

__all__ = ["read_obo"]

Handler = Callable[[str], None]
INSTANCE_OF = "rdf:type"


def read_obo(path: Path, issues: Issues, without_snomed: bool = False) -> Tables:
    """The ontology in an OBO file, plain or compressed.

    Args:
        path: the file.
        issues: where to say what is wrong.
        without_snomed: leave out cross references to SNOMED CT.

    Raises:
        OntologyError: a fatal rule is broken and the load is strict, or the file cannot be read.
        UnknownFormatError: it is not OBO.
    """
    with paused_gc():
        return _Reader(path, issues, without_snomed).read()


class _Reader:
    """What is known at a line of the file. The handler of a clause takes its value."""

    def __init__(self, path: Path, issues: Issues, without_snomed: bool) -> None:
        self.path, self.issues, self.without_snomed = path, issues, without_snomed
        self.builder = Builder(Origin(path.name, "obo"), place(path), issues)
        self.header: dict[str, str] = {}
        self.imports: list[str] = []
        self.annotations: dict[tuple[str, str], tuple[str, str]] = {}  # most are the same everywhere
        self.line, self.tag = 0, ""
        self.draft = Draft("")
        self.of_header = self._header_handlers()
        self.of_stanzas = self._stanza_handlers()
        self.handlers = self.of_header

    def read(self) -> Tables:
        for number, text in enumerate(open_text(self.path, self.issues), 1):
            line = text.strip()
            if not line or line[0] == "!":
                continue
            self.line = number
            if line[0] == "[":
                self._begin_stanza(line)
                continue
            self.tag, _, value = line.partition(":")
            handler, value = self.handlers.get(self.tag), value.lstrip()
            if handler and value:
                handler(value)
            else:
                self._unhandled(line)
        self._end_stanza()
        return self._finish()

    def _header_handlers(self) -> dict[str, Handler]:
        return {
            **dict.fromkeys(obo.HEADER, self._header),
            "import": self._import,
            "subsetdef": self._subset_definition,
        }

    def _stanza_handlers(self) -> dict[str, Handler]:
        return {
            **dict.fromkeys(obo.AXIOMS, self._axiom),
            **dict.fromkeys(obo.HISTORY, self._history),
            **dict.fromkeys(obo.ANNOTATIONS, self._annotation),
            **dict.fromkeys(obo.OLD_SYNONYMS, self._synonym),
            **dict.fromkeys(obo.XREFS, self._xref),
            **dict.fromkeys(obo.UNUSED, self._unused),
            "id": self._id,
            "name": self._name,
            "comment": self._name,
            "def": self._definition,
            "synonym": self._synonym,
            "is_a": self._is_a,
            "relationship": self._relationship,
            "instance_of": self._instance_of,
            "alt_id": self._alias,
            "subset": self._subset,
            "is_obsolete": self._obsolete,
            "property_value": self._value,
        }

    def _finish(self) -> Tables:
        drafts = self.builder.drafts
        if not drafts and "format-version" not in self.header:
            raise UnknownFormatError(Issue(obo.NOT_OBO, place(self.path)))
        self._declare_built_in()
        name = self.header.get("ontology", self.path.name)
        version = self.header.get("data-version", self.header.get("date", ""))
        notes = tuple(f"import not fetched: {one}" for one in self.imports)
        self.builder.origin = Origin(name, "obo", version, notes=notes)
        return self.builder.finish()

    def _declare_built_in(self) -> None:
        """Declare the relations that files use without doing so."""
        drafts = self.builder.drafts
        individuals = (draft for draft in drafts.values() if draft.kind == Kind.INDIVIDUAL)
        used = {INSTANCE_OF} & {type_ for draft in individuals for type_, _ in draft.relations}
        used |= {type_ for type_, _ in self.annotations}
        for type_ in sorted(used - drafts.keys()):
            drafts[type_] = Draft(type_, kind=Kind.RELATION)

    def _report(self, rule: Rule, text: str) -> None:
        self.issues.add(Issue(rule, place(self.path), self.line, text=text))

    def _unhandled(self, line: str) -> None:
        if self.tag in self.handlers:
            self._report(obo.BAD_VALUE, line)
        elif self.tag == line:
            self._report(obo.NOT_A_CLAUSE, line)
        elif self.handlers is self.of_header and self.tag in self.of_stanzas:
            self._report(obo.OUTSIDE, line)
        elif self.handlers:
            self._report(obo.UNKNOWN_CLAUSE, line)

    def _begin_stanza(self, line: str) -> None:
        self._end_stanza()
        kind = obo.STANZAS.get(line[: line.find("]") + 1])
        if kind is None:
            self._report(obo.UNKNOWN_STANZA, line)
        self.handlers = {} if kind is None else self.of_stanzas
        self.draft = Draft("", self.line, kind or Kind.CLASS)

    def _end_stanza(self) -> None:
        if self.handlers is self.of_stanzas and not self.draft.id:
            self.issues.add(Issue(obo.NO_ID, place(self.path), self.draft.line))

    def _quoted(self, value: str) -> tuple[str, str]:
        """Text in quotes and what follows, as far as there is any."""
        found = quoted(value)
        if found is None:
            self._report(obo.QUOTES, value)
        return found or ("", "")

    def _words(self, value: str, count: int) -> list[str]:
        """``count`` ids, or none."""
        words = first_words(value, count)
        if not words:
            self._report(obo.BAD_VALUE, f"{self.tag}: {value}")
        return words

    # the header

    def _header(self, value: str) -> None:
        self.header[self.tag] = value

    def _import(self, value: str) -> None:
        self.imports += self._words(value, 1)

    def _subset_definition(self, value: str) -> None:
        id, _, text = value.partition(" ")
        draft = Draft(short_id(id), self.line, Kind.SUBSET)
        label, _ = self._quoted(text.lstrip())
        if label:
            draft.terms.append((Role.LABEL, label, ""))
        self.builder.drafts[draft.id] = draft

    # stanzas

    def _id(self, value: str) -> None:
        for id in self._words(value, 1):
            if self.draft.id or id in self.builder.drafts:
                self._report(obo.SECOND_ID if self.draft.id else obo.DUPLICATE_ID, id)
                self.draft = Draft(id)  # the rest of the stanza goes nowhere
            else:
                self.draft.id = id
                self.builder.drafts[id] = self.draft

    def _name(self, value: str) -> None:
        role = Role.LABEL if self.tag == "name" else Role.COMMENT
        self.draft.terms.append((role, unquoted(value), ""))

    def _definition(self, value: str) -> None:
        text, tail = self._quoted(value)
        if text:
            self.draft.terms.append((Role.DEFINITION, text, ""))
            if not has_good_xrefs(tail):
                self._report(obo.BAD_XREFS, tail)

    def _synonym(self, value: str) -> None:
        text, tail = self._quoted(value)
        if not text:
            return
        head, bracket, xrefs = tail.partition("[")
        words = head.split()
        scope = words.pop(0) if words and words[0] in obo.SCOPES else ""
        role = obo.SCOPES.get(scope) or obo.OLD_SYNONYMS.get(self.tag, Role.RELATED)
        self.draft.terms.append((role, text, ""))
        if len(words) > (1 if scope else 0):
            self._report(obo.BAD_SYNONYM, head.strip())
        if not has_good_xrefs(bracket + xrefs):
            self._report(obo.BAD_XREFS, bracket + xrefs)

    def _xref(self, value: str) -> None:
        id, good = xref_id(value)
        scheme, code = split_xref(id)
        if not (self.without_snomed and is_snomed(scheme)):
            self.draft.xrefs.append((scheme, code))
        if not good:
            self._report(obo.BAD_XREF, value)

    def _is_a(self, value: str) -> None:
        self.draft.parents += self._words(value, 1)

    def _relationship(self, value: str) -> None:
        if words := self._words(value, 2):
            self.draft.relations.append((words[0], words[1]))

    def _instance_of(self, value: str) -> None:
        self.draft.relations += ((INSTANCE_OF, id) for id in self._words(value, 1))

    def _alias(self, value: str) -> None:
        self.draft.aliases += self._words(value, 1)

    def _subset(self, value: str) -> None:
        self.draft.subsets += self._words(value, 1)

    def _history(self, value: str) -> None:
        self.draft.history += ((obo.HISTORY[self.tag], id) for id in self._words(value, 1))

    def _obsolete(self, value: str) -> None:
        if value.split()[0] == "true":
            self.draft.active = False

    def _annotation(self, value: str) -> None:
        pair = obo.ANNOTATIONS[self.tag], unquoted(value)
        self.draft.values.append(self.annotations.setdefault(pair, pair))

    def _value(self, value: str) -> None:
        type_, _, text = value.partition(" ")
        if text.startswith('"'):
            text, _ = self._quoted(text)
        elif text:
            text = unescape(text.split()[0])
        else:
            self._report(obo.BAD_VALUE, f"{self.tag}: {value}")
        if text:
            self.draft.values.append((short_id(type_), text))

    def _axiom(self, value: str) -> None:
        is_class = self.draft.kind == Kind.CLASS
        if self.tag in (obo.OF_TYPEDEFS if is_class else obo.OF_TERMS):
            self._report(obo.MISPLACED, f"{self.tag}: {value}")
        text = value if value[0] == '"' else value.partition(" ! ")[0].rstrip()
        self.draft.axioms.append(f"{self.tag}: {text}")
        self.draft.defined |= self.tag in obo.DEFINING

    def _unused(self, value: str) -> None:
        """Nothing asks for it."""
