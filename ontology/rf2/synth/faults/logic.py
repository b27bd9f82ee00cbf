"""Faults of meaning: rows that are right one by one and wrong together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from ...rows import FileKind
from .. import plain
from ..metadata import CONCEPT, DESCRIPTION, special_ids
from .site import Plant, Planted, Site, raw, rewrite, unused

Row = plain.Row


def duplicate_id(site: Site) -> Planted:
    """A row of the Snapshot twice."""
    kind, line = site.any_line()
    return _doubled(site, kind, line, "Snapshot")


def duplicate_version(site: Site) -> Planted:
    """A row of Full twice."""
    kind = site.pick(site.kinds)
    line, _ = site.find(kind, lambda _: True, "Full")
    return replace(_doubled(site, kind, line, "Full"), release="full")


def _doubled(site: Site, kind: FileKind, line: int, type_: str) -> Planted:
    path = site.path(kind, type_)
    rewrite(path, line, lambda row: row + b"\r\n" + row)
    return Planted(site.root, path.name, (line + 1,), raw(path, line).split(b"\t")[0].decode())


def unknown_endpoint(site: Site) -> Planted:
    """A relationship from or to no concept."""
    line, row = site.find(FileKind.RELATIONSHIP, _is_active)
    text = unused(CONCEPT)
    return site.set(
        FileKind.RELATIONSHIP, line, {**row, site.pick(("sourceId", "destinationId")): text}, text
    )


def is_a_cycle(site: Site) -> Planted:
    """A parent that becomes a child of its child; the row of either may be named."""
    links = _links(site)
    children = {row["sourceId"]: (line, row) for line, row in links}
    lines = [(line, row) for line, row in _only_links_of_leaves(links) if row["destinationId"] in children]
    other, child = site.pick(lines)
    line, row = children[child["destinationId"]]
    planted = site.set(FileKind.RELATIONSHIP, line, {**row, "destinationId": child["sourceId"]})
    return replace(planted, lines=(line, other))


def no_path_to_root(site: Site) -> Planted:
    """A concept whose only parent is taken away."""
    line, row = site.pick(_only_links_of_leaves(_links(site)))
    site.set(FileKind.RELATIONSHIP, line, {**row, "active": "0"})
    return replace(_of_concept(site, row["sourceId"]), require_root=True)


def relationship_of_inactive(site: Site) -> Planted:
    """A relationship of an inactive concept that stays active."""
    inactive = _inactive(site)
    line, row = site.find(FileKind.RELATIONSHIP, lambda row: row["sourceId"] in inactive)
    return site.set(FileKind.RELATIONSHIP, line, {**row, "active": "1"}, row["id"])


def description_of_inactive(site: Site) -> Planted:
    """One more active description of an inactive concept."""
    inactive = _inactive(site)
    line, row = site.find(
        FileKind.DESCRIPTION, lambda row: row["conceptId"] in inactive and not _is_active(row)
    )
    return site.set(FileKind.DESCRIPTION, line, {**row, "active": "1"}, row["id"])


def description_of_unknown(site: Site) -> Planted:
    """A synonym, which no refset knows, of a concept that is not there."""
    line, row = site.find(FileKind.DESCRIPTION, lambda row: row["typeId"] == _id("synonym"))
    added = {**row, "id": unused(DESCRIPTION), "conceptId": unused(CONCEPT)}
    path = site.path(FileKind.DESCRIPTION)
    rewrite(path, line, lambda raw: raw + b"\r\n" + "\t".join(added.values()).encode())
    return Planted(site.root, path.name, (line + 1,), added["conceptId"])


def unknown_member(site: Site) -> Planted:
    """A member of a refset that is not there."""
    line, row = site.find(FileKind.SIMPLE, _is_active)
    text = unused(CONCEPT)
    return site.set(FileKind.SIMPLE, line, {**row, "referencedComponentId": text}, text)


def inactive_member(site: Site) -> Planted:
    """An active member whose concept is inactive."""
    line, row = site.find(FileKind.SIMPLE, _is_active)
    text = site.pick(sorted(_inactive(site)))
    return site.set(FileKind.SIMPLE, line, {**row, "referencedComponentId": text}, text)


def no_fsn(site: Site) -> Planted:
    """A fully specified name that becomes a synonym."""
    line, row = _name(site)
    site.set(FileKind.DESCRIPTION, line, {**row, "typeId": _id("synonym")})
    return _of_concept(site, row["conceptId"])


def two_fsns(site: Site) -> Planted:
    """A synonym that becomes a fully specified name."""
    inactive, preferred = _inactive(site), _preferred(site)
    line, row = site.find(
        FileKind.DESCRIPTION,
        lambda row: (
            _is_active(row)
            and row["typeId"] == _id("synonym")
            and row["conceptId"] not in inactive
            and row["id"] not in preferred
            and len(row["term"]) < 200
        ),
    )
    another = {**row, "typeId": _id("fsn"), "term": f"{row['term']} (another)"}
    site.set(FileKind.DESCRIPTION, line, another)
    return _of_concept(site, row["conceptId"])


def no_preferred_term(site: Site) -> Planted:
    """A preferred term that becomes acceptable in one dialect."""
    inactive, preferred = _inactive(site), _preferred(site)
    synonyms = {
        row["id"]: row["conceptId"]
        for row in plain.rows(site.root, FileKind.DESCRIPTION)
        if row["typeId"] == _id("synonym") and row["id"] in preferred and row["conceptId"] not in inactive
    }
    line, row = site.find(
        FileKind.LANGUAGE,
        lambda row: (
            _is_active(row)
            and row["acceptabilityId"] == _id("preferred")
            and row["referencedComponentId"] in synonyms
        ),
    )
    site.set(FileKind.LANGUAGE, line, {**row, "acceptabilityId": _id("acceptable")})
    return _of_concept(site, synonyms[row["referencedComponentId"]])


def no_semantic_tag(site: Site) -> Planted:
    """A fully specified name without its tag."""
    line, row = _name(site)
    text = row["term"].rpartition(" (")[0]
    return site.set(FileKind.DESCRIPTION, line, {**row, "term": text}, text)


def long_term(site: Site) -> Planted:
    """A term of 256 characters, or a definition of 4097, of two bytes each."""
    kind, length = site.pick(((FileKind.DESCRIPTION, 256), (FileKind.TEXT_DEFINITION, 4097)))
    line, row = site.find(kind, lambda row: _is_active(row) and row["typeId"] != _id("fsn"))
    text = "ö" * length
    return site.set(kind, line, {**row, "term": text}, text)


def module_dependency(site: Site) -> Planted:
    """A concept of a module of which the module dependency refset says nothing."""
    modules = {_id("content-module"), _id("metadata-module")}
    line, row = site.find(FileKind.CONCEPT, lambda row: _is_active(row) and row["id"] not in modules)
    return site.set(FileKind.CONCEPT, line, {**row, "moduleId": row["id"]}, row["id"])


def status_changed(site: Site) -> Planted:
    """A concept of another definition status than in its version before."""
    line, row = _later_version(site, FileKind.CONCEPT, lambda _: True)
    other = _id("primitive" if row["definitionStatusId"] == _id("defined") else "defined")
    return _in_full(site, FileKind.CONCEPT, line, {**row, "definitionStatusId": other}, row["id"])


def immutable_changed(site: Site) -> Planted:
    """A synonym of another language than in its version before."""
    line, row = _later_version(site, FileKind.DESCRIPTION, lambda row: row["typeId"] == _id("synonym"))
    return _in_full(site, FileKind.DESCRIPTION, line, {**row, "languageCode": "es"}, "es")


def _in_full(site: Site, kind: FileKind, line: int, row: Row, text: str) -> Planted:
    return replace(site.set(kind, line, row, text, "Full"), release="full")


def _later_version(site: Site, kind: FileKind, wanted: Callable[[Row], bool]) -> tuple[int, Row]:
    """The last row in Full of a component that has several."""
    rows = plain.rows(site.root, kind, "Full")
    last = {row["id"]: line for line, row in enumerate(rows, start=2)}
    count = Counter(row["id"] for row in rows)
    lines = [line for id, line in last.items() if count[id] > 1 and wanted(rows[line - 2])]
    line = site.pick(lines)
    return line, rows[line - 2]


def _id(name: str) -> str:
    return str(special_ids()[name])


def _is_active(row: Row) -> bool:
    return row["active"] == "1"


def _inactive(site: Site) -> set[str]:
    """Inactive concepts."""
    return {row["id"] for row in plain.rows(site.root, FileKind.CONCEPT) if not _is_active(row)}


def _preferred(site: Site) -> set[str]:
    """Descriptions that a dialect prefers."""
    return {
        row["referencedComponentId"]
        for row in plain.rows(site.root, FileKind.LANGUAGE)
        if _is_active(row) and row["acceptabilityId"] == _id("preferred")
    }


def _name(site: Site) -> tuple[int, Row]:
    """The fully specified name of an active concept, and its line."""
    inactive = _inactive(site)
    return site.find(
        FileKind.DESCRIPTION,
        lambda row: _is_active(row) and row["typeId"] == _id("fsn") and row["conceptId"] not in inactive,
    )


def _of_concept(site: Site, id: str) -> Planted:
    """What a reader says of a concept."""
    line, _ = site.find(FileKind.CONCEPT, lambda row: row["id"] == id)
    return Planted(site.root, site.path(FileKind.CONCEPT).name, (line,), id)


def _links(site: Site) -> list[tuple[int, Row]]:
    """Active is-a links and their lines."""
    rows = enumerate(plain.rows(site.root, FileKind.RELATIONSHIP), start=2)
    return [(line, row) for line, row in rows if _is_active(row) and row["typeId"] == _id("is-a")]


def _only_links_of_leaves(links: list[tuple[int, Row]]) -> list[tuple[int, Row]]:
    """Of those the ones of concepts with one parent and no children."""
    parents = Counter(row["sourceId"] for _, row in links)
    above = {row["destinationId"] for _, row in links}
    return [
        (line, row) for line, row in links if parents[row["sourceId"]] == 1 and row["sourceId"] not in above
    ]


LOGIC: dict[str, Plant] = {
    "duplicate-id": duplicate_id,
    "duplicate-version": duplicate_version,
    "unknown-endpoint": unknown_endpoint,
    "is-a-cycle": is_a_cycle,
    "no-path-to-root": no_path_to_root,
    "relationship-of-inactive": relationship_of_inactive,
    "description-of-inactive": description_of_inactive,
    "description-of-unknown": description_of_unknown,
    "unknown-member": unknown_member,
    "inactive-member": inactive_member,
    "no-fsn": no_fsn,
    "two-fsns": two_fsns,
    "no-preferred-term": no_preferred_term,
    "no-semantic-tag": no_semantic_tag,
    "long-term": long_term,
    "module-dependency": module_dependency,
    "status-changed": status_changed,
    "immutable-changed": immutable_changed,
}
