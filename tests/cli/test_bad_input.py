"""Wrong input ends in one line that says what was found and what to do, and leaves nothing behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from safetensors.torch import load_file, save_file

Kgllm = Callable[..., CompletedProcess[str]]
Fails = Callable[..., str]
Graph = Callable[..., Path]
Finished = Callable[[str], Path]
Small = dict[str, tuple[str, ...]]

NAMES = "sp\tSão Paulo\nrj\tRio\nbr\tBrasil\nbj\t北京市\nsh\t上海市\ncn\t中国\nat\tΑθήνα\nth\tΘ\ngr\tΕλλάδα\n"

Files = dict[str, str | bytes | None]

BAD_FILES: dict[str, tuple[Files, str, str]] = {
    "missing file": ({"train": None}, "places has no train.txt", "put the training triples there"),
    "no test": ({"test": None}, "has valid but no test triples", "add test.txt"),
    "wrong column count": ({"train": "a\tin\tb\nb in\tc\n"}, "train.txt:2: found 2 columns", "in 'b in\\tc'"),
    "empty column": (
        {"train": "a\tin\t\n"},
        "train.txt:1: a column is empty",
        "give head, relation and tail",
    ),
    "not UTF-8": ({"train": b"a\tin\tb\nb\tin\t\xff\n"}, "train.txt:2: byte 0xff is not UTF-8", "iconv"),
    "empty split": ({"valid": ""}, "the valid split is empty", "fetch it again or remove it"),
    "unknown relation": ({"test": "sp\tnear\trj\n"}, "relation 'near' of test is never in train", "spelling"),
    "leak": ({"test": "sp\tin\tbr\n"}, "triples of test that are in train: 1 of 1", "data.audit=warn"),
    "nameless": (
        {"entity2text": NAMES},
        "5 of 14 entities have no name, the first is 'ga'",
        "missing_names=id",
    ),
    "two names": ({"entity2text": "sp\tA\nsp\tB\n"}, "entity2text.txt:2: 'sp' has two different", "keep one"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_files_name_the_place_and_the_remedy(
    case: str, graph: Graph, fails: Fails, small: Small, tmp_path: Path
) -> None:
    changes, found, remedy = BAD_FILES[case]
    error = fails(1, "train", *small["kon"], "--data", graph(**changes), "--out", tmp_path / "run")
    assert found in error
    assert remedy in error
    assert not (tmp_path / "run").exists()


def test_duplicate_names_are_refused_until_a_policy_is_chosen(
    graph: Graph, fails: Fails, kgllm: Kgllm, small: Small, tmp_path: Path
) -> None:
    data, run = graph(), tmp_path / "run"
    command = ("train", *small["kon"], "--data", data, "--out", run)
    error = fails(1, *command, "--set", "data.duplicate_names=error")
    assert "2 entities share their name with another, e.g. 'Georgia' names 2" in error
    assert "--set data.duplicate_names=number" in error
    assert not run.exists()
    assert kgllm(*command).returncode == 0, "the failed try is not in the way"


BAD_SETTINGS = {
    "unknown task": (("--task", "kan"), "task 'kan' is unknown; choose one of kge, kon"),
    "wrong preset": (("--preset", "huge"), "task kon has no preset 'huge'; choose one of "),
    "unknown key": (("--set", "train.stepps=3"), "train.stepps: is no setting; did you mean train.steps?"),
    "bad value": (("--set", "kon.lr=fast"), "kon.lr: input should be a valid number"),
    "no value": (("--set", "kon.lr"), "--set 'kon.lr' has no value; write --set key.key=value"),
    "no file": (("--config", "none.yaml"), "none.yaml cannot be read: No such file"),
    "template": (("--set", "kon.template=long"), "prompt template 'long' does not exist; choose one of"),
    "no model": (
        ("--set", "kon.backbone={kind: hf, path: nowhere}"),
        "path nowhere has no config.json; give a Hugging",
    ),
    "vocabulary": (("--set", "kon.backbone.vocab_size=10"), "greater than or equal to 262, found 10"),
    "no run": (("--resume",), "is no run (config.yaml is missing); give a folder that kgllm train wrote"),
}


@pytest.mark.parametrize("case", BAD_SETTINGS)
def test_wrong_settings_are_wrong_usage(case: str, graph: Graph, fails: Fails, tmp_path: Path) -> None:
    options, found = BAD_SETTINGS[case]
    places = ("--data", graph(), "--set", "data.duplicate_names=keep")
    error = fails(2, "train", *places, "--out", tmp_path / "run", *options)
    assert error.startswith("error: ConfigError: ")
    assert found in error
    assert not (tmp_path / "run").exists()


def test_all_wrong_settings_are_told_at_once(graph: Graph, fails: Fails) -> None:
    error = fails(
        2, "train", "--data", graph(), "--set", "train.stepps=3", "--set", "kon.lr=-1", "--set", "x"
    )
    assert all(text in error for text in ("train.stepps: is no setting", "kon.lr: input should", "--set 'x'"))


def test_unknown_data_sets_are_told_with_near_names(fails: Fails, tmp_path: Path) -> None:
    error = fails(1, "train", "--data", "uml", "--out", tmp_path / "run")
    assert (
        "'uml' is neither a folder nor a set of the catalogue; did you mean umls? see kgllm data list"
        in error
    )
    assert "give --data NAME" in fails(2, "train")


def test_a_config_that_is_not_yaml(graph: Graph, fails: Fails, tmp_path: Path) -> None:
    command = ("train", "--data", graph(), "--config", tmp_path / "a.yaml")
    (tmp_path / "a.yaml").write_text("train: [1,\n")
    assert "a.yaml is not YAML" in fails(2, *command)
    (tmp_path / "a.yaml").write_text("- 1\n")
    assert "holds a list, expected keys and values" in fails(2, *command)


@pytest.mark.parametrize("K", [0, 1])
def test_k_too_small(K: int, graph: Graph, fails: Fails, small: Small, tmp_path: Path) -> None:
    labels = "sp rj br bj sh cn at th gr tb ge ga us tr".split()  # noqa: SIM905
    names = "".join(f"{label}\tplace number {label}\n" for label in labels)
    command = ("train", *small["kon"], "--data", graph(entity2text=names), "--out", tmp_path / "run")
    error = fails(1, *command, "--set", f"kon.head.K={K}")
    found = "K=0 is not a number of tokens" if K == 0 else "K=1 is too small: 100.0% of 14 entities share"
    assert error.startswith(f"error: VocabError: {found}")
    assert "use K=auto or K >= " in error
    assert not (tmp_path / "run").exists()


def test_a_batch_that_is_larger_than_the_data(
    graph: Graph, fails: Fails, small: Small, tmp_path: Path
) -> None:
    command = ("train", *small["kge"], "--data", graph(), "--out", tmp_path / "run")
    error = fails(1, *command, "--set", "train.micro_batch=64")
    assert "20 training items are fewer than one global batch of 64" in error
    assert "lower one of them" in error


def test_training_that_diverges_ends_and_frees_the_folder(
    graph: Graph, fails: Fails, kgllm: Kgllm, small: Small, tmp_path: Path
) -> None:
    command = ("train", *small["kge"], "--data", graph(), "--out", tmp_path / "run")
    error = fails(1, *command, "--set", "kge.init=1e30", "--set", "kge.lr=1e38")
    assert error.startswith("error: TrainingError: 50 steps had no finite loss and gradient")
    assert "lower the rates" in error
    assert kgllm(*command).returncode == 0


@pytest.mark.parametrize("verb", [("evaluate",), ("predict", "--relation", "in", "--head", "sp")])
def test_scores_that_are_nan_have_no_ranks(verb: tuple[str, ...], finished: Finished, fails: Fails) -> None:
    run = finished("kge")
    weights = load_file(run / "model/model.safetensors")
    next(iter(weights.values())).fill_(float("nan"))
    save_file(weights, run / "model/model.safetensors")
    assert "ScoreError: the score of entity 0 for query 0" in fails(1, *verb, run)


@pytest.mark.parametrize("verb", [("evaluate",), ("predict", "--relation", "in", "--head", "sp")])
def test_a_model_with_another_tokenizer(verb: tuple[str, ...], finished: Finished, fails: Fails) -> None:
    run = finished("kon")
    _swap_two_tokens(run / "model/backbone/tokenizer.json")
    error = fails(1, *verb, run)
    assert error.startswith(f"error: TokenizerMismatchError: {run}/model was made with another tokenizer")
    assert "restore that tokenizer or train again" in error


def test_a_checkpoint_with_another_tokenizer(finished: Finished, fails: Fails) -> None:
    run = finished("kon")
    (state,) = run.glob("checkpoints/*/state.json")
    text = state.read_text()
    found = json.loads(text)
    state.write_text(text.replace(found["task"]["tokenizer_sha256"], "0" * 64))
    error = fails(1, "train", "--resume", "--out", run, "--set", "train.steps=4")
    assert (
        "TokenizerMismatchError: the checkpoint was made with another tokenizer (sha256 000000000000…"
        in error
    )


def test_a_torn_model(finished: Finished, fails: Fails) -> None:
    run = finished("kge")
    (run / "model/model.safetensors").write_bytes(b"torn")
    assert "model.safetensors cannot be read" in fails(1, "evaluate", run)
    (run / "model/model.json").unlink()
    assert "holds no model.json" in fails(1, "evaluate", run)


def test_a_run_folder_that_cannot_be_written(
    graph: Graph, fails: Fails, small: Small, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    error = fails(2, "train", *small["kge"], "--data", graph(), "--out", tmp_path / "file")
    assert "file cannot be written (File exists); choose another with --out" in error


def _swap_two_tokens(path: Path) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    vocab = content["model"]["vocab"]
    first, second = list(vocab)[20:22]
    vocab[first], vocab[second] = vocab[second], vocab[first]
    path.write_text(json.dumps(content), encoding="utf-8")
