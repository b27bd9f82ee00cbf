"""``kgllm predict`` as users call it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

Kgllm = Callable[..., CompletedProcess[str]]
Fails = Callable[..., str]
Finished = Callable[[str], Path]
Answers = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def answers(finished: Finished, kgllm: Kgllm) -> Answers:
    run = finished("kge")

    def ask(*arguments: str) -> list[dict[str, Any]]:
        done = kgllm("predict", run, *arguments, "--json")
        assert (done.returncode, done.stderr) == (0, "")
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found

    return ask


def test_a_learned_fact_comes_first_in_both_directions(answers: Answers) -> None:
    tail = answers("--head", "São Paulo", "--relation", "lies in", "-k", "1")
    assert [(a["label"], a["name"], a["known"]) for a in tail] == [("br", "Brasil", "train")]
    heads = answers("--tail", "Brasil", "--relation", "lies in", "-k", "2")
    assert {a["name"] for a in heads} == {"São Paulo", "Rio de Janeiro"}


def test_names_labels_and_case_mean_the_same(answers: Answers) -> None:
    asked = [("ΑΘΉΝΑ", "LIES IN"), ("at", "in"), ("Αθήνα", "in")]
    first, *others = (answers("--head", head, "--relation", relation) for head, relation in asked)
    assert all(other == first for other in others)


def test_scores_fall_and_shares_add_up(answers: Answers) -> None:
    found = answers("--head", "北京市", "--relation", "lies in", "-k", "1000")
    assert len(found) == 14, "k may exceed the number of entities"
    scores = [a["score"] for a in found]
    assert scores == sorted(scores, reverse=True)
    assert sum(a["probability"] for a in found) == pytest.approx(1, abs=1e-5)


def test_new_leaves_out_what_the_data_set_holds(answers: Answers) -> None:
    everything = answers("--head", "上海市", "--relation", "lies in", "-k", "14")
    new = answers("--head", "上海市", "--relation", "lies in", "-k", "14", "--new")
    assert [a for a in everything if not a["known"]] == new
    assert [a["known"] for a in everything if a["known"]] == ["valid"]


def test_kon_answers_in_every_script(finished: Finished, kgllm: Kgllm) -> None:
    done = kgllm("predict", finished("kon"), "--tail", "中国", "--relation", "lies in", "-k", "14")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("(?, lies in, 中国)")
    assert all(name in done.stdout for name in ("São Paulo", "上海市", "Θεσσαλονίκη", "Türkiye"))


def test_wrong_calls_are_told_in_one_line(finished: Finished, fails: Fails, tmp_path: Path) -> None:
    run = finished("kge")
    ask = ("predict", run, "--relation", "lies in")
    assert "entity 'Sao Paolo' is unknown; did you mean São Paulo?" in fails(2, *ask, "--head", "Sao Paolo")
    assert "entity 'zzz' is unknown; give a name or label" in fails(2, *ask, "--head", "zzz")
    error = fails(2, "predict", run, "--relation", "lays in", "--head", "sp")
    assert "relation 'lays in' is unknown; did you mean lies in?" in error
    ambiguous = fails(2, *ask, "--head", "georgia")
    assert "entity 'georgia' is the name of 2; give one of the labels ga, ge" in ambiguous
    for both in ((), ("--head", "sp", "--tail", "br")):
        assert "give either --head (asks for the tail) or --tail" in fails(2, *ask, *both)
    assert "is no run (config.yaml is missing)" in fails(2, "predict", tmp_path, *ask[2:], "--head", "sp")
