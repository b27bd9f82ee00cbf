"""Which preset a run starts from when none is named, and what a resumed run starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import ConfigError
from .config import PRESETS, Resolved, load_config, task_class
from .run_folder import CONFIG

DEFAULT = "default"


def choose_config(
    task: str,
    *,
    preset: str | None = None,
    file: Path | None = None,
    sets: Sequence[str] = (),
    flags: Mapping[str, Any] | None = None,
    resume: bool = False,
) -> Resolved:
    """Settings of a run; see ``load_config`` for what overrides what.

    Without a preset, the data set's own preset (``kge-codex-s``) is taken if there is one, else the
    task's default. A resumed run starts from the settings in its folder.

    Raises:
        ConfigError: with one sentence for each mistake.
    """
    task_class(task)  # an unknown task is the first thing to say
    flags = dict(flags or {})
    if resume:
        if "out" not in flags:
            raise ConfigError("--resume goes on with a run; say which with --out")
        saved = Path(flags["out"]) / CONFIG
        if saved.is_file() and preset is None and file is None:
            return load_config(task, file=saved, sets=sets, flags=flags)
    if "data.name" not in flags and file is None and not any(text.startswith("data.name=") for text in sets):
        raise ConfigError("no data set is named; give --data NAME (kgllm data list) or --data FOLDER")
    return load_config(task, preset=preset or _own(task, flags), file=file, sets=sets, flags=flags)


def _own(task: str, flags: Mapping[str, Any]) -> str:
    name = f"{task}-{Path(str(flags.get('data.name', ''))).name}"
    return name if (PRESETS / f"{name}.yaml").is_file() else f"{task}-{DEFAULT}"
