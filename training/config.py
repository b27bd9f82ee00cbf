"""The settings of a run: defaults, a preset, a file and ``--set`` flags become one checked record."""

from __future__ import annotations

import functools
import hashlib
import importlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, Field, ValidationError, create_model

from ..data.config import DataConfig
from ..errors import ConfigError
from .config_errors import blocks_of, sentences
from .ranking.config import EvalConfig
from .settings import Block, FitSettings, OptimConfig, RuntimeConfig, TrainConfig
from .tasks import TASKS

PRESETS = Path(__file__).parent / "presets"

MAY_CHANGE = frozenset(
    {"out", "train.steps", "train.epochs", "train.micro_batch", "train.accumulate"}
    | {f"train.{name}_every" for name in ("eval", "log", "save", "keep")}
    | {"train.keep_last", "train.max_skipped", "train.patience", "runtime.threads", "runtime.parallel"}
)
"""What a resumed run may set otherwise. Its global batch must stay the same: that is checked apart."""

Tree = dict[str, Any]


class RunConfig(Block):
    """All settings of a run; a block named after the task is added to these."""

    task: str
    """Name of the task (``kgllm train --task``)."""
    seed: int = Field(default=0, ge=0)
    """All randomness derives from it: weights, data order, samples, dropout."""
    out: Path | None = None
    """Run folder; null makes a new one below ``runs/``."""
    data: DataConfig
    train: TrainConfig
    optim: OptimConfig
    runtime: RuntimeConfig
    eval: EvalConfig

    @property
    def block(self) -> Any:
        """The task's own block, an instance of its ``Config``."""
        return getattr(self, self.task)

    def tree(self) -> Tree:
        """Plain values for YAML and JSON."""
        return self.model_dump(mode="json")

    def identity(self) -> str:
        """SHA-256 of every setting that a resumed run must share."""
        fixed = {key: value for key, value in flatten(self.tree()) if key not in MAY_CHANGE}
        return hashlib.sha256(json.dumps(fixed, sort_keys=True).encode()).hexdigest()

    def fit_settings(self) -> FitSettings:
        """What the loop needs."""
        return FitSettings(self.train, self.optim, self.runtime, self.identity())


@dataclass(frozen=True)
class Resolved:
    """A checked configuration, and where each value came from.

    Attributes:
        config: the settings.
        origins: dotted key → ``default``, ``preset …``, ``file …``, ``--set`` or ``flag``.
    """

    config: RunConfig
    origins: Mapping[str, str]


def load_config(
    task: str,
    *,
    preset: str | None = None,
    file: Path | None = None,
    sets: Sequence[str] = (),
    flags: Mapping[str, Any] | None = None,
) -> Resolved:
    """Settings of a run: defaults ← preset ← file ← ``sets`` ← ``flags``.

    A later source that gives ``train.steps`` drops an earlier ``train.epochs``, and the other way
    round; one that changes the ``kind`` of a block drops the block's earlier values.

    Args:
        preset: name of a file in ``training/presets``, with or without the task's name before it.
        file: a YAML file.
        sets: ``key.key=value``, the value as YAML.
        flags: dotted key → value, as it is.

    Raises:
        ConfigError: with one sentence for each mistake, and the nearest valid key for unknown ones.
    """
    model = config_class(task)
    problems: list[str] = []
    sources = [(f"preset {preset}", _read_yaml(_preset_path(task, preset)))] if preset else []
    if file:
        sources.append((f"file {file}", _read_yaml(file)))
    sources += [("--set", _parse_set(text, problems)) for text in sets]
    sources += [("flag", nest(key, value)) for key, value in (flags or {}).items()]
    merged: Tree = {}
    origins: dict[str, str] = {}
    for name, tree in sources:
        _drop_other_length(merged, tree)
        merged = overlay(merged, tree)
        origins |= {key: name for key, _ in flatten(tree)}
    if merged.setdefault("task", task) != task:
        problems.append(f"task: the settings are for {merged['task']!r}, asked for is {task!r}")
    for block in ("data", "train", "optim", "runtime", "eval", task):
        merged.setdefault(block, {})
    _complete(model, merged)
    try:
        config = model.model_validate(merged)
    except ValidationError as error:
        raise ConfigError([*problems, *sentences(error, model)]) from error
    if problems:
        raise ConfigError(problems)
    return Resolved(config, {key: origins.get(key, "default") for key, _ in flatten(config.tree())})


