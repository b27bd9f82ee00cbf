"""OBO Graphs in JSON: nodes with their metadata, edges, logical axioms.

A file may hold several graphs, the ontology and its imports. All are read, the largest first: it names the
ontology, and what it says of a node comes before what imports say. Axioms are kept as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ...errors import OntologyError, UnknownFormatError
from ..builder import UNKNOWN, Builder, Draft
from ..issues import Issue, Issues, Rule, place
from ..tables import Kind, Link, Origin, Role, Tables
from .curies import curie, is_snomed, split_xref
from .gcpause import paused_gc
from .source import read_text

__all__ = ["read_obographs"]

NOT_JSON = Rule("bad-json", True, "not JSON", "repair the file, or fetch it again")
NOT_GRAPHS = Rule("not-obographs", True, "JSON without a list of graphs", "give a file of OBO Graphs")
NO_ID = Rule("missing-id", True, "a node without id", "give it an id, or remove it")
BAD_SHAPE = Rule("bad-shape", True, "JSON of another shape than OBO Graphs have", "repair or remove it")
BAD_SYNONYM = Rule("bad-synonym", False, "a synonym of unknown scope; taken as related")

KINDS = {"CLASS": Kind.CLASS, "PROPERTY": Kind.RELATION, "INDIVIDUAL": Kind.INDIVIDUAL}
SCOPES = {
    "hasExactSynonym": Role.EXACT,
    "hasBroadSynonym": Role.BROAD,
    "hasNarrowSynonym": Role.NARROW,
    "hasRelatedSynonym": Role.RELATED,
}
IS_A = ("is_a", "subPropertyOf")
RELATIONS = {"type": "rdf:type", "inverseOf": "owl:inverseOf"}
ALIAS = "oboInOwl:hasAlternativeId"
HISTORY = {"IAO:0100001": Link.REPLACED_BY, "oboInOwl:consider": Link.CONSIDER}
AXIOMS = {
    "logicalDefinitionAxioms": "definedClassId",
    "domainRangeAxioms": "predicateId",
    "propertyChainAxioms": "predicateId",
}
"""Lists of axioms, and where each names the node that it is about."""

Json = dict[str, Any]


def read_obographs(path: Path, issues: Issues, without_snomed: bool = False) -> Tables:
    """The ontology in a file of OBO Graphs, plain or compressed.

    Args:
        path: the file.
        issues: where to say what is wrong.
        without_snomed: leave out cross references to SNOMED CT.

    Raises:
        OntologyError: a fatal rule is broken and the load is strict, or the file cannot be read.
        UnknownFormatError: it is JSON of another kind.
    """
    with paused_gc():
        return _Reader(path, issues, without_snomed).read()


class _Reader:
    def __init__(self, path: Path, issues: Issues, without_snomed: bool) -> None:
        self.path, self.issues, self.without_snomed = path, issues, without_snomed
        self.builder = Builder(Origin(path.name, "obographs"), place(path), issues)
        self.graphs: list[Json] = []
        self.kinds: dict[str, Kind] = {}

    def read(self) -> Tables:
        graphs = self._parsed()
        if not isinstance(graphs, dict) or not isinstance(graphs.get("graphs"), list):
            raise UnknownFormatError(Issue(NOT_GRAPHS, place(self.path)))
        self.graphs = sorted(self._objects(graphs, "graphs"), key=_size, reverse=True)
        self._read_nodes()
        for graph in self.graphs:
            self._read_edges(graph)
            self._read_axioms(graph)
        self._settle_kinds()
        self.builder.origin = self._origin()
        return self.builder.finish()

    def _parsed(self) -> Any:
        try:
            text = read_text(self.path, self.issues)
            parsed = json.loads(text)
            if "\\ud" in text or "\\uD" in text:  # as escapes, halves of characters get past the decoder
                json.dumps(parsed, ensure_ascii=False).encode()
            return parsed
        except json.JSONDecodeError as error:
            issue = Issue(NOT_JSON, place(self.path), error.lineno, detail=error.msg)
            raise OntologyError(issue) from error
        except (RecursionError, UnicodeEncodeError) as error:
            detail = "nested too deeply" if isinstance(error, RecursionError) else "half of a character"
            raise OntologyError(Issue(NOT_JSON, place(self.path), detail=detail)) from error

    def _origin(self) -> Origin:
        names = [_text(graph, "id") or "without id" for graph in self.graphs]
        version = _text(_object(self.graphs[0], "meta"), "version") if self.graphs else ""
        notes = tuple(f"also in the file: {name}" for name in names[1:])
        return Origin(names[0] if names else self.path.name, "obographs", version, notes=notes)

    def _objects(self, parent: Json, key: str) -> Iterator[Json]:
        """The objects in the list ``parent[key]``; what else stands there is reported."""
        values = parent.get(key) or ()
        for value in values if isinstance(values, (list, tuple)) else (values,):
            if isinstance(value, dict):
                yield value
            else:
                self._report(BAD_SHAPE, value, f"an object expected in {key}")

    def _report(self, rule: Rule, found: Any, detail: str = "") -> None:
        text = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)[:200]
        self.issues.add(Issue(rule, place(self.path), text=text, detail=detail))

    # nodes

    def _read_nodes(self) -> None:
        for graph in self.graphs:
            for node in self._objects(graph, "nodes"):
                if id := _text(node, "id"):
                    self._read_node(self.builder.draft(curie(id)), node)
                else:
                    self._report(NO_ID, node)

    def _read_node(self, draft: Draft, node: Json) -> None:
        label, type_, meta = _text(node, "lbl"), _text(node, "type"), _object(node, "meta")
        if type_ in KINDS:
            self.kinds.setdefault(draft.id, KINDS[type_])
        if label and all(role != Role.LABEL for role, _, _ in draft.terms):
            draft.terms.append((Role.LABEL, label, ""))
        if meta:
            draft.active &= meta.get("deprecated") is not True
            draft.subsets += (curie(subset) for subset in _texts(meta, "subsets"))
            draft.terms += ((Role.COMMENT, comment, "") for comment in _texts(meta, "comments"))
            self._read_terms(draft, meta)
            self._read_values(draft, meta)

    def _read_terms(self, draft: Draft, meta: Json) -> None:
        if definition := _text(_object(meta, "definition"), "val"):
            draft.terms.append((Role.DEFINITION, definition, ""))
        for synonym in self._objects(meta, "synonyms"):
            scope = SCOPES.get(_text(synonym, "pred").rpartition("#")[2])
            if scope is None:
                self._report(BAD_SYNONYM, synonym)
            if text := _text(synonym, "val"):
                draft.terms.append((Role.RELATED if scope is None else scope, text, ""))

    def _read_values(self, draft: Draft, meta: Json) -> None:
        for xref in self._objects(meta, "xrefs"):
            scheme, code = split_xref(_text(xref, "val").strip())
            if code and not (self.without_snomed and is_snomed(scheme)):
                draft.xrefs.append((scheme, code))
        for value in self._objects(meta, "basicPropertyValues"):
            type_, text = curie(_text(value, "pred")), _text(value, "val")
            if type_ in HISTORY:
                draft.history.append((HISTORY[type_], curie(text)))
            elif type_ == ALIAS:
                draft.aliases.append(curie(text))
            elif type_ and text:
                draft.values.append((type_, text))

    # edges and axioms

    def _read_edges(self, graph: Json) -> None:
        for edge in self._objects(graph, "edges"):
            type_, target = _text(edge, "pred"), curie(_text(edge, "obj"))
            draft = self._known(_text(edge, "sub"), edge)
            if draft and type_ in IS_A:
                draft.parents.append(target)
            elif draft:
                draft.relations.append((RELATIONS.get(type_) or curie(type_), target))

    def _read_axioms(self, graph: Json) -> None:
        for kind, about in AXIOMS.items():
            for axiom in self._objects(graph, kind):
                if draft := self._known(_text(axiom, about), axiom):
                    draft.axioms.append(json.dumps(axiom, ensure_ascii=False))
                    draft.defined |= kind == "logicalDefinitionAxioms"
        for group in self._objects(graph, "equivalentNodesSets"):
            for id in _texts(group, "nodeIds"):
                if draft := self._known(id, group):
                    draft.axioms.append(json.dumps(group, ensure_ascii=False))

    def _known(self, id: str, where: Json) -> Draft | None:
        """The node ``id``, if there is one."""
        draft = self.builder.drafts.get(curie(id))
        if draft is None:
            self._report(UNKNOWN, id, f"in {json.dumps(where, ensure_ascii=False)[:200]}")
        return draft

    def _settle_kinds(self) -> None:
        """A type in any graph counts. Without one, a node is a class if it has a place in the hierarchy, else
        an annotation property; what nodes name as their subset is a subset."""
        drafts = self.builder.drafts
        classes = {id for draft in drafts.values() if draft.parents for id in (draft.id, *draft.parents)}
        for draft in drafts.values():
            draft.kind = self.kinds.get(draft.id, Kind.CLASS if draft.id in classes else Kind.RELATION)
        for subset in {subset for draft in drafts.values() for subset in draft.subsets} & drafts.keys():
            drafts[subset].kind = Kind.SUBSET
        for type_ in RELATIONS.values() - drafts.keys():
            if any(type_ == used for draft in drafts.values() for used, _ in draft.relations):
                drafts[type_] = Draft(type_, kind=Kind.RELATION)


def _size(graph: Json) -> int:
    nodes = graph.get("nodes")
    return len(nodes) if isinstance(nodes, list) else 0


def _object(parent: Json, key: str) -> Json:
    value = parent.get(key)
    return value if isinstance(value, dict) else {}


def _text(parent: Json, key: str) -> str:
    value = parent.get(key)
    return value if isinstance(value, str) else ""


def _texts(parent: Json, key: str) -> Iterable[str]:
    values = parent.get(key)
    return (value for value in values if isinstance(value, str)) if isinstance(values, list) else ()
