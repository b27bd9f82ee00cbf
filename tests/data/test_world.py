"""The built-in graph: real facts, distinct names, a clean split, the same every time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kgllm.data import DataConfig, Dataset, entity_names, load_dataset, relation_names
from kgllm.data.audit import audit
from kgllm.data.world import build_world
from kgllm.errors import DataError


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return build_world(tmp_path_factory.mktemp("world") / "world")


def _facts(
    dataset: Dataset, splits: tuple[str, ...] = ("train", "valid", "test")
) -> set[tuple[str, str, str]]:
    names, relations = entity_names(dataset, DataConfig(name="world")), relation_names(dataset)
    return {(names[h], relations[r], names[t]) for s in splits for h, r, t in dataset.split(s).tolist()}


@pytest.mark.parametrize(
    "fact",
    [
        ("France", "has the official language", "French"),
        ("Germany", "pays with", "Euro"),
        ("Germany", "formerly paid with", "German Mark"),
        ("Berlin", "is located in", "Germany"),
        ("Germany", "is located in", "Europe"),
        ("Tokyo", "keeps the time", "Japan Time"),
        ("Russian", "is written in", "Cyrillic script"),
        ("Greece", "mainly writes in", "Greek script"),
        ("Akkadian", "is at home in", "Iraq"),
        ("Singapore (place)", "is located in", "Singapore"),
    ],
)
def test_it_holds_well_known_facts(world: Dataset, fact: tuple[str, str, str]) -> None:
    assert fact in _facts(world)


def test_it_is_large_enough_and_every_name_is_distinct(world: Dataset) -> None:
    assert len(world.all_triples) > 3_500
    assert len(world.relations) == 10
    names = entity_names(world, DataConfig(name="world"))
    assert len(set(names)) == len(names) == len(world.entities)
    assert all(name.strip() == name and name for name in names)


def test_the_audit_finds_nothing(world: Dataset) -> None:
    report = audit(world)
    assert report.findings == ()
    assert report.counts.entities_in_train == report.counts.entities
    total = sum(report.counts.rows.values())
    assert report.counts.rows["test"] == pytest.approx(0.1 * total, abs=1)
    assert report.counts.rows["valid"] == pytest.approx(0.1 * total, abs=1)


def test_every_relation_is_tested(world: Dataset) -> None:
    assert set(world.test[:, 1]) == set(world.valid[:, 1]) == set(range(len(world.relations)))


def test_load_builds_it_once_in_the_cache(world: Dataset, own_cache: Path) -> None:
    first = load_dataset("world")
    (manifest,) = own_cache.rglob("manifest.json")
    before = manifest.stat().st_mtime_ns
    second = load_dataset("world")
    assert manifest.stat().st_mtime_ns == before
    for split in ("train", "valid", "test"):
        np.testing.assert_array_equal(first.split(split), second.split(split))
        np.testing.assert_array_equal(first.split(split), world.split(split))
    assert entity_names(first, DataConfig(name="world")) == entity_names(world, DataConfig(name="world"))


def test_processes_that_build_at_once_do_not_disturb_each_other(own_cache: Path) -> None:
    script = "from kgllm.data import load_dataset; print(load_dataset('world').test.sum())"
    children = [
        subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    sums = {child.communicate()[0] for child in children}
    assert [child.returncode for child in children] == [0, 0, 0]
    assert len(sums) == 1
    assert len(list(own_cache.rglob("manifest.json"))) == 1


def test_it_does_not_overwrite_a_folder(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("keep me")
    with pytest.raises(DataError, match="mine exists already"):
        build_world(tmp_path / "mine")
    with pytest.raises(DataError, match="cannot write"):
        build_world(tmp_path / "mine" / "below")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