def load_saved(path: Path) -> RunConfig:
    """The configuration that a run wrote to ``path``.

    Raises:
        ConfigError: the file is missing, or is not one of ours.
    """
    task = _read_yaml(path).get("task")
    if not isinstance(task, str):
        raise ConfigError(f"{path} names no task; it is not the config.yaml of a run")
    return load_config(task, file=path).config


def task_class(name: str) -> Any:
    """The class of a registered task.

    Raises:
        ConfigError: there is no such task.
    """
    if name not in TASKS:
        raise ConfigError(f"task {name!r} is unknown; choose one of {', '.join(sorted(TASKS))}")
    module, _, attribute = TASKS[name].partition(":")
    return getattr(importlib.import_module(module), attribute)


@functools.cache
def config_class(task: str) -> type[RunConfig]:
    """``RunConfig`` with the block of ``task``."""
    block: Any = (task_class(task).Config, ...)
    return create_model(f"{task.title()}RunConfig", __base__=RunConfig, **{task: block})


def diff_for_resume(old: RunConfig, new: RunConfig) -> list[str]:
    """The settings that keep ``new`` from going on with a run of ``old``: ``key: old → new``."""
    before, after = dict(flatten(old.tree())), dict(flatten(new.tree()))
    keys = [key for key in before | after if key not in MAY_CHANGE and before.get(key) != after.get(key)]
    return [f"{key}: {before.get(key)!r} → {after.get(key)!r}" for key in keys]


def flatten(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted key, value) of every leaf; an empty block is a leaf."""
    for key, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def nest(key: str, value: Any) -> Tree:
    """``a.b`` and a value as ``{"a": {"b": value}}``."""
    head, dot, rest = key.partition(".")
    return {head: nest(rest, value) if dot else value}


def overlay(old: Tree, new: Mapping[str, Any]) -> Tree:
    """``new`` over ``old``, block by block."""
    merged = {} if "kind" in new and new["kind"] != old.get("kind") else dict(old)
    for key, value in new.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), dict)
        merged[key] = overlay(merged[key], value) if both else value
    return merged


def _complete(model: type[BaseModel], tree: Tree) -> None:
    """Put the default of a block under the values that are given for it, so that its ``kind`` is known."""
    for name, field in model.model_fields.items():
        if isinstance(tree.get(name), dict):
            default = field.get_default(call_default_factory=True, validated_data={})
            if isinstance(default, BaseModel):
                tree[name] = overlay(default.model_dump(), tree[name])
            for block in blocks_of(field.annotation):
                _complete(block, tree[name])


def _drop_other_length(merged: Tree, new: Tree) -> None:
    """Of ``train.steps`` and ``train.epochs`` the later source's holds."""
    before, after = merged.get("train"), new.get("train")
    if isinstance(before, dict) and isinstance(after, dict) and ("steps" in after) != ("epochs" in after):
        before.pop("epochs" if "steps" in after else "steps", None)


def _preset_path(task: str, preset: str) -> Path:
    for name in (f"{task}-{preset}", preset):
        if (path := PRESETS / f"{name}.yaml").is_file():
            return path
    found = sorted(path.stem.removeprefix(f"{task}-") for path in PRESETS.glob(f"{task}-*.yaml"))
    raise ConfigError(f"task {task} has no preset {preset!r}; choose one of {', '.join(found) or 'none'}")


def _read_yaml(path: Path) -> Tree:
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}; give the path of a YAML file") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(tree, dict | None):
        raise ConfigError(f"{path} holds a {type(tree).__name__}, expected keys and values")
    return tree or {}


def _parse_set(text: str, problems: list[str]) -> Tree:
    key, equals, value = text.partition("=")
    try:
        if key and equals:
            return nest(key.strip(), yaml.safe_load(value))
        problems.append(f"--set {text!r} has no value; write --set key.key=value")
    except yaml.YAMLError:
        problems.append(f"--set {text!r}: the value is not YAML; quote it")
    return {}
