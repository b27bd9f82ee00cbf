"""``kgllm evaluate`` as users call it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

Kgllm = Callable[..., CompletedProcess[str]]
Fails = Callable[..., str]
Finished = Callable[[str], Path]


@pytest.mark.parametrize("task", ["kge", "kon"])
def test_ranking_again_gives_what_training_wrote(task: str, finished: Finished, kgllm: Kgllm) -> None:
    run = finished(task)
    written = json.loads((run / "metrics.json").read_text())
    ranks = (run / "ranks.jsonl").read_bytes()
    done = kgllm("evaluate", run, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["metrics"] == written["metrics"]
    assert found["controls"].keys() == {"random", "frequency"}
    assert (run / "ranks.jsonl").read_bytes() == ranks


def test_another_split_gets_a_folder_of_its_own(finished: Finished, kgllm: Kgllm) -> None:
    run = finished("kge")
    before = (run / "metrics.json").read_bytes()
    done = kgllm("evaluate", run, "--split", "valid", "--json")
    assert json.loads(done.stdout)["protocol"]["split"] == "valid"
    assert (run / "valid" / "ranks.jsonl").read_text().count("\n") == 2
    assert (run / "metrics.json").read_bytes() == before


def test_set_changes_the_protocol_for_this_call(finished: Finished, kgllm: Kgllm) -> None:
    run = finished("kge")
    raw = json.loads(kgllm("evaluate", run, "--split", "train", "--set", "eval.filter=[]", "--json").stdout)
    filtered = json.loads(kgllm("evaluate", run, "--split", "train", "--json").stdout)
    assert (raw["protocol"]["filter"], filtered["protocol"]["filter"]) == ([], ["train", "valid", "test"])
    mrr = "train/both.realistic.mrr"
    assert raw["metrics"][mrr] < filtered["metrics"][mrr]
    one_side = json.loads(kgllm("evaluate", run, "--set", "eval.sides=tail", "--json").stdout)
    assert not [name for name in one_side["metrics"] if "/head" in name or "/both" in name]


def test_the_table_has_sides_and_controls(finished: Finished, kgllm: Kgllm) -> None:
    shown = kgllm("evaluate", finished("kge")).stdout
    assert " ".join(shown.split()).startswith(
        "places test, complex, 16 reals per entity: realistic ranks among 14"
    )
    first = [line.split()[0] for line in shown.splitlines()[-5:]]
    assert first == ["both", "tail", "head", "random", "frequency"]


def test_wrong_calls_are_told_in_one_line(finished: Finished, fails: Fails, tmp_path: Path) -> None:
    run = finished("kge")
    assert "is no run (config.yaml is missing); give a folder that kgllm train wrote" in fails(
        2, "evaluate", tmp_path
    )
    assert "--split 'dev' is not one of train, valid, test" in fails(2, "evaluate", run, "--split", "dev")
    assert "eval.tie: is no setting; did you mean eval.ties?" in fails(
        2, "evaluate", run, "--set", "eval.tie=1"
    )
    error = fails(2, "evaluate", run, "--set", "train.steps=1")
    assert "--set 'train.steps=1' is no setting of the protocol; use eval." in error


def test_a_run_whose_data_changed_is_refused(finished: Finished, fails: Fails, tmp_path: Path) -> None:
    run = finished("kge")
    (tmp_path / "other").mkdir()
    for name, text in {"train": "a\tin\tb\nb\tin\tc\n", "valid": "a\tin\tc\n", "test": "c\tin\ta\n"}.items():
        (tmp_path / "other" / f"{name}.txt").write_text(text)
    config = run / "config.yaml"
    data = next(line for line in config.read_text().splitlines() if line.startswith("  name: "))
    config.write_text(config.read_text().replace(data, f"  name: {tmp_path / 'other'}"))
    error = fails(1, "evaluate", run)
    assert "was trained on other entities (14 of them; other now has 3, or another order)" in error
    assert "restore the data or train again" in error
    config.write_text(config.read_text().replace("other", "gone"))
    assert "gone' is neither a folder nor a set of the catalogue" in fails(1, "evaluate", run)
