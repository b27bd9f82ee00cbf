"""Open English WordNet: synsets as concepts, hypernyms as parents.

Two layouts are read: the YAML files of the project, one or a tar of several, and a table with the columns
``synset``, ``lexfile``, ``members``, ``definition``, ``hypernyms`` and ``instance_hypernyms``, where ``|``
separates values. The first member is the label. An instance (of a city, say) is an individual.
"""

from __future__ import annotations

import re
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Any

from ...errors import OntologyError, UnknownFormatError
from ..builder import Builder, Draft
from ..issues import Issue, Issues, Rule, place
from ..tables import Kind, Origin, Role, Tables
from .gcpause import paused_gc
from .source import UTF8, read_bytes

__all__ = ["read_wordnet"]

NOT_WORDNET = Rule("not-wordnet", True, "neither YAML nor a table of synsets", "give files of the project")
BAD_FILE = Rule("malformed-yaml", True, "text that is not YAML", "fetch the file again")
BAD_TAR = Rule("bad-tar", True, "a torn or damaged tar file", "fetch the file again")
BAD_SYNSET = Rule("malformed-synset", True, "a synset without members", "correct or remove it")
TWICE = Rule("duplicate-id", True, "a synset that is described twice", "remove one of them")
BAD_ROW = Rule("column-count", True, "a row with too few or too many columns", "correct or remove it")

COLUMNS = ["synset", "lexfile", "members", "definition", "hypernyms", "instance_hypernyms"]
RELATIONS = (
    "also",
    "attribute",
    "causes",
    "domain_region",
    "domain_topic",
    "entails",
    "exemplifies",
    "instance_hypernym",
    "mero_location",
    "mero_member",
    "mero_part",
    "mero_portion",
    "mero_substance",
    "similar",
)
XREFS = {"ili": "ILI", "wikidata": "wikidata"}
NAMES = re.compile(r"(?:noun|verb|adj|adv)\.\w+\.yaml")
SYNSET = re.compile(rb"(?:\s*(?:#[^\n]*)?\n|---\s)*[\"']?\d{8}-[nvars][\"']?:\s")


def read_wordnet(path: Path, issues: Issues) -> Tables:
    """The synsets of Open English WordNet.

    Args:
        path: a YAML file, a tar or folder of such files, or a table; plain or compressed.
        issues: where to say what is wrong.

    Raises:
        OntologyError: a fatal rule is broken and the load is strict, or a file is malformed.
        UnknownFormatError: it is none of these.
    """
    with paused_gc():
        return _Reader(path, issues).read()


class _Reader:
    def __init__(self, path: Path, issues: Issues) -> None:
        self.path, self.issues = path, issues
        self.builder = Builder(Origin(path.name, "wordnet"), place(path), issues)

    def read(self) -> Tables:
        if self.path.is_dir():
            files = [file for file in sorted(self.path.iterdir()) if NAMES.fullmatch(file.name)]
            texts = [(file.name, read_bytes(file, self.issues)) for file in files]
        else:
            texts = self._unpacked(read_bytes(self.path, self.issues))
        if not texts:
            raise UnknownFormatError(Issue(NOT_WORDNET, place(self.path)))
        for name, content in texts:
            if content.startswith("\t".join(COLUMNS).encode()):
                self._table(content)
            elif SYNSET.match(content):
                self._yaml(name, content)
            else:
                raise UnknownFormatError(Issue(NOT_WORDNET, name))
        self._declare_relations()
        return self.builder.finish()

    def _unpacked(self, content: bytes) -> list[tuple[str, bytes]]:
        """The files of a tar; or the one file that ``content`` is."""
        if content[257:262] != b"ustar":
            return [(place(self.path), content)]
        found = []
        try:
            with tarfile.open(fileobj=BytesIO(content)) as tar:
                for member in tar:
                    file = tar.extractfile(member) if member.isfile() else None
                    if file and NAMES.fullmatch(Path(member.name).name):
                        found.append((member.name, file.read()))
        except tarfile.TarError as error:
            raise OntologyError(Issue(BAD_TAR, place(self.path), detail=str(error))) from error
        return found

    def _yaml(self, name: str, content: bytes) -> None:
        import yaml

        loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # all scalars are text: lemma "no", "1984"
        try:
            synsets = yaml.load(content, Loader=loader)
        except (yaml.YAMLError, RecursionError) as error:
            mark = getattr(error, "problem_mark", None)
            line, detail = mark.line + 1 if mark else 0, getattr(error, "problem", "")
            raise OntologyError(Issue(BAD_FILE, name, line, detail=str(detail or ""))) from error
        for id, synset in synsets.items():
            self._synset(id, synset if isinstance(synset, dict) else {}, name)

    def _table(self, content: bytes) -> None:
        try:
            lines = content.decode().removesuffix("\n").split("\n")
        except UnicodeDecodeError as error:
            at = content.count(b"\n", 0, error.start) + 1
            raise OntologyError(Issue(UTF8, place(self.path), at)) from error
        for number, line in enumerate(lines[1:], 2):
            row = line.rstrip("\r").split("\t")
            if len(row) != len(COLUMNS):
                detail = f"{len(row)} columns, expected {len(COLUMNS)}"
                self.issues.add(Issue(BAD_ROW, place(self.path), number, text=line, detail=detail))
                continue
            members, hypernyms, instances = (row[at].split("|") if row[at] else [] for at in (2, 4, 5))
            synset = {"members": members, "definition": [row[3]] if row[3] else []}
            links = {"hypernym": hypernyms, "instance_hypernym": instances}
            self._synset(row[0], synset | links, place(self.path), number)

    def _synset(self, id: str, synset: dict[str, Any], file: str, line: int = 0) -> None:
        members = _texts(synset.get("members"))
        if not members or id in self.builder.drafts:
            self.issues.add(Issue(TWICE if members else BAD_SYNSET, file, line, text=id))
            return
        draft = self.builder.draft(id, line)
        draft.terms = [(Role.EXACT if at else Role.LABEL, name, "en") for at, name in enumerate(members)]
        draft.terms += [(Role.DEFINITION, text, "en") for text in _texts(synset.get("definition"))]
        draft.terms += [(Role.COMMENT, text, "en") for text in _texts(synset.get("example"))]
        draft.parents = _texts(synset.get("hypernym"))
        draft.relations = [(name, target) for name in RELATIONS for target in _texts(synset.get(name))]
        draft.xrefs = [(scheme, code) for key, scheme in XREFS.items() for code in _texts(synset.get(key))]
        if synset.get("instance_hypernym"):
            draft.kind = Kind.INDIVIDUAL

    def _declare_relations(self) -> None:
        drafts = self.builder.drafts
        for name in {name for draft in drafts.values() for name, _ in draft.relations}:
            drafts[name] = Draft(name, 0, Kind.RELATION, terms=[(Role.LABEL, name.replace("_", " "), "en")])


def _texts(value: Any) -> list[str]:
    """A text, or a list of texts; an example may have its source beside it."""
    values = value if isinstance(value, list) else [value]
    texts = (one.get("text") if isinstance(one, dict) else one for one in values)
    return [text for text in texts if isinstance(text, str) and text]
