"""What a task exports gives the same scores, bit by bit, or an error that says what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from kgllm.errors import CheckpointError, KgllmError, TokenizerMismatchError
from kgllm.heads.model import KonModel
from kgllm.heads.pretrained import load_pretrained
from kgllm.lm.tokenizer import train_bpe
from kgllm.training.link_data import query_tensors
from kgllm.training.random_state import undisturbed
from kgllm.training.weights import load_model

Train = Callable[..., Any]
ENCODER = "kon.backbone={kind: encoder, tune: lora, lora: {targets: [query], dropout: 0}}"
SETS: dict[str, list[str]] = {
    "kge-complex": [],
    "kge-rotate": [],
    "kon": [],
    "kon-lora": [],
    "kon-frozen": [ENCODER, "kon.template=question"],
}


def scores(task: Any, model: Any) -> Tensor:
    with undisturbed(model):
        encoded = model.encode(query_tensors(task.data.train.queries))
        found: Tensor = model.score(encoded, 0, model.num_entities)
    return found


@pytest.fixture(scope="module")
def exported(train: Train, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Any, Path]]:
    """A trained task of a variant, and the folder it was exported to."""
    done: dict[str, tuple[Any, Path]] = {}

    def get(variant: str) -> tuple[Any, Path]:
        if variant not in done:
            folder = tmp_path_factory.mktemp(variant)
            task, _ = train(folder / "run", variant, [*SETS[variant], "train.steps=3"])
            task.export(folder / "model")
            done[variant] = (task, folder / "model")
        return done[variant]

    return get


@pytest.mark.parametrize("variant", SETS)
def test_t30_scores_come_back_bit_by_bit(exported: Callable[[str], Any], variant: str) -> None:
    task, folder = exported(variant)
    loaded: Any = load_pretrained(folder)
    assert not loaded.training
    assert torch.equal(scores(task, task.model), scores(task, loaded))
    if variant.startswith("kon"):
        assert torch.equal(loaded.head.alpha, task.model.head.alpha)
        assert loaded.vocab.names == task.model.vocab.names
        assert loaded.backbone.tokenizer.fingerprint == task.model.backbone.tokenizer.fingerprint


def test_t30_another_tokenizer_is_refused(exported: Callable[[str], Any]) -> None:
    task, folder = exported("kon")
    KonModel.from_pretrained(folder, task.model.backbone.tokenizer)
    with pytest.raises(TokenizerMismatchError, match=r"made with another tokenizer .*; restore"):
        KonModel.from_pretrained(folder, train_bpe(["something", "else"], 270))


def test_t30_a_checkpoint_of_another_k_is_refused(train: Train, build: Train, tmp_path: Path) -> None:
    train(tmp_path, "kon", ["train.steps=1"])
    other = build("kon", "kon.head.K=5")
    with pytest.raises(CheckpointError, match=r"is of another model: head\..* has shape"):
        load_model(other, tmp_path / "checkpoints" / "step_00000001")


def copy(folder: Path, target: Path) -> Path:
    for file in (path for path in folder.rglob("*") if path.is_file()):
        place = target / file.relative_to(folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.read_bytes())
    return target


def outcome(task: Any, folder: Path) -> Tensor | str:
    """Scores of the model in ``folder``, or what is wrong with it."""
    try:
        return scores(task, load_pretrained(folder))
    except KgllmError as error:
        return str(error)


@pytest.mark.parametrize("variant", ["kge-complex", "kon", "kon-lora"])
def test_t30_torn_and_missing_files_are_named(
    exported: Callable[[str], Any], tmp_path: Path, variant: str
) -> None:
    """Each file of the folder in turn, gone and cut short: an error of ours, or the very same scores."""
    task, folder = exported(variant)
    expected = scores(task, task.model)
    for file in sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file()):
        for name in ("gone", "torn"):
            damaged = copy(folder, tmp_path / name / str(file).replace("/", "_"))
            content = (damaged / file).read_bytes()
            (damaged / file).unlink()
            if name == "torn":
                (damaged / file).write_bytes(content[: len(content) // 2])
            found = outcome(task, damaged)
            if isinstance(found, Tensor):
                assert torch.equal(found, expected), f"{file} {name}"
            else:
                assert "\n" not in found, f"{file} {name}"


def test_t30_head_and_settings_must_fit(exported: Callable[[str], Any], tmp_path: Path) -> None:
    folder = copy(exported("kon")[1], tmp_path)
    info = json.loads((folder / "model.json").read_text())
    info["head"]["score_rank"] = 3
    (folder / "model.json").write_text(json.dumps(info))
    with pytest.raises(CheckpointError, match=r"head and settings do not fit"):
        load_pretrained(folder)
    info["kind"] = "other"
    (folder / "model.json").write_text(json.dumps(info))
    with pytest.raises(CheckpointError, match=r"kind 'other'; known kinds are kge, kon"):
        load_pretrained(folder)


def test_the_selected_checkpoint_is_what_is_exported(build: Train, exported: Callable[[str], Any]) -> None:
    """A checkpoint without the frozen weights fills a new task completely."""
    task, folder = exported("kon-lora")
    fresh = build("kon-lora")
    load_model(fresh, folder.parent / "run" / "checkpoints" / "step_00000003")
    assert torch.equal(scores(task, fresh.model), scores(task, task.model))
    saved = {name for name in task.trainable_state() if name.startswith("backbone.")}
    assert saved
    assert all("lora_" in name for name in saved)
