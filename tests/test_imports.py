"""Importing kgllm is cheap and has no effect, and every name it promises exists."""

from __future__ import annotations

import ast
import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from pkgutil import resolve_name

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = sorted(file for init in ROOT.glob("*/__init__.py") for file in init.parent.rglob("*.py"))
MODULES = [".".join(("kgllm", *file.relative_to(ROOT).with_suffix("").parts)) for file in PACKAGE]
MODULES = sorted({"kgllm", "kgllm.errors", *(module.removesuffix(".__init__") for module in MODULES)})
OURS = {module.split(".")[1] for module in MODULES if "." in module}

HEAVY = ["accelerate", "jinja2", "matplotlib", "pandas", "peft", "pykeen", "scipy", "sentence_transformers"]
HEAVY += ["sklearn", "tensorboard", "transformers"]
MAY_IMPORT_TORCH = {
    "kgllm.heads": "its modules are networks and functions of tensors",
    "kgllm.training": "the loop, its state and its tasks work on tensors",
}

IMPORT_ALL = """
import importlib, json, sys
blocked, modules = json.loads(sys.argv[1])

class Wall:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Wall())
failed = {}
for name in modules:
    try:
        importlib.import_module(name)
    except ImportError as error:
        failed[name] = str(error)
print(json.dumps(failed))
"""

STATE_AROUND_IMPORT = """
import importlib, json, locale, logging, os, random, signal, sys, threading, warnings
import rich.table, torch, typer  # third parties may do as they like; what counts is what our modules add

def state():
    root = logging.getLogger()
    return {
        "environment": dict(os.environ), "folder": os.getcwd(), "locale": locale.setlocale(locale.LC_ALL),
        "threads": threading.active_count(), "torch threads": torch.get_num_threads(),
        "logging": [root.level, len(root.handlers)], "warnings": len(warnings.filters),
        "random": hash((random.getstate(), torch.get_rng_state().sum().item())),
        "dtype": str(torch.get_default_dtype()), "signals": str(signal.getsignal(signal.SIGTERM)),
    }

before = state()
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
after = state()
changed = [key for key in before if before[key] != after[key]]
sys.exit(f"importing changed {changed}" if changed else 0)
"""


def fresh_process(code: str, argument: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, json.dumps(argument)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def not_importable(blocked: Iterable[str], modules: Iterable[str]) -> dict[str, str]:
    done = fresh_process(IMPORT_ALL, [list(blocked), list(modules)])
    assert done.returncode == 0, done.stderr
    failed: dict[str, str] = json.loads(done.stdout)
    return failed


def test_heavy_libraries_are_imported_where_they_are_used() -> None:
    assert not not_importable(HEAVY, MODULES)


def test_torch_stays_out_of_the_lower_layers_and_the_command_line() -> None:
    torchless = [name for name in MODULES if not name.startswith(tuple(MAY_IMPORT_TORCH))]
    assert not not_importable([*HEAVY, "torch"], torchless)


def test_importing_changes_nothing_in_the_process() -> None:
    done = fresh_process(STATE_AROUND_IMPORT, MODULES)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_help_of_every_verb_loads_nothing_heavy() -> None:
    code = """
import json, sys
from typer.main import get_command
from typer.testing import CliRunner
from kgllm.cli.app import app

def paths(command, path=()):
    yield path
    for name, child in getattr(command, "commands", {}).items():
        yield from paths(child, (*path, name))

for path in paths(get_command(app)):
    result = CliRunner().invoke(app, [*path, "--help"])
    assert result.exit_code == 0 and "Usage" in result.output, (path, result.output)
loaded = {name.partition(".")[0] for name in sys.modules}
print(json.dumps(sorted(loaded & set(json.loads(sys.argv[1])))))
"""
    done = fresh_process(code, [*HEAVY, "torch", "numpy", "babel", "httpx"])
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []


@pytest.mark.parametrize("module", MODULES)
def test_public_names_exist(module: str) -> None:
    loaded = importlib.import_module(module)
    missing = [name for name in getattr(loaded, "__all__", ()) if not hasattr(loaded, name)]
    assert not missing, f"{module}.__all__ promises {missing}"


def test_every_registry_entry_resolves() -> None:
    """A registry is an upper-case dict of name → ``"module:Name"``, resolved on use."""
    entries = 0
    for module in map(importlib.import_module, MODULES):
        for name, registry in [*vars(module).items()]:  # resolving imports, which adds names
            if not (name.isupper() and isinstance(registry, dict)):
                continue
            for target in registry.values():
                if isinstance(target, str) and re.fullmatch(r"kgllm(\.\w+)+:\w+", target):
                    resolve_name(target)
                    entries += 1
    assert entries >= 2


@pytest.mark.parametrize("file", PACKAGE, ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_inside_the_package_are_relative(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        wrong = [name for name in names if name.partition(".")[0] in {"kgllm", *OURS}]
        assert not wrong, f"{file.relative_to(ROOT)}:{node.lineno}: write {wrong} as a relative import"
