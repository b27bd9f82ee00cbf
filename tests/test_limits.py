"""Sizes that keep the code readable. What ruff can check stands in pyproject.toml instead."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MAX_FILE, MAX_FUNCTION = 300, 40
PACKAGE = [file for init in ROOT.glob("*/__init__.py") for file in init.parent.rglob("*.py")]
OTHERS = [
    file for folder in ("benchmarks", "docs", "examples", "tests") for file in (ROOT / folder).rglob("*.py")
]
FILES = sorted([*ROOT.glob("*.py"), *PACKAGE, *OTHERS])

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(file: Path) -> Iterator[Function]:
    return (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, Function))


def length(function: Function) -> int:
    """Lines from ``def`` to the end; the docstring may be as long as it needs to be."""
    docstring = 0
    if ast.get_docstring(function) is not None:
        docstring = (function.body[0].end_lineno or 0) - function.body[0].lineno + 1
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


def short(file: Path) -> str:
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize("file", FILES, ids=short)
def test_files_and_functions_stay_short(file: Path) -> None:
    lines = len(file.read_text().splitlines())
    assert lines <= MAX_FILE, f"{short(file)} has {lines} lines; split it"
    long = {f.name: length(f) for f in functions(file) if length(f) > MAX_FUNCTION}
    assert not long, f"{short(file)}: split {long}"


@pytest.mark.parametrize("file", sorted(PACKAGE), ids=short)
def test_public_functions_name_their_parameters(file: Path) -> None:
    found = [f.name for f in functions(file) if f.args.kwarg and not f.name.startswith("_")]
    assert not found, f"{short(file)}: parameters behind ** in {found}"
