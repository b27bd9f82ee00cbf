"""Write the pages of docs/ that repeat what the code says: commands, settings, errors, Cypher.

python docs/generate.py             renew them
python docs/generate.py --check     fail when one of them is out of date
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import subprocess
import sys
import types
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from kgllm import errors, ontology
from kgllm.kg.cypher.check.functions import FUNCTIONS, SPELLING
from kgllm.kg.cypher.refusals import REASONS
from kgllm.ontology.issues import Rule
from kgllm.training.config import PRESETS, RunConfig, task_class
from kgllm.training.tasks import TASKS

DOCS = Path(__file__).parent
NOTE = "<!-- Written by docs/generate.py; do not edit. -->\n\n"
ROOMS = {
    "builder": "All formats but RF2",
    "detect": "Formats that are not read",
    "edges": "Edge lists",
    "mesh": "MeSH",
    "obo_clauses": "OBO",
    "obographs": "OBO Graphs",
    "owl": "OWL",
    "rdf": "RDF",
    "rf2": "RF2",
    "rrf": "UMLS RRF",
    "skos": "SKOS",
    "source": "Text files",
    "store": "Stores",
    "wordnet": "WordNet",
}
"""Module or folder below ``ontology`` → what its rules are about."""
WORDS = {int: "integer", float: "number", bool: "true, false", str: "text", Path: "path", type(None): "null"}


def commands() -> str:
    """Every verb with its arguments and options."""
    command = [sys.executable, "-m", "typer", "kgllm.cli.app", "utils", "docs", "--name", "kgllm"]
    page = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return page.replace("# `kgllm`", "# Commands", 1).rstrip() + "\n"


def settings() -> str:
    """Every setting of a run: its key, values, default and meaning."""
    lines = [
        "# Settings",
        "",
        "A run is described by one YAML file; `--set key=value` changes single keys. The keys below are",
        "those of the file, written with dots, as `--set` takes them. An unknown key is an error.",
        "",
    ]
    lines += presets()
    seen: dict[type[BaseModel], str] = {}
    for key, model in [("", RunConfig), *((task, task_class(task).Config) for task in sorted(TASKS))]:
        lines += block(key, model, None, seen)
    return "\n".join(lines).rstrip() + "\n"


def presets() -> list[str]:
    """What ``--preset`` offers; the comment at the top of each file says what it is for."""
    lines = ["## Presets", "", "| task | preset | what it is for |", "|---|---|---|"]
    for path in sorted(PRESETS.glob("*.yaml")):
        task, _, name = path.stem.partition("-")
        comments = takewhile(lambda line: line.startswith("#"), path.read_text(encoding="utf-8").splitlines())
        lines.append(f"| {task} | `{name}` | {' '.join(comment[1:].strip() for comment in comments)} |")
    return [*lines, ""]


def block(
    key: str, model: type[BaseModel], default: BaseModel | None, seen: dict[type[BaseModel], str]
) -> list[str]:
    """A heading, a table of the plain settings, then the blocks inside. A block seen before is only named."""
    kinds = get_args(model.model_fields["kind"].annotation) if "kind" in model.model_fields else ()
    title = (f"`{key}`" if key else "The run") + "".join(f" with `kind: {value}`" for value in kinds)
    lines = [f"## {title}", "", text(model.__doc__), ""]
    if model in seen and default is None:
        return [*lines, f"The keys are those of {seen[model]}.", ""]
    seen[model] = title
    inner: list[str] = []
    rows: list[str] = []
    for name, field in model.model_fields.items():
        path = f"{key}.{name}".lstrip(".")
        value = getattr(default, name) if default else field.get_default(call_default_factory=True)
        candidates = models(field.annotation)
        for candidate in candidates:
            inner += block(path, candidate, value if type(value) is candidate else None, seen)
        if not candidates:
            rows.append(row(path, field, value))
    if rows:
        lines += ["| key | values | default | meaning |", "|---|---|---|---|", *rows, ""]
    return lines + inner


def row(key: str, field: FieldInfo, value: Any) -> str:
    """One line of a table."""
    if not field.description:
        raise SystemExit(f"error: setting {key} has no docstring; write one below the field")
    default = "required" if field.is_required() else f"`{show(value)}`"
    meaning = text(field.description).replace("|", "\\|")
    return f"| `{key}` | {kind(field.annotation)} | {default} | {meaning} |"


def text(docstring: str | None) -> str:
    """The first paragraph of a docstring as one line of Markdown."""
    return " ".join((docstring or "").partition("\n\n")[0].replace("``", "`").split())


def show(value: Any) -> str:
    """A default as it would stand in a YAML file."""
    return value if isinstance(value, str) and value else json.dumps(value, default=str)


def kind(annotation: Any) -> str:
    """The values a setting takes, in words."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return kind(arguments[0])
    if origin is Literal:
        return ", ".join(f"`{show(value)}`" for value in arguments)
    if origin in (Union, types.UnionType):
        return ", ".join(kind(argument) for argument in arguments)
    if origin in (tuple, list):
        return f"list of {kind(arguments[0])}"
    return WORDS[annotation]


