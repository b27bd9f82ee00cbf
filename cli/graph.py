"""``kgllm graph``: load a graph into a store, ask it, describe it, write it out."""

from __future__ import annotations

import json as jsonlib
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ..errors import ConfigError
from .graph_output import document, rejects_table, result_table, summary
from .output import Json, emit, log, table_of

if TYPE_CHECKING:
    from ..kg.cypher.limits import Limits
    from ..kg.formats import Source

app = typer.Typer(help="Load, query, describe and export graphs.", no_args_is_help=True)
Store = Annotated[
    str,
    typer.Option(metavar="URL", help="ladybug:PATH (embedded), neo4j://HOST, bolt://HOST:PORT or memory:."),
]
DEFAULT = "ladybug:graph"
"""The store in the folder ``graph``, where the user is."""


@app.command("load")
def load(
    source: Annotated[str, typer.Argument(metavar="SRC", help="Data set, folder or file with a graph.")],
    store: Store = DEFAULT,
    tables: Annotated[
        Path | None, typer.Option(help="Folder of the CSV files that SRC, a YAML, maps.")
    ] = None,
    lossless: Annotated[bool, typer.Option(help="RDF: keep whole IRIs, language tags, datatypes.")] = False,
    on_error: Annotated[
        Literal["raise", "reject"], typer.Option(help="What to do about bad rows.")
    ] = "raise",
    report: Annotated[Path | None, typer.Option(help="Write the report on bad rows there, as JSON.")] = None,
    json: Json = False,
) -> None:
    """Replace what a store holds with the graph in SRC, checked row by row.

    SRC is a catalogue name (kgllm data list), a folder or file of triples, a folder with nodes*.parquet or
    nodes*.jsonl, a YAML that maps CSV tables, a GraphML file or an RDF file.

    Examples:

        kgllm graph load wn18rr --store ladybug:graphs/wn18rr

        kgllm graph load movies/ --store bolt://neo4j:secret@localhost:7687 --on-error reject
    """
    from ..kg.open import open_store
    from .graph_output import counted

    graph = _source(source, tables, lossless)
    with open_store(store, "create") as target, counted(graph) as (nodes, edges):
        done = target.bulk_load(nodes, edges, on_error)
    if report is not None:
        report.write_text(jsonlib.dumps(done.rejects.to_json(), indent=2, ensure_ascii=False) + "\n")
    result = {
        "store": store,
        "nodes": done.nodes,
        "edges": done.edges,
        "seconds": round(done.seconds, 3),
        "rejects": done.rejects.to_json(),
    }
    text = f"{store}: {done.nodes:,} nodes and {done.edges:,} edges in {done.seconds:.1f} s"
    emit(result, as_json=json, table=text)
    if done.rejects.total and not json:
        emit(None, as_json=False, table=rejects_table(done.rejects))


@app.command("query")
def query(
    text: Annotated[str, typer.Argument(metavar="CYPHER", help="A query that reads.")],
    store: Store = DEFAULT,
    param: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A parameter; JSON, else a string.")
    ] = None,
    rows: Annotated[int, typer.Option(help="Most rows to show.")] = 1000,
    seconds: Annotated[float, typer.Option(help="Give up after this time.")] = 30.0,
    hops: Annotated[int, typer.Option(help="Highest upper bound of a variable-length relationship.")] = 5,
    json: Json = False,
) -> None:
    """Ask a store in Cypher. Only the read subset is accepted; nothing else reaches the engine.

    Example:

        kgllm graph query 'MATCH (a)-[:_hypernym]->(b) WHERE a.name = $n RETURN b.name' --param n=dog
    """
    from ..kg.cypher.limits import Limits
    from ..kg.open import open_store

    limits: Limits = Limits(rows=rows, seconds=seconds, hops=hops)
    with open_store(store, "r") as opened:
        result = opened.query(text, dict(map(_parameter, param or [])), limits)
    emit(document(result), as_json=json, table=None if json else result_table(result))
    log.print(summary(result))


