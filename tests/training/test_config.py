from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Annotated, Literal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from kgllm.errors import CheckpointError, ConfigError
from kgllm.training import config as module
from kgllm.training.config import (
    MAY_CHANGE,
    Resolved,
    diff_for_resume,
    flatten,
    load_config,
    load_saved,
    nest,
    overlay,
    task_class,
)
from kgllm.training.config_errors import dotted_keys
from kgllm.training.run_folder import load_run, open_run
from kgllm.training.settings import Block, OptimConfig, RuntimeConfig, TrainConfig


class Small(Block):
    kind: Literal["small"] = "small"
    width: int = 8


class Large(Block):
    kind: Literal["large"] = "large"
    path: str
    rank: int | Literal["auto"] = "auto"


class ToyConfig(Block):
    lr: float = 0.01
    backbone: Annotated[Small | Large, Field(discriminator="kind")] = Small()


class ToyTask:
    Config = ToyConfig


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The task ``toy``, and a folder of presets of our own."""
    fake = ModuleType("fake_tasks")
    fake.ToyTask = ToyTask  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "fake_tasks", fake)
    monkeypatch.setitem(module.TASKS, "toy", "fake_tasks:ToyTask")
    presets = tmp_path / "presets"
    presets.mkdir()
    (presets / "toy-tiny.yaml").write_text(
        "train: {epochs: 3, log_every: 7}\ntoy: {lr: 1e-4}\ndata: {name: umls}\n"
    )
    monkeypatch.setattr(module, "PRESETS", presets)


def load(*sets: str) -> Resolved:
    return load_config("toy", sets=["data.name=umls", *sets])


def test_sources_override_each_other_and_are_remembered(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("train:\n  log_every: 9\n  micro_batch: 4\nseed: 5\n")
    sets = ["train.micro_batch=16", "optim.betas=[0.9, 0.98]"]
    found = load_config("toy", preset="tiny", file=file, sets=sets, flags={"out": "runs/a"})
    config, origins = found.config, found.origins
    assert (config.train.epochs, config.train.log_every, config.train.micro_batch) == (3, 9, 16)
    assert config.optim.betas == (0.9, 0.98)
    assert config.block.lr == 0.0001
    assert config.out == Path("runs/a")
    expected = {
        "train.epochs": "preset tiny", "train.log_every": f"file {file}", "train.micro_batch": "--set",
        "seed": f"file {file}", "out": "flag", "train.accumulate": "default", "toy.lr": "preset tiny",
    }  # fmt: skip
    assert {key: origins[key] for key in expected} == expected
    assert set(origins) == {key for key, _ in flatten(config.tree())}


@pytest.mark.parametrize("text", ["1e-4", "1.0e-4", "0.0001", "1E-4"])
def test_numbers_in_scientific_notation_are_numbers(text: str) -> None:
    assert load("train.steps=1", f"toy.lr={text}").config.block.lr == 0.0001


def test_all_mistakes_come_at_once_with_the_nearest_key() -> None:
    with pytest.raises(ConfigError) as error:
        load_config(
            "toy",
            sets=[
                "train.stpes=3",
                "toy.lr=fast",
                "flavour=1",
                "optim.schedule=kosine",
                "steps",
                "runtime.threads=0",
            ],
        )
    problems = "\n".join(error.value.problems)
    assert "--set 'steps' has no value; write --set key.key=value" in problems
    assert "data.name: is required; set it with --set data.name=…" in problems
    assert "train.stpes: is no setting; did you mean train.steps?" in problems
    assert (
        "optim.schedule: input should be 'constant', 'linear', 'cosine' or 'wsd', found 'kosine'" in problems
    )
    assert "runtime.threads: input should be greater than or equal to 1, found 0" in problems
    assert "toy.lr: input should be a valid number" in problems
    assert "flavour: is no setting" in problems
    assert len(error.value.problems) == 7
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("sets", "message"),
    [
        ([], "train: give train.steps or train.epochs, found neither"),
        (["train={steps: 1, epochs: 1}"], "train: give train.steps or train.epochs, found both"),
        (
            ["train.steps=1", "toy.backbone.widht=3"],
            r"toy\.backbone\.widht: is no setting; did you mean toy\.backbone\.width\?",
        ),
        (["train.steps=1", "width=3"], r"width: is no setting; did you mean toy\.backbone\.width\?"),
        (["train.steps=1", "toy.backbone.kind=large"], r"toy\.backbone\.path: is required"),
        (
            ["train.steps=1", "toy.backbone={kind: large, path: a, rank: b}"],
            r"toy\.backbone\.rank: .* found 'b'",
        ),
        (["train.steps=1", "toy.backbone.kind=huge"], r"toy\.backbone: .*'small', 'large'"),
        (["train.steps=1", "toy=3"], r"toy: input should be a valid dictionary"),
        (["train.steps=1", "task=kge"], r"task: the settings are for 'kge', asked for is 'toy'"),
        (["train.steps=1", "toy.lr={"], r"--set 'toy\.lr=\{': the value is not YAML; quote it"),
    ],
)
def test_mistakes_name_the_key(sets: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load(*sets)


def test_the_later_of_steps_and_epochs_holds(tmp_path: Path) -> None:
    assert load_config("toy", preset="tiny", sets=["train.steps=5"]).config.train.epochs is None
    file = tmp_path / "a.yaml"
    file.write_text("train: {steps: 5}\ndata: {name: umls}")
    assert load_config("toy", file=file, sets=["train.epochs=2"]).config.train.steps is None


def test_another_kind_forgets_the_settings_of_the_first() -> None:
    config = load(
        "train.steps=1", "toy.backbone={kind: small, width: 3}", "toy.backbone={kind: large, path: x}"
    ).config
    assert config.block.backbone == Large(path="x")


def test_unknown_tasks_and_presets_list_the_known() -> None:
    with pytest.raises(ConfigError, match=r"task 'kno' is unknown; choose one of .*toy"):
        task_class("kno")
    with pytest.raises(ConfigError, match=r"task toy has no preset 'huge'; choose one of tiny"):
        load_config("toy", preset="huge")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: [1", "is not YAML"),
        ("- 1", "holds a list, expected keys and values"),
        (None, "cannot be read: No such file"),
    ],
)
def test_unreadable_files_are_named(tmp_path: Path, content: str | None, message: str) -> None:
    file = tmp_path / "a.yaml"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigError, match=rf"a\.yaml {message}"):
        load_config("toy", file=file)


def test_resume_may_change_cadence_but_no_mathematics() -> None:
    old = load("train.steps=10").config
    free = [
        "train.steps=20",
        "train.eval_every=3",
        "train.log_every=1",
        "train.micro_batch=16",
        "train.accumulate=2",
    ]
    new = load(*free, "runtime.threads=1", "train.keep_last=3").config
    assert diff_for_resume(old, new) == []
    assert old.identity() == new.identity()
    other = load("train.steps=10", "toy.lr=0.5", "seed=3").config
    assert diff_for_resume(old, other) == ["seed: 0 → 3", "toy.lr: 0.01 → 0.5"]
    assert old.identity() != other.identity()


def test_what_may_change_exists() -> None:
    assert set(dotted_keys(module.config_class("toy"))) >= MAY_CHANGE


def test_the_resolved_settings_load_again(tmp_path: Path) -> None:
    config = load("train.epochs=2.5", "toy.backbone={kind: large, path: ü, rank: 3}").config
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(config.tree(), allow_unicode=True))
    assert load_saved(path) == config
    assert load_saved(path).identity() == config.identity()
    (tmp_path / "other.yaml").write_text("a: 1")
    with pytest.raises(ConfigError, match="names no task"):
        load_saved(tmp_path / "other.yaml")


def test_a_run_folder_holds_settings_and_environment(tmp_path: Path) -> None:
    run = tmp_path / "run"
    open_run(run, load("train.steps=10"))
    assert load_run(run) == load("train.steps=10").config
    environment = json.loads((run / "environment.json").read_text())
    assert environment["identity"] == load("train.steps=99").config.identity()
    assert environment["packages"]["torch"]
    with pytest.raises(
        CheckpointError, match=r"holds a run; pass --resume to go on with it, or another --out"
    ):
        open_run(run, load("train.steps=10"))
    open_run(run, load("train.steps=20"), resume=True)
    assert load_run(run).train.steps == 20
    with pytest.raises(CheckpointError, match=r"other settings: toy\.lr: 0\.01 → 0\.5; take these back"):
        open_run(run, load("train.steps=20", "toy.lr=0.5"), resume=True)


def test_there_are_few_options_and_each_is_described() -> None:
    blocks: list[type[BaseModel]] = [TrainConfig, OptimConfig, RuntimeConfig]
    fields = [(name, field) for block in blocks for name, field in block.model_fields.items()]
    assert len(fields) <= 45
    assert all(field.description for _, field in fields)


leaves = st.integers() | st.text(max_size=3) | st.none()
names = st.sampled_from(["a", "b", "c"])
trees = st.recursive(
    st.dictionaries(names, leaves), lambda t: st.dictionaries(names, t | leaves), max_leaves=8
)


@given(trees, trees)
def test_overlay_keeps_every_leaf_of_the_new_and_nothing_unknown(
    old: dict[str, object], new: dict[str, object]
) -> None:
    merged = overlay(old, new)
    found = dict(flatten(merged))
    for key, value in flatten(new):
        assert found.get(key, value) == value
    assert overlay(merged, new) == merged
    assert overlay({}, new) == new
    assert overlay(old, {}) == old


@given(st.lists(names, min_size=1), leaves)
def test_nest_and_flatten_are_inverse(path: list[str], value: object) -> None:
    assert list(flatten(nest(".".join(path), value))) == [(".".join(path), value)]
