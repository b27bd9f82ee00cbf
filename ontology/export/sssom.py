"""Cross references and maps as a set of mappings in SSSOM/TSV (https://mapping-commons.github.io/sssom/)."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...kg.atomic import replacing
from ..formats.curies import PREFIXES
from ..tables import Tables
from ..terms import Names
from .options import ExportOptions

__all__ = ["UNSTATED", "Written", "write_sssom"]

UNSTATED = "https://w3id.org/sssom/license/unspecified"
"""The licence of mappings where nobody states one."""

COLUMNS = "subject_id", "subject_label", "predicate_id", "object_id", "mapping_justification", "comment"
XREF, RELATED = "oboInOwl:hasDbXref", "skos:relatedMatch"
JUSTIFICATION = "semapv:UnspecifiedMatching"

CURIE = re.compile(r"([A-Za-z_][\w.-]*):([^\s|/][^\s|]*)")
IRI = re.compile(r"(https?://[^\s|]*[/#=])([^\s|/#=]+)")
EXPANSIONS = {prefix: iri for iri, prefix in PREFIXES.items()} | {
    "semapv": "https://w3id.org/semapv/vocab/",
    "SCTID": "http://snomed.info/id/",
    "ICD10": "http://hl7.org/fhir/sid/icd-10/",
    "MESH": "http://id.nlm.nih.gov/mesh/",
    "UMLS": "http://linkedlifedata.com/resource/umls/id/",
}
"""Prefix → what it stands for. Others are of the OBO library where an ontology in one of its formats has
concepts with this prefix, else they are left to the Bioregistry."""

OBO_FORMATS = "obo", "obographs", "owl"
MAP_PREFIXES = {"447562003": "ICD10"}
"""Map refset → the prefix of its targets; those of others are ``map`` and the id of the refset."""

Row = tuple[str, ...]


class Written(NamedTuple):
    """How many mappings were written, and how many left out because an id or a code fits no CURIE."""

    mappings: int
    left_out: int


def write_sssom(
    tables: Tables, path: Path, options: ExportOptions | None = None, license: str = UNSTATED
) -> Written:
    """Write the cross references and maps of the active concepts to ``path``, whole or not at all.

    Cross references are ``oboInOwl:hasDbXref``; rows of complex and extended maps ``skos:relatedMatch``, with
    group, priority, rule and advice as comment. Rows are in the order of the concepts.

    Args:
        tables: the ontology.
        path: the file.
        options: how to export.
        license: IRI of the licence of the mappings.

    Raises:
        LicenceError: the content is licensed and the options do not allow it.
    """
    options = options or ExportOptions()
    names = options.names(tables)
    curies = _Curies(tables)
    found = [*_xrefs(tables, options), *_maps(tables)]
    found.sort(key=lambda row: row[0])
    rows = [*dict.fromkeys(_rows(names, curies, found))]
    left_out = len({*found}) - len(rows)
    digest = hashlib.sha256(repr(rows).encode()).hexdigest()
    metadata = {
        "mapping_set_id": f"https://w3id.org/sssom/mappings/{digest[:32]}",
        "mapping_set_version": tables.origin.version,
        "mapping_set_title": f"Cross references of {tables.origin.name}",
        "license": license,
    }
    with replacing(path) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        file.write("# curie_map:\n")
        file.writelines(f"#   {prefix}: {_quoted(iri)}\n" for prefix, iri in sorted(curies.used.items()))
        file.writelines(f"# {slot}: {_quoted(value)}\n" for slot, value in metadata.items() if value)
        table = csv.writer(file, delimiter="\t", lineterminator="\n")
        table.writerow(COLUMNS)
        table.writerows(rows)
    return Written(len(rows), left_out)


class _Found(NamedTuple):
    """A mapping of the concept at ``position``."""

    position: int
    predicate: str
    object: str
    comment: str = ""


def _xrefs(tables: Tables, options: ExportOptions) -> Iterator[_Found]:
    xrefs = tables.xrefs
    kept = tables.concepts.active[xrefs.concept] & options.schemes(tables)[xrefs.scheme]
    rows = np.flatnonzero(kept)
    triples = zip(
        xrefs.concept[rows].tolist(), xrefs.scheme[rows].tolist(), xrefs.code.take(rows), strict=True
    )
    return (_Found(concept, XREF, _code(tables.schemes[scheme], code)) for concept, scheme, code in triples)


def _maps(tables: Tables) -> Iterator[_Found]:
    maps = tables.maps
    for row in np.flatnonzero(tables.concepts.active[maps.concept]).tolist():
        if target := maps.target[row]:
            scheme = tables.schemes[maps.scheme[row]]
            place = f"group {maps.group[row]}, priority {maps.priority[row]}"
            words = "; ".join(text for text in (place, maps.rule[row], maps.advice[row]) if text)
            yield _Found(int(maps.concept[row]), RELATED, _code(scheme, target), words)


def _code(scheme: str, code: str) -> str:
    """A code with its scheme; IRIs are split where they have a colon, and map refsets are no prefixes."""
    prefix = MAP_PREFIXES.get(scheme, f"map{scheme}") if scheme.isdigit() else scheme
    return f"{prefix}:{code}"


def _rows(names: Names, curies: _Curies, found: Sequence[_Found]) -> Iterator[Row]:
    """The rows of the table; mappings with an id or a code that fits no CURIE are passed over."""
    positions = np.unique(np.array([one.position for one in found], np.int32))
    labels = dict(zip(positions.tolist(), names.labels(positions), strict=True))
    for one in found:
        subject = curies.short(names.tables.ids.text(one.position))
        target = curies.short(one.object)
        if subject and target:
            curies.use(subject, one.predicate, target, JUSTIFICATION)
            yield subject, labels[one.position], one.predicate, target, JUSTIFICATION, one.comment


class _Curies:
    """Makes CURIEs and knows what their prefixes stand for."""

    def __init__(self, tables: Tables) -> None:
        self.used: dict[str, str] = {}
        self._library = tables.origin.format in OBO_FORMATS
        self._own = {tables.ids.text(position).partition(":")[0] for position in range(len(tables.ids))}
        self._spaces: dict[str, str] = {}

    def short(self, id: str) -> str:
        """``id`` as a CURIE; ``""`` if it cannot be one."""
        if id.isdigit():
            return f"SCTID:{id}"
        if iri := IRI.fullmatch(id):
            return f"{self._spaces.setdefault(iri[1], f'ns{len(self._spaces) + 1}')}:{iri[2]}"
        return id if CURIE.fullmatch(id) else ""

    def use(self, *curies: str) -> None:
        """Take note of the prefixes of ``curies``."""
        for curie in curies:
            prefix = curie.partition(":")[0]
            if prefix not in self.used:
                self.used[prefix] = self._expansion(prefix)

    def _expansion(self, prefix: str) -> str:
        spaces = {short: iri for iri, short in self._spaces.items()}
        if found := spaces.get(prefix) or EXPANSIONS.get(prefix):
            return found
        if self._library and prefix in self._own:
            return f"http://purl.obolibrary.org/obo/{prefix}_"
        return f"https://bioregistry.io/{prefix}:"


def _quoted(text: str) -> str:
    """A text in YAML."""
    return json.dumps(text, ensure_ascii=False)