@app.command("schema")
def schema(
    store: Store = DEFAULT,
    samples: Annotated[int, typer.Option(help="Examples of each label and relation.")] = 3,
    json: Json = False,
) -> None:
    """List labels and relations with counts, typed properties and examples.

    Example: kgllm graph schema --store ladybug:graphs/wn18rr
    """
    from ..kg.open import open_store

    with open_store(store, "r") as opened:
        info = opened.schema(samples)
    if json:
        emit(asdict(info), as_json=True)
        return
    labels = [
        (name, label.count, _properties(label.properties), ", ".join(label.samples))
        for name, label in info.labels.items()
    ]
    relations = [
        (name, kind.count, _ends(kind.head_labels, kind.tail_labels), _properties(kind.properties))
        for name, kind in info.relations.items()
    ]
    title = f"{info.nodes:,} nodes"
    emit(None, as_json=False, table=table_of(title, ["label", "nodes", "properties", "examples"], labels))
    title = f"{info.edges:,} edges"
    emit(
        None, as_json=False, table=table_of(title, ["relation", "edges", "between", "properties"], relations)
    )


@app.command("stats")
def stats(
    store: Store = DEFAULT,
    top: Annotated[int, typer.Option(help="Relations to list.")] = 10,
    json: Json = False,
) -> None:
    """Count nodes, edges, degrees, components and the commonest relations.

    Example: kgllm graph stats --store ladybug:graphs/wn18rr
    """
    from ..kg.open import open_store
    from ..kg.stats import describe

    with open_store(store, "r") as opened:
        found = describe(opened.csr())
    if json:
        emit(asdict(found), as_json=True)
        return
    lines = [
        ("nodes", f"{found.nodes:,}"),
        ("edges", f"{found.edges:,}"),
        ("self-loops", f"{found.self_loops:,}"),
        ("nodes without edges", f"{found.isolated:,}"),
        ("components", f"{found.components:,}"),
        ("largest component", f"{found.largest_component:,} nodes"),
        ("mean degree", f"{found.mean_degree:.2f}"),
        *(
            (f"degree, {quantile:.0%} of nodes at most", f"{value:,}")
            for quantile, value in found.degrees.items()
        ),
    ]
    emit(None, as_json=False, table=table_of(store, ["", ""], lines))
    commonest = [(name, f"{count:,}") for name, count in [*found.relations.items()][:top]]
    emit(None, as_json=False, table=table_of("commonest relations", ["relation", "edges"], commonest))


@app.command("export")
def export(
    out: Annotated[Path, typer.Option(help="File or folder to write; it must not exist.")],
    to: Annotated[
        Literal["parquet", "graphml", "rdf", "csv", "pyg"], typer.Option(help="Format; csv is neo4j-admin's.")
    ] = "parquet",
    store: Store = DEFAULT,
    lossless: Annotated[bool, typer.Option(help="RDF: literals as a lossless load left them.")] = False,
    json: Json = False,
) -> None:
    """Write a store to files. parquet keeps everything; the others say in docs/graph.md what they lose.

    Example: kgllm graph export --to graphml --out wn18rr.graphml --store ladybug:graphs/wn18rr
    """
    from ..kg.formats.export import write_graph
    from ..kg.open import open_store

    if out.exists():
        raise ConfigError(f"{out} exists already; choose another --out, or remove it first")
    with open_store(store, "r") as opened:
        write_graph(opened, to, out, lossless=lossless)
    emit({"store": store, "to": to, "out": str(out)}, as_json=json, table=f"{out}: {to} of {store}")


def _source(name: str, tables: Path | None, lossless: bool) -> Source:
    """What SRC means: a graph in files where there is one, else a data set."""
    from ..data.graph import dataset_graph
    from ..kg.formats import is_graph, read_graph

    path = Path(name)
    if tables is not None:
        from ..kg.formats.tables import read_tables

        return read_tables(path, tables)
    if lossless:
        from ..kg.formats.rdf import RdfOptions, read_rdf

        return read_rdf(path, RdfOptions(lossless=True))
    return read_graph(path) if is_graph(path) else dataset_graph(name)


def _parameter(word: str) -> tuple[str, Any]:
    name, equals, value = word.partition("=")
    if not equals or not name:
        raise ConfigError(f"--param {word!r}: expected NAME=VALUE")
    try:
        return name, jsonlib.loads(value)
    except jsonlib.JSONDecodeError:
        return name, value


def _properties(types: dict[str, str] | Any) -> str:
    return ", ".join(f"{name}: {kind}" for name, kind in types.items())


def _ends(heads: tuple[str, ...], tails: tuple[str, ...]) -> str:
    return f"{'|'.join(heads) or '()'} → {'|'.join(tails) or '()'}"
