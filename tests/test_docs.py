"""The docs cannot lie: their commands run and print what they show, their links lead somewhere."""

from __future__ import annotations

import doctest
import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from kgllm import errors
from kgllm.cli.app import app

ROOT = Path(__file__).resolve().parents[1]
GENERATED = {"cli.md", "configuration.md", "cypher-reference.md", "errors.md", "ontology-rules.md"}
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
WRITTEN = [page for page in PAGES if page.name not in GENERATED]
BLOCK = re.compile(
    r"(?P<exempt><!-- not run: .+? -->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$", re.S | re.M
)
LINK = re.compile(r"\]\((?P<target>[^)#\s]+)[^)]*\)")
SHOWN = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def name(page: Path) -> str:
    return page.name


def blocks(page: Path, *languages: str) -> Iterator[str]:
    """The texts of fenced blocks that are not exempt."""
    for match in BLOCK.finditer(page.read_text(encoding="utf-8")):
        if match["language"] in languages and not match["exempt"]:
            yield match["text"]


def commands(block: str) -> Iterator[tuple[str, str]]:
    """(command, shown output) pairs of a console block; a backslash continues a command."""
    for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
        command, _, shown = re.sub(r"\\\n", " ", part).partition("\n")
        yield command, shown


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run with the tests' own interpreter first in PATH, and caches inside ``folder``."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    own = {"PATH": path, "XDG_CACHE_HOME": str(folder / ".cache"), "COLUMNS": "110", "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=folder, env={**os.environ, **own}, capture_output=True, text=True)


@pytest.mark.parametrize("page", WRITTEN, ids=name)
def test_console_blocks_run_and_print_what_they_show(page: Path, tmp_path: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    for command, shown in [pair for block in blocks(page, "console") for pair in commands(block)]:
        if command.startswith("make "):
            assert command.split()[1] in targets, f"{page.name}: no target for {command!r}"
            continue
        if "KGLLM_DATA" not in os.environ:
            pytest.skip(f"the commands of {page.name} want KGLLM_DATA")
        done = run(["bash", "-c", command], tmp_path)
        fails = shown.startswith("error:")
        assert (done.returncode != 0) == fails, f"{page.name}: {command}\n{done.stdout}{done.stderr}"
        printed = done.stderr if fails else done.stdout
        same = doctest.OutputChecker().check_output(shown, printed, SHOWN)
        assert same or not shown.strip(), f"{page.name}: {command}\nshows:\n{shown}\nprints:\n{printed}"


@pytest.mark.parametrize("page", WRITTEN, ids=name)
def test_python_blocks_run(page: Path, tmp_path: Path) -> None:
    for block in blocks(page, "python"):
        if "KGLLM_DATA" not in os.environ:
            pytest.skip(f"the programs of {page.name} want KGLLM_DATA")
        done = run([sys.executable, "-c", block], tmp_path)
        assert done.returncode == 0, f"{page.name}:\n{block}\n{done.stderr}"


@pytest.mark.parametrize("page", WRITTEN, ids=name)
def test_shell_stands_in_console_blocks(page: Path) -> None:
    assert not list(blocks(page, "bash", "sh", "shell", "")), f"{page.name}: use ```console, or ```text"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    prose = BLOCK.sub("", page.read_text(encoding="utf-8"))
    targets = [match["target"] for match in LINK.finditer(prose) if "://" not in match["target"]]
    assert not [target for target in targets if not (page.parent / target).exists()]


def test_every_page_is_linked_from_the_index() -> None:
    linked = {match["target"] for match in LINK.finditer((ROOT / "docs/index.md").read_text())}
    assert {page.name for page in PAGES if page.parent.name == "docs"} - {"index.md"} == linked


def test_generated_pages_are_up_to_date() -> None:
    done = run([sys.executable, str(ROOT / "docs/generate.py"), "--check"], ROOT)
    assert done.returncode == 0, done.stderr


def test_every_error_stands_in_the_tree_and_is_public() -> None:
    defined = {key for key, value in vars(errors).items() if inspect.isclass(value) and key.endswith("Error")}
    assert defined == set(errors.__all__) == set(re.findall(r"\w+Error", errors.__doc__ or ""))


def test_every_verb_gives_an_example() -> None:
    without = [path for path, text in verbs(get_command(app), "kgllm") if f"{path} " not in f"{text} "]
    assert not without, f"no example in the help of {without}"


def verbs(command: object, path: str) -> Iterator[tuple[str, str]]:
    """(full name, help) of every command that does something."""
    children = getattr(command, "commands", {})
    for child, value in children.items():
        yield from verbs(value, f"{path} {child}")
    if not children:
        yield path, " ".join((getattr(command, "help", "") or "").split())
