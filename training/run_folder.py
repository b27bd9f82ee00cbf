"""The folder of a run: ``config.yaml``, ``environment.json``, ``metrics.jsonl``, ``checkpoints/``."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

from .. import __version__
from ..errors import CheckpointError, ConfigError
from .config import Resolved, RunConfig, diff_for_resume, load_saved

CONFIG = "config.yaml"
ENVIRONMENT = "environment.json"
PACKAGES = ("torch", "transformers", "tokenizers", "numpy", "safetensors", "peft")


def open_run(folder: Path, resolved: Resolved, *, resume: bool = False) -> None:
    """Make a run's folder, or check that it can be resumed; writes the settings and the environment.

    Raises:
        CheckpointError: the folder holds a run and ``resume`` is false, or the run had other settings
            than those that may change.
        ConfigError: the folder cannot be written.
    """
    path = folder / CONFIG
    if path.exists():
        if not resume:
            raise CheckpointError(f"{folder} holds a run; pass --resume to go on with it, or another --out")
        if differences := diff_for_resume(load_saved(path), resolved.config):
            raise CheckpointError(
                f"{folder} was run with other settings: {'; '.join(differences)}; "
                "take these back to resume, or start anew with another --out"
            )
    tree = resolved.config.tree()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(path, yaml.safe_dump(tree, sort_keys=False, allow_unicode=True))
        write_atomically(folder / ENVIRONMENT, json.dumps(environment(resolved.config), indent=1) + "\n")
    except OSError as error:
        raise ConfigError(
            f"run folder {folder} cannot be written ({error.strerror}); choose another with --out"
        ) from error


def forget_run(folder: Path) -> None:
    """Free the folder of a run that left no checkpoint, so that the same ``--out`` can be used again."""
    (folder / CONFIG).unlink(missing_ok=True)


def load_run(folder: Path) -> RunConfig:
    """The settings of the run in ``folder``.

    Raises:
        ConfigError: there is no run, or its settings are unreadable.
    """
    if not (folder / CONFIG).is_file():
        raise ConfigError(f"{folder} is no run ({CONFIG} is missing); give a folder that kgllm train wrote")
    return load_saved(folder / CONFIG)


def environment(config: RunConfig) -> dict[str, Any]:
    """What else a repetition needs: versions, the commit, the command line, the hash of the settings."""
    found = {name: _version(name) for name in PACKAGES}
    return {
        "identity": config.identity(),
        "kgllm": __version__,
        "commit": _commit(),
        "command": sys.argv,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: version for name, version in found.items() if version},
    }


def write_atomically(path: Path, text: str) -> None:
    """Write a file that is whole or not there."""
    rest = path.with_name(path.name + ".tmp")
    with rest.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    rest.replace(path)


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _commit() -> str | None:
    """Commit of the checkout that this code lies in; an installed package lies in none."""
    root = Path(__file__).parents[1]
    if not (root / ".git").exists():
        return None
    command = ["git", "-C", str(root), "rev-parse", "HEAD"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return answer.stdout.strip() or None
