"""The verbs of ``kgllm ontology`` that ask: show, search, query, ancestors, descendants, lca, similarity."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from .ontology_output import page
from .output import Json, emit, log, table_of

if TYPE_CHECKING:
    from ..ontology.ontology import Ontology

Where = Annotated[
    Path,
    typer.Argument(metavar="STORE", help="Folder that load wrote, or a file to read for this once."),
]
Id = Annotated[str, typer.Argument(metavar="ID", help="Id of a concept, or a term that only one has.")]
Dialects = Annotated[
    str, typer.Option("--dialect", metavar="NAMES", help="Dialects or languages in order, by commas.")
]
ENGLISH = "en-US,en-GB"
Measure = Literal["resnik", "lin", "jiang-conrath", "wu-palmer", "jaccard", "phenodigm"]


def show(store: Where, id: Id, dialect: Dialects = ENGLISH, json: Json = False) -> None:
    """Show a concept: names, definition, parents, children, relations, mappings, history.

    Examples:

        kgllm ontology show stores/doid DOID:2841

        kgllm ontology show stores/doid asthma --dialect en-GB
    """
    ontology = opened(store)
    found = ontology.concept(ontology.resolve(id), dialect.split(","))
    emit(found.to_json() if json else None, as_json=json)
    if not json:
        page(found)


def search(
    store: Where,
    text: Annotated[str, typer.Argument(metavar="WORDS", help="Beginnings of words of a term.")],
    most: Annotated[int, typer.Option("-k", help="How many concepts.")] = 10,
    inactive: Annotated[bool, typer.Option(help="Inactive concepts, too.")] = False,
    json: Json = False,
) -> None:
    """Find concepts by their terms: each word begins a word of the term; shorter terms come first.

    Example: kgllm ontology search stores/doid "bronch asth"
    """
    ontology = opened(store)
    found = ontology.search(text, most, inactive)
    rows = [{"id": one.id, "label": one.label, "term": one.term} for one in found]
    emit(rows, as_json=json, table=table_of("", ["id", "label", "term"], [[*row.values()] for row in rows]))
    if not found:
        near = [word for words in ontology.corrections(text).values() for word in words]
        log.print("nothing found" + (f"; did you mean {', '.join(near)}?" if near else ""), markup=False)


def query(
    store: Where,
    ecl: Annotated[str, typer.Option(metavar="EXPRESSION", help="Expression constraint.")],
    format: Annotated[Literal["table", "ids"], typer.Option(help="How to print.")] = "table",
    dialect: Dialects = ENGLISH,
    json: Json = False,
) -> None:
    """Name the concepts that an expression constraint (ECL, core profile) stands for.

    Examples:

        kgllm ontology query stores/doid --ecl '<< DOID:2841 |asthma|'

        kgllm ontology query stores/doid --ecl '< DOID:4 MINUS < DOID:7' --format ids
    """
    ontology = opened(store)
    _listed(ontology, ontology.ecl(ecl), dialect, ids_only=format == "ids", as_json=json)


def ancestors(store: Where, id: Id, dialect: Dialects = ENGLISH, json: Json = False) -> None:
    """Name all concepts above one.

    Example: kgllm ontology ancestors stores/doid DOID:2841
    """
    ontology = opened(store)
    _listed(ontology, ontology.ancestors(ontology.resolve(id)), dialect, as_json=json)


def descendants(store: Where, id: Id, dialect: Dialects = ENGLISH, json: Json = False) -> None:
    """Name all concepts below one.

    Example: kgllm ontology descendants stores/doid DOID:2841
    """
    ontology = opened(store)
    _listed(ontology, ontology.descendants(ontology.resolve(id)), dialect, as_json=json)


def lca(store: Where, a: Id, b: Id, dialect: Dialects = ENGLISH, json: Json = False) -> None:
    """Name the lowest common ancestors of two concepts.

    Example: kgllm ontology lca stores/doid DOID:2841 DOID:9415
    """
    ontology = opened(store)
    _listed(ontology, ontology.lca(ontology.resolve(a), ontology.resolve(b)), dialect, as_json=json)


def similarity(
    store: Where,
    a: Id,
    b: Id,
    measure: Annotated[Measure, typer.Option(help="jiang-conrath is a distance.")] = "lin",
    json: Json = False,
) -> None:
    """Compare two concepts by what their ancestors share; information content after Seco.

    Example: kgllm ontology similarity stores/doid DOID:2841 DOID:9415 --measure lin
    """
    ontology = opened(store)
    ids = [ontology.resolve(one) for one in (a, b)]
    value = ontology.similarity(ids[0], ids[1], measure=measure)
    labels = ontology.labels(ids)
    result = {"a": ids[0], "b": ids[1], "measure": measure, "value": value}
    emit(result, as_json=json, table=f"{measure}({labels[0]}, {labels[1]}) = {value:.6f}")


def opened(path: Path) -> Ontology:
    """The ontology in a store, or in a file that is read for this one command."""
    from ..ontology.load import load
    from ..ontology.store import META

    if not (path / META).exists():
        log.print(
            f"reading {path}; kgllm ontology load keeps it in a store, which opens at once", markup=False
        )
    return load(path, on_error="report")


def _listed(
    ontology: Ontology, ids: list[str], dialect: str, ids_only: bool = False, as_json: bool = False
) -> None:
    if ids_only and not as_json:
        emit(None, as_json=False, table="\n".join(ids) if ids else None)
    else:
        labels = ontology.labels(ids, dialect.split(","))
        rows = [{"id": id, "label": label} for id, label in zip(ids, labels, strict=True)]
        emit(rows, as_json=as_json, table=table_of("", ["id", "label"], [[*row.values()] for row in rows]))
    log.print(f"{len(ids):,} concept{'s' * (len(ids) != 1)}")
