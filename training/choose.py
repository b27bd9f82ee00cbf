"""Which preset a run starts from when none is named, and what a resumed run starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..data.catalogue import catalogue
from ..errors import ConfigError
from .config import PRESETS, Resolved, load_config, task_class
from .run_folder import CONFIG, load_run

DEFAULT_TASK = "kon"
DEFAULT_PRESET = "default"


def choose_config(
    task: str | None = None,
    *,
    preset: str | None = None,
    file: Path | None = None,
    sets: Sequence[str] = (),
    flags: Mapping[str, Any] | None = None,
    resume: bool = False,
) -> Resolved:
    """Settings of a run; see ``load_config`` for what overrides what.

    Without a preset, the data set's own preset (``kge-codex-s``) is taken if there is one, else the
    task's default. A resumed run starts from the settings in its folder. A data set named by a path is
    written down with its whole path, so that the run can be used from any folder.

    Args:
        task: ``None`` takes that of the resumed run, else ``kon``.

    Raises:
        ConfigError: with one sentence for each mistake.
    """
    flags = dict(flags or {})
    saved = _saved_task(task, flags) if resume else None
    task = task or saved or DEFAULT_TASK
    task_class(task)  # an unknown task is the first thing to say
    if saved and preset is None and file is None:
        return _with_whole_path(load_config(task, file=Path(flags["out"]) / CONFIG, sets=sets, flags=flags))
    if "data.name" not in flags and file is None and not any(text.startswith("data.name=") for text in sets):
        raise ConfigError("no data set is named; give --data NAME (kgllm data list) or --data FOLDER")
    preset = preset or _own(task, flags)
    return _with_whole_path(load_config(task, preset=preset, file=file, sets=sets, flags=flags))


def _saved_task(task: str | None, flags: Mapping[str, Any]) -> str:
    """Name of the task of the run to go on with."""
    if "out" not in flags:
        raise ConfigError("--resume goes on with a run; say which with --out")
    found = load_run(Path(flags["out"])).task
    if task not in (None, found):
        raise ConfigError(f"{flags['out']} is a run of task {found}, --task says {task}; leave --task out")
    return found


def _own(task: str, flags: Mapping[str, Any]) -> str:
    name = f"{task}-{Path(str(flags.get('data.name', ''))).name}"
    return name if (PRESETS / f"{name}.yaml").is_file() else f"{task}-{DEFAULT_PRESET}"


def _with_whole_path(resolved: Resolved) -> Resolved:
    data = resolved.config.data
    path = Path(data.name).expanduser()
    if data.name in catalogue() or not path.exists():
        return resolved
    whole = data.model_copy(update={"name": str(path.resolve())})
    return replace(resolved, config=resolved.config.model_copy(update={"data": whole}))
