"""A release of SNOMED CT, or any other in its format, as an ontology."""

from __future__ import annotations

from pathlib import Path

from ..issues import Issues
from ..tables import Maps, Members, Origin, Tables, Terms
from .current import Current, Progress, Rf2Options
from .meaning.components import Components
from .meaning.concepts import Known, read_concepts
from .meaning.descriptions import read_descriptions
from .meaning.dialects import arranged, read_dialects
from .meaning.maps import Schemes, read_maps, read_xrefs
from .meaning.modules import check_dependencies, is_licensed, modules_of
from .meaning.naming import check_names
from .meaning.refsets import active_members, joined, read_axioms, read_history, read_members
from .meaning.relationships import read_relationships, read_values
from .meaning.roots import check_root
from .rows import FileKind, Rows

__all__ = ["Rf2Options", "load_rf2"]

MEMBERS_ONLY = (
    FileKind.SIMPLE,
    FileKind.ATTRIBUTE_VALUE,
    FileKind.REFSET_DESCRIPTOR,
    FileKind.DESCRIPTION_TYPE,
    FileKind.OTHER_REFSET,
)
"""Refsets of which nothing is kept but who their members are."""

CHECKED_ONLY = FileKind.STATED_RELATIONSHIP, FileKind.IDENTIFIER
"""Files that are read because they may be wrong; what they say stands elsewhere, too."""


def load_rf2(
    path: Path | str,
    options: Rf2Options | None = None,
    issues: Issues | None = None,
    progress: Progress | None = None,
) -> Tables:
    """Read a release: its state at one date, from whatever files it consists of.

    Args:
        path: folder, at any depth above the files, or zip file.
        options: what of it; the Snapshot if not given.
        issues: takes note of what is wrong; a strict one of its own if not given.
        progress: called with the bytes that were read, the bytes to read, and the file that is read next.

    Raises:
        ConfigError: the options contradict each other.
        OntologyError: there is no release, no load survives what is wrong with it, or a fatal rule is broken
            and the load is strict.
    """
    issues = Issues() if issues is None else issues
    current = Current(path, options or Rf2Options(), issues, progress)
    rows = current.read(FileKind.CONCEPT)
    concepts, known = read_concepts(rows)
    isa, relations = read_relationships(current.read(FileKind.RELATIONSHIP), known, issues)
    if current.options.require_root:
        check_root(isa, known, issues)
    values = read_values(current.read(FileKind.CONCRETE_VALUES), known, issues)
    terms, languages, dialects, components = _terms(current, known, issues)
    refsets = _Refsets(current, components, issues)
    refsets.check_modules(rows)
    tables = Tables(
        _origin(current, rows),
        known.ids,
        concepts,
        terms,
        isa,
        relations,
        values,
        read_history(refsets.read(FileKind.ASSOCIATION), known, issues),
        xrefs=read_xrefs(refsets.read(FileKind.SIMPLE_MAP), known, refsets.schemes),
        maps=refsets.maps(),
        axioms=read_axioms(refsets.read(FileKind.OWL_EXPRESSION), known),
        members=refsets.members(),
        languages=languages,
        dialects=dialects,
        schemes=tuple(refsets.schemes.names),
    )
    current.finish()
    return tables


def _terms(
    current: Current, known: Known, issues: Issues
) -> tuple[Terms, tuple[str, ...], tuple[str, ...], Components]:
    """The terms in their order, their languages and dialects, and what refsets may refer to."""
    kinds = FileKind.DESCRIPTION, FileKind.TEXT_DEFINITION
    unordered, languages = read_descriptions([current.read(kind) for kind in kinds], known, issues)
    components = Components(known, unordered)
    dialects, preference = read_dialects(current.read(FileKind.LANGUAGE), components, issues)
    terms = arranged(unordered, preference)
    check_names(terms, dialects, known, issues)
    return terms, languages, dialects, components


class _Refsets:
    """Reads refsets, one kind after another, and gathers the members of all."""

    def __init__(self, current: Current, components: Components, issues: Issues) -> None:
        self.current, self.components, self.issues = current, components, issues
        self.schemes = Schemes()
        self._members: list[Members] = []

    def read(self, kind: FileKind) -> Rows:
        """The active rows of one kind."""
        rows = active_members(self.current.read(kind), self.components, self.issues)
        self._members.append(read_members(rows, self.components.known))
        return rows

    def maps(self) -> Maps:
        """The complex and extended maps."""
        parts = [self.read(kind) for kind in (FileKind.COMPLEX_MAP, FileKind.EXTENDED_MAP)]
        return read_maps(parts, self.components.known, self.schemes, self.issues)

    def check_modules(self, concepts: Rows) -> None:
        """Compare the modules of ``concepts`` with the dependencies that the release states."""
        check_dependencies(concepts, self.read(FileKind.MODULE_DEPENDENCY), self.issues)

    def members(self) -> Members:
        """The members of all refsets, after all others were read."""
        for kind in MEMBERS_ONLY:
            self.read(kind)
        for kind in CHECKED_ONLY:
            self.current.read(kind)
        return joined(self._members)


def _origin(current: Current, concepts: Rows) -> Origin:
    edition, modules = current.package.edition, modules_of(concepts)
    notes = "modules: " + ", ".join(str(module) for module in modules)
    return Origin(edition, "rf2", str(current.date), is_licensed(edition, modules), (notes,))
