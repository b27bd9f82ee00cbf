"""``kgllm ontology``: load an ontology, check it, ask it, compare releases, pass it on."""

from __future__ import annotations

import json as jsonlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from . import ontology_ask
from .ontology_ask import Where, opened
from .ontology_output import counted, differences, issue_lines, reading
from .output import Json, emit, log, table_of

if TYPE_CHECKING:
    from ..ontology.export.options import ExportOptions
    from ..ontology.issues import OnError as OnErrorName
    from ..ontology.ontology import Ontology
    from ..ontology.rf2.current import Rf2Options

app = typer.Typer(help="Load, check, ask, compare and export ontologies.", no_args_is_help=True)

Source = Annotated[Path, typer.Argument(metavar="PATH", help="File, folder or zip of an ontology.")]
Format = Annotated[str, typer.Option(help="auto looks at the content; or the name of a format.")]
Release = Annotated[Literal["snapshot", "full"], typer.Option(help="RF2: which files.")]
AsOf = Annotated[int | None, typer.Option(metavar="YYYYMMDD", help="RF2, full: the state at this date.")]
Delta = Annotated[Path | None, typer.Option(help="RF2: folder or zip of a Delta to lay on top.")]
Edition = Annotated[str | None, typer.Option(help="RF2: part of the edition's folder name.")]
Root = Annotated[bool, typer.Option(help="RF2: a concept with no path to the root is a fault.")]
OnError = Annotated[
    Literal["strict", "report", "skip"],
    typer.Option(help="Faults: stop, leave out and list, or leave out and count."),
]
Report = Annotated[Path | None, typer.Option(help="Write all issues there, as JSON.")]
Strictly = Annotated[bool, typer.Option(help="Exit 1 if there is any issue.")]


@app.command("load")
def load(
    path: Source,
    out: Annotated[Path, typer.Option(metavar="STORE", help="Folder to write; replaced in one step.")],
    graph: Annotated[
        str | None, typer.Option(metavar="URL", help="Put it into this graph store as well.")
    ] = None,
    format: Format = "auto",
    release: Release = "snapshot",
    as_of: AsOf = None,
    delta: Delta = None,
    edition: Edition = None,
    require_root: Root = False,
    on_error: OnError = "strict",
    report: Report = None,
    fail_on_warn: Strictly = False,
    json: Json = False,
) -> None:
    """Read an ontology, check it, and keep it in a store that opens at once.

    Formats: RF2 (SNOMED CT), OBO, OBO Graphs, OWL and RDF, SKOS, MeSH, UMLS RRF, WordNet, edge lists.

    Examples:

        kgllm ontology load doid.obo.gz --out stores/doid

        kgllm ontology load SnomedCT_Release.zip --out stores/sct --release full --as-of 20240101

        kgllm ontology load doid.obo.gz --out stores/doid --graph ladybug:graphs/doid
    """
    started = time.monotonic()
    ontology = _read(path, format, _rf2(release, as_of, delta, edition, require_root), on_error)
    ontology.save(out)
    _notice(ontology)
    result: dict[str, Any] = {"store": str(out), "seconds": round(time.monotonic() - started, 3)}
    if graph is not None:
        from ..ontology.export.options import ExportOptions

        result["graph"] = _to_graph(
            ontology, graph, ExportOptions(licensed_ok=True)
        )  # it stays with its user
    text = f"{out}: {len(ontology):,} concepts in {result['seconds']:.1f} s, {ontology.issues.total:,} issues"
    emit(_summary(ontology) | result if json else None, as_json=json, table=text)
    _finish(ontology, report, fail_on_warn)


@app.command("validate")
def validate(
    path: Source,
    format: Format = "auto",
    release: Release = "snapshot",
    as_of: AsOf = None,
    delta: Delta = None,
    edition: Edition = None,
    require_root: Root = False,
    report: Report = None,
    fail_on_warn: Strictly = False,
    json: Json = False,
) -> None:
    """Read an ontology and list everything that is wrong with it; write nothing. Exit 2 if a fault is fatal.

    Example: kgllm ontology validate doid.obo.gz --report issues.json
    """
    ontology = _read(path, format, _rf2(release, as_of, delta, edition, require_root), "report")
    found = _summary(ontology) if json else None  # counting everything takes a while
    emit(found, as_json=json, table=f"{path}: {ontology.issues.total:,} issues")
    _finish(ontology, report, fail_on_warn)
    if any(rule.fatal for rule in ontology.issues.rules.values()):
        raise typer.Exit(2)


@app.command("info")
def info(store: Where, json: Json = False) -> None:
    """Count what an ontology has, and say where it came from.

    Example: kgllm ontology info stores/doid
    """
    ontology = opened(store)
    if json:
        emit(_summary(ontology), as_json=True)
        return
    origin = ontology.tables.origin
    rows = [("name", origin.name), ("format", origin.format), ("version", origin.version or "not stated")]
    rows += [("note", note) for note in origin.notes]
    emit(None, as_json=False, table=table_of(str(store), ["", ""], rows))
    counted(ontology.stats())
    _notice(ontology)


