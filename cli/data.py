"""``kgllm data``: list, show, audit, fetch and build data sets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import AuditError, ConfigError
from .output import Json, emit, log, table_of

if TYPE_CHECKING:
    from rich.table import Table

    from ..data.audit_report import AuditReport, Counts

app = typer.Typer(help="List, inspect, audit, fetch and build data sets.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="NAME", help="Catalogue name; see kgllm data list.")]


@app.command("list")
def list_sets(json: Json = False) -> None:
    """Name every data set of the catalogue, and say which are on this machine.

    Example: kgllm data list
    """
    from ..data.catalogue import catalogue

    rows = [{"name": name, "title": s.title, "here": bool(_where(name))} for name, s in catalogue().items()]
    body = [(row["name"], "yes" if row["here"] else "no", row["title"]) for row in rows]
    emit(rows, as_json=json, table=table_of("data sets", ["name", "here", "title"], body))


@app.command("show")
def show(name: Name, json: Json = False) -> None:
    """Show what the catalogue knows about a data set: licence, source, policies, files with hashes.

    Example: kgllm data show wn18rr
    """
    from ..data.catalogue import find_set

    entry = find_set(name)
    where = _where(name)
    result = {**entry.model_dump(), "here": str(where) if where else None}
    rows = [(key, value) for key, value in result.items() if key != "files" and value is not None]
    rows += [(role, f"{file.path} ({file.bytes:,} bytes)") for role, file in entry.files.items()]
    emit(result, as_json=json, table=table_of(name, ["", ""], rows))


@app.command("audit")
def audit_set(
    name: Annotated[str, typer.Argument(metavar="NAME|DIR", help="Catalogue name, folder or file.")],
    format: Annotated[
        str, typer.Option(help="auto, tsv, pipe, openke-htr or openke-hrt, as data.format.")
    ] = "auto",
    json: Json = False,
) -> None:
    """Check files, splits and names of a data set; exit 1 if its splits overlap.

    Example: kgllm data audit db15k
    """
    from ..data.audit import audit
    from ..data.load import refusal
    from ..data.read import read_dataset

    dataset, forms = read_dataset(_config(name, format))
    report = audit(dataset, forms)
    if json:
        emit(report.to_dict(), as_json=True)
    else:
        for part in (_summary(report), _counts_table(report.counts), _findings_table(report)):
            emit(None, as_json=False, table=part)
    if report.errors:
        raise AuditError(refusal(report))


@app.command("fetch")
def fetch_set(
    name: Name,
    out: Annotated[
        Path | None, typer.Option(help="Data folder to write to; default: the user's cache.")
    ] = None,
    json: Json = False,
) -> None:
    """Download a data set; goes on where it stopped, and checks every file.

    Example: kgllm data fetch umls
    """
    from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn

    from ..data.catalogue import find_set
    from ..data.fetch import fetch

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=log) as bar:
        tasks: dict[str, TaskID] = {}

        def show_progress(file: str, done: int, total: int) -> None:
            task = tasks.get(file) or tasks.setdefault(file, bar.add_task(file))
            bar.update(task, completed=done, total=total or None)

        paths = fetch(find_set(name), out, show_progress)
    result = {"name": name, "files": [str(path) for path in paths]}
    emit(result, as_json=json, table=f"{name}: {len(paths)} files in {paths[0].parent}")


@app.command("build")
def build(
    name: Annotated[str, typer.Argument(metavar="world", help="The set to build; there is one: world.")],
    out: Annotated[Path | None, typer.Option(help="Folder to create; default: in the user's cache.")] = None,
    json: Json = False,
) -> None:
    """Build the world graph out of the CLDR data of the babel package, in seconds and without network.

    Example: kgllm data build world --out world
    """
    from ..data.catalogue import cache_root
    from ..data.read import read_dataset
    from ..data.world import build_world, world_folder

    if name != "world":
        raise ConfigError(f"{name!r} cannot be built; the one set that can is: world")
    folder = out or world_folder(cache_root())
    dataset = build_world(folder) if out or not folder.exists() else read_dataset(_config("world"))[0]
    rows = {split: len(dataset.split(split)) for split in ("train", "valid", "test")}
    result = {
        "name": name,
        "folder": str(folder),
        "entities": len(dataset.entities),
        "relations": len(dataset.relations),
        **rows,
    }
    emit(result, as_json=json, table=table_of("world", ["", ""], result.items()))


def _config(name: str, format: str = "auto") -> Any:
    from pydantic import ValidationError

    from ..data.config import DataConfig

    try:
        return DataConfig.model_validate({"name": name, "format": format})
    except ValidationError as error:
        raise ConfigError([f"data.{e['loc'][0]}: {e['msg']}" for e in error.errors()]) from None


def _where(name: str) -> Path | None:
    """Folder or first file of a catalogue set on this machine."""
    from ..data.catalogue import cache_root, find_set, local_files
    from ..data.world import world_folder
    from ..errors import DataError

    if name == "world":
        folder = world_folder(cache_root())
        return folder if folder.exists() else None
    try:
        return local_files(find_set(name))["train"].parent
    except DataError:
        return None


def _summary(report: AuditReport) -> str:
    counts = report.counts
    entities = f"{counts.entities:,} ({counts.entities_in_train:,} in train)"
    relations = f"{counts.relations:,} ({counts.relations_in_train:,} in train)"
    return f"{report.name}: entities {entities}, relations {relations}\n"


def _counts_table(counts: Counts) -> Table:
    columns = [counts.rows, counts.distinct, counts.unseen_entity, counts.unseen_relation]
    rows = [
        (split, *(f"{column[split]:,}" if split in column else "–" for column in columns))
        for split in ("train", "valid", "test")
    ]
    return table_of(
        "triples", ["split", "rows", "distinct", "with unseen entity", "with unseen relation"], rows
    )


def _findings_table(report: AuditReport) -> Table | str:
    rows = [(f.severity, f.message, f.example, f.remedy) for f in report.findings]
    return table_of("findings", ["", "found", "for example", "what to do"], rows) if rows else "no findings"
