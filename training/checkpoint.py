"""Checkpoint folders that are either whole or not there.

``step_00001234/`` holds safetensors files and ``state.json``, which lists them with their sizes. A
folder is written under a name ending in ``.tmp``, brought to disk, then renamed; deleting renames
first. So a crash at any moment leaves whole folders and ``.tmp`` rests, which the next save removes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from ..errors import CheckpointError

STATE = "state.json"

Files = Mapping[str, Mapping[str, Tensor]]
"""Tensors by file name, without ending, and tensor name."""


def steps(folder: Path) -> dict[int, Path]:
    """The whole checkpoints in ``folder`` by step, ascending."""
    found = folder.iterdir() if folder.is_dir() else ()
    named = {int(m[1]): path for path in found if (m := re.fullmatch(r"step_(\d{8,})", path.name))}
    return dict(sorted(named.items()))


def latest(folder: Path) -> Path:
    """The checkpoint with the highest step.

    Raises:
        CheckpointError: there is none.
    """
    if not (found := steps(folder)):
        raise CheckpointError(f"no checkpoint in {folder}; start the run without --resume")
    return found[max(found)]


def write(folder: Path, step: int, files: Files, state: Mapping[str, Any]) -> Path:
    """Write one checkpoint, unless the step has one: the same step of a run is the same state.

    Args:
        folder: of all checkpoints of the run.
        step: optimizer steps done.
        files: CPU tensors, contiguous.
        state: anything JSON can hold; ``files`` is added to it.
    """
    target = folder / f"step_{step:08d}"
    if target.exists():
        return target
    rest = target.with_name(target.name + ".tmp")
    remove_rests(folder)
    rest.mkdir(parents=True)
    for name, tensors in files.items():
        save_file(dict(tensors), rest / f"{name}.safetensors")
    sizes = {path.name: path.stat().st_size for path in sorted(rest.iterdir())}
    (rest / STATE).write_text(json.dumps({**state, "files": sizes}, indent=1) + "\n", encoding="utf-8")
    for path in (*rest.iterdir(), rest):
        _to_disk(path)
    rest.rename(target)
    _to_disk(folder)
    return target


def read_state(path: Path) -> dict[str, Any]:
    """``state.json`` of the checkpoint at ``path``, after comparing the files with its list.

    Raises:
        CheckpointError: a file is missing, cut short or unreadable.
    """
    remedy = f"delete {path} to resume from an older one"
    if not path.is_dir():
        raise CheckpointError(f"no checkpoint at {path}; name a folder like step_00001234 that exists")
    try:
        state: dict[str, Any] = json.loads((path / STATE).read_text(encoding="utf-8"))
        expected = state["files"].items()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{path / STATE} is missing or unreadable ({error}); {remedy}") from error
    for name, size in expected:
        file = path / name
        found = file.stat().st_size if file.is_file() else None
        if found != size:
            shown = "is missing" if found is None else f"has {found} bytes"
            raise CheckpointError(f"{file} {shown}, {size} bytes expected; {remedy}")
    return state


def read_tensors(path: Path, name: str) -> dict[str, Tensor]:
    """Tensors of one file of a checkpoint, on the CPU; empty where the checkpoint has no such file."""
    file = path / f"{name}.safetensors"
    if not file.is_file():
        return {}
    try:
        return dict(load_file(file))
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{file} cannot be read ({error}); delete {path} to resume from an older one"
        ) from error


def retain(folder: Path, *, keep_last: int, keep_every: int = 0, best: int | None = None) -> None:
    """Delete all checkpoints but the last few, the best, and multiples of ``keep_every``."""
    remove_rests(folder)
    found = steps(folder)
    kept = {*list(found)[-keep_last:], best} | {s for s in found if keep_every and s % keep_every == 0}
    for step, path in found.items():
        if step not in kept:
            _remove(path)


def remove_rests(folder: Path) -> None:
    """Delete what an interrupted save or deletion left."""
    for rest in folder.glob("step_*.tmp"):
        shutil.rmtree(rest, ignore_errors=True)


def _remove(path: Path) -> None:
    rest = path.with_name(path.name + ".tmp")
    path.rename(rest)
    shutil.rmtree(rest)


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