@app.command("diff")
def diff(
    old: Where,
    new: Where,
    most: Annotated[int, typer.Option(help="Concepts to name for each kind of change.")] = 10,
    json: Json = False,
) -> None:
    """Compare two releases: concepts that came, went or changed their names, parents or relations.

    Example: kgllm ontology diff stores/doid-2016 stores/doid-2018
    """
    from ..ontology.diff import diff as compare

    before, after = opened(old), opened(new)
    found = compare(before.tables, after.tables)
    if json:
        emit(found.to_json(), as_json=True)
    else:
        differences(found, before, after, most)


@app.command("export")
def export(
    store: Where,
    to: Annotated[Literal["graph", "edges", "sssom"], typer.Option(help="What to make.")],
    out: Annotated[str, typer.Option(metavar="PATH|URL", help="File, folder or, for graph, a store's URL.")],
    drop: Annotated[
        list[str] | None, typer.Option(metavar="PREFIX", help="Leave out cross references into this scheme.")
    ] = None,
    i_hold_a_licence: Annotated[bool, typer.Option(help="You may pass licensed content on.")] = False,
    json: Json = False,
) -> None:
    """Pass an ontology on: into a graph store, as an edge list, or as SSSOM mappings.

    Examples:

        kgllm ontology export stores/doid --to graph --out ladybug:graphs/doid

        kgllm ontology export stores/doid --to sssom --out doid.sssom.tsv --drop SNOMEDCT
    """
    from ..ontology.export.options import ExportOptions

    options = ExportOptions(licensed_ok=i_hold_a_licence, without=drop or ())
    ontology = opened(store)
    result: dict[str, Any] = {"store": str(store), "to": to, "out": out}
    if to == "graph":
        result |= _to_graph(ontology, out, options)
    elif to == "edges":
        from ..ontology.export.edges import write_edges

        write_edges(ontology.tables, Path(out), options)
    else:
        from ..ontology.export.sssom import write_sssom

        write_sssom(ontology.tables, Path(out), options)
    emit(result, as_json=json, table=f"{out}: {to} of {store}")


@app.command("synth-rf2")
def synth_rf2(
    out: Annotated[Path, typer.Option(help="Folder in which the release is written.")],
    concepts: Annotated[int, typer.Option(help="Active concepts.")] = 1000,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal bytes.")] = 0,
    zipped: Annotated[bool, typer.Option(help="Write one zip file.")] = False,
    json: Json = False,
) -> None:
    """Write an invented release in RF2: Full, Snapshot and Delta, of any size, free of licences.

    Example: kgllm ontology synth-rf2 --concepts 2000 --out releases
    """
    from ..ontology.rf2.synth import Size, write_release

    made = write_release(out, Size(concepts, seed), zipped)
    result = {"path": str(made.path), "expected": dict(made.expected)}
    emit(result, as_json=json, table=f"{made.path}: {concepts:,} active concepts")


for _verb in (
    ontology_ask.show,
    ontology_ask.search,
    ontology_ask.query,
    ontology_ask.ancestors,
    ontology_ask.descendants,
    ontology_ask.lca,
    ontology_ask.similarity,
):
    app.command()(_verb)


def _rf2(
    release: Any, as_of: int | None, delta: Path | None, edition: str | None, require_root: bool
) -> Rf2Options:
    from ..ontology.rf2.current import Rf2Options

    return Rf2Options(release, as_of, delta, edition, require_root)


def _read(path: Path, format: str, rf2: Rf2Options, on_error: OnErrorName) -> Ontology:
    from ..ontology.load import ReadOptions, load

    with reading(str(path)) as progress:
        return load(path, format, on_error, ReadOptions(rf2, progress=progress))


def _to_graph(ontology: Ontology, url: str, options: ExportOptions) -> dict[str, Any]:
    """Put an ontology into a graph store."""
    from ..kg.open import open_store
    from ..ontology.export.graph import graph_source
    from .graph_output import counted as bar

    with open_store(url, "create") as target, bar(graph_source(ontology.tables, options)) as (nodes, edges):
        done = target.bulk_load(nodes, edges)
    log.print(f"{url}: {done.nodes:,} nodes and {done.edges:,} edges in {done.seconds:.1f} s", markup=False)
    return {"url": url, "nodes": done.nodes, "edges": done.edges, "seconds": round(done.seconds, 3)}


def _summary(ontology: Ontology) -> dict[str, Any]:
    origin = ontology.tables.origin
    about = {"name": origin.name, "format": origin.format, "version": origin.version}
    counts = dict(ontology.issues.counts)
    return {**about, "licensed": origin.licensed, "stats": ontology.stats(), "issues": counts}


def _notice(ontology: Ontology) -> None:
    if ontology.tables.origin.licensed:
        log.print("licensed content: keep this store and all that is made from it to yourself")


def _finish(ontology: Ontology, report: Path | None, fail_on_warn: bool) -> None:
    """Write the report, show the issues, and decide the exit code."""
    if report is not None:
        text = jsonlib.dumps(ontology.issues.to_json(), indent=2, ensure_ascii=False)
        report.write_text(text + "\n", encoding="utf-8")
    issue_lines(ontology.issues, 3)
    if fail_on_warn and ontology.issues.total:
        raise typer.Exit(1)