def models(annotation: Any) -> list[type[BaseModel]]:
    """The blocks that stand behind an annotation; several where ``kind`` chooses one."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in models(argument)]


def error_classes() -> str:
    """The error tree, and what each class means."""
    tree = (errors.__doc__ or "").partition("\n\n")[2].rpartition("\n\n")[0]
    lines = ["# Errors", "", "Exit code 1: the work failed. Exit code 2: wrong usage.", "", "```text"]
    lines += [line.removeprefix("    ") for line in tree.splitlines()]
    lines += ["```", "", "| error | exit code | meaning |", "|---|---|---|"]
    for name in errors.__all__:
        error = getattr(errors, name)
        lines.append(f"| `{name}` | {error.exit_code} | {text(error.__doc__)} |")
    return "\n".join(lines) + "\n"


def cypher() -> str:
    """The functions of the read subset, and the reasons why a query is refused."""
    lines = ["# Cypher reference", "", "## Functions", "", "| function | arguments | |", "|---|---|---|"]
    for name, function in FUNCTIONS.items():
        aggregate = "aggregation" if function.aggregate else ""
        lines.append(f"| `{SPELLING.get(name, name)}` | {function.arity} | {aggregate} |")
    lines += ["", "## Reasons", "", "`QueryRefusedError.reason` is one of these.", ""]
    lines += ["| reason | meaning |", "|---|---|"]
    for reason, meaning in REASONS.items():
        escaped = meaning.replace("|", "\\|")
        lines.append(f"| `{reason}` | {escaped} |")
    return "\n".join(lines) + "\n"


def ontology_rules() -> str:
    """The rules that files of ontologies have to keep, by the reader that knows them."""
    lines = ["# Rules of ontologies", ""]
    lines += ["`kgllm ontology validate` names these. A fatal one stops a strict load."]
    for room, rules in rules_by_room().items():
        lines += ["", f"## {room}", "", "| rule | | meaning | remedy |", "|---|---|---|---|"]
        for rule in sorted(rules, key=lambda one: one.code):
            cells = ("fatal" if rule.fatal else "warning", rule.meaning, rule.remedy)
            lines.append(f"| `{rule.code}` | {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |")
    return "\n".join(lines) + "\n"


def rules_by_room() -> dict[str, set[Rule]]:
    """The rules that each module below ``kgllm.ontology`` defines, by the room it is in."""
    found: dict[str, set[Rule]] = {}
    seen: set[Rule] = set()
    for info in pkgutil.walk_packages(ontology.__path__, "kgllm.ontology."):
        module = importlib.import_module(info.name)
        if info.name.startswith("kgllm.ontology.rf2.synth"):
            continue
        own = {value for value in vars(module).values() if isinstance(value, Rule)} - seen
        own = {rule for rule in own if _defines(module, rule)}
        seen |= own
        if own:
            room = info.name.removeprefix("kgllm.ontology.").removeprefix("formats.").partition(".")[0]
            found.setdefault(ROOMS.get(room, room), set()).update(own)
    return dict(sorted(found.items()))


def _defines(module: types.ModuleType, rule: Rule) -> bool:
    """Whether the source of ``module`` has the rule's code, rather than importing it."""
    return f'"{rule.code}"' in Path(str(module.__file__)).read_text(encoding="utf-8")


PAGES = {
    "cli.md": commands,
    "configuration.md": settings,
    "errors.md": error_classes,
    "cypher-reference.md": cypher,
    "ontology-rules.md": ontology_rules,
}


def stale() -> Iterator[str]:
    """Names of the pages that differ from the code; they are renewed on the way."""
    for name, write in PAGES.items():
        page, file = NOTE + write(), DOCS / name
        if not file.exists() or file.read_text(encoding="utf-8") != page:
            if "--check" not in sys.argv:
                file.write_text(page, encoding="utf-8")
            yield name


if __name__ == "__main__":
    found = ", ".join(stale())
    if "--check" in sys.argv and found:
        sys.exit(f"error: docs/ is out of date: {found}; run make docs")
    print(f"renewed: {found}" if found else "generated pages are up to date")
