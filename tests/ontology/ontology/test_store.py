"""Ontologies in a folder: equal when opened again, whole after any kill, honest about damage."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from kgllm.errors import NotFoundError, StoreBusyError, StoreCorruptError, StoreError
from kgllm.ontology import store
from kgllm.ontology.builder import Builder
from kgllm.ontology.issues import Issue, Issues, Rule
from kgllm.ontology.load import load
from kgllm.ontology.ontology import Ontology
from kgllm.ontology.tables import Origin, Role, Tables, columns


def assert_equal(first: Tables, second: Tables) -> None:
    for part in store.PARTS:
        pairs = [columns(getattr(tables, part)) for tables in (first, second)]
        assert pairs[0].keys() == pairs[1].keys()
        for name, array in pairs[0].items():
            assert array.dtype == pairs[1][name].dtype
            np.testing.assert_array_equal(array, pairs[1][name])
    assert first.ids.texts(np.arange(len(first.ids))) == second.ids.texts(np.arange(len(second.ids)))
    for name in ("origin", "languages", "dialects", "schemes"):
        assert getattr(first, name) == getattr(second, name)


def one_concept(name: str) -> Ontology:
    builder = Builder(Origin(name, "obo"), "x.obo", Issues())
    builder.draft("A:1").terms.append((Role.LABEL, name, ""))
    return Ontology(builder.finish())


def test_every_table_is_saved() -> None:
    plain = {"origin", "ids", "languages", "dialects", "schemes"}
    assert {one.name for one in fields(Tables)} == plain | set(store.PARTS)


def test_save_and_open(tables: Tables, tmp_path: Path) -> None:
    issues = Issues("report")
    rule = Rule("odd", True, "an odd line", "make it even")
    for line in range(50):
        issues.add(Issue(rule, "weather.obo", line + 1, text="x"))
    Ontology(tables, issues).save(tmp_path / "weather")
    opened = Ontology.open(tmp_path / "weather")
    assert_equal(tables, opened.tables)
    assert opened.issues.counts == issues.counts
    assert [str(issue) for issue in opened.issues.samples("odd")] == [
        str(issue) for issue in issues.samples("odd")
    ]
    assert opened.search("drizz")[0].id == "W:5"
    store.verify(tmp_path / "weather")


def test_rf2_survives(data_root: Callable[[str], Path], tmp_path: Path) -> None:
    release = load(data_root("rf2-doid"), on_error="report")
    release.save(tmp_path)
    opened = Ontology.open(tmp_path)
    assert_equal(release.tables, opened.tables)
    assert opened.issues.counts == release.issues.counts
    (root,) = opened.roots()
    assert json.loads(json.dumps(opened.concept(root).to_json()))["id"] == root


def test_the_index_and_the_content_lie_beside_the_store(tables: Tables, tmp_path: Path) -> None:
    Ontology(tables).save(tmp_path)
    first = Ontology.open(tmp_path)
    first.search("rain")
    first.similarity("W:2", "W:5")
    kinds = {path.name.partition("-")[0] for path in tmp_path.glob("*.arrays")}
    assert kinds == {"ontology", "search", "content"}
    Ontology.open(tmp_path).save(tmp_path)  # the same content: they stay
    assert len([*tmp_path.glob("*.arrays")]) == 3
    one_concept("new").save(tmp_path)
    assert len([*tmp_path.glob("*.arrays")]) == 1
    assert Ontology.open(tmp_path).search("new")[0].id == "A:1"


def test_a_damaged_index_is_made_anew(tables: Tables, tmp_path: Path) -> None:
    Ontology(tables).save(tmp_path)
    Ontology.open(tmp_path).search("rain")
    (index,) = tmp_path.glob("search-*")
    index.write_bytes(b"torn")
    assert Ontology.open(tmp_path).search("rain")[0].id == "W:2"


def test_whoever_has_it_open_keeps_what_they_opened(tables: Tables, tmp_path: Path) -> None:
    Ontology(tables).save(tmp_path)
    before = Ontology.open(tmp_path)
    one_concept("new").save(tmp_path)
    assert before.label("W:2") == "rain"
    assert Ontology.open(tmp_path).label("A:1") == "new"


def test_a_save_between_two_reads_of_an_opener(
    tables: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Ontology(tables).save(tmp_path)
    read = store.open_arrays

    def late(path: Path, kind: str, stamp: str) -> object:
        monkeypatch.setattr(store, "open_arrays", read)
        one_concept("new").save(tmp_path)
        return read(path, kind, stamp)

    monkeypatch.setattr(store, "open_arrays", late)
    assert Ontology.open(tmp_path).label("A:1") == "new"


def test_equal_content_has_an_equal_hash(tables: Tables, tmp_path: Path) -> None:
    first = store.save(tables, Issues(), tmp_path / "a")
    second = store.save(tables, Issues(), tmp_path / "b")
    other = store.save(replace(tables, origin=Origin("Other", "obo")), Issues(), tmp_path / "c")
    assert first.hash == second.hash != other.hash


def test_licensed_content_carries_a_notice(tables: Tables, tmp_path: Path) -> None:
    licensed = replace(tables, origin=Origin("Weather", "rf2", licensed=True))
    Ontology(licensed).save(tmp_path)
    assert "Weather" in (tmp_path / "LICENSE-NOTICE").read_text()
    assert Ontology.open(tmp_path).tables.origin.licensed
    Ontology(tables).save(tmp_path)
    assert not (tmp_path / "LICENSE-NOTICE").exists()


def test_two_writers(tables: Tables, tmp_path: Path) -> None:
    with store.writing(tmp_path), pytest.raises(StoreBusyError, match="somebody else writes"):
        Ontology(tables).save(tmp_path)


def test_a_folder_with_something_else(tables: Tables, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(StoreError, match=r"holds 'thesis.tex'"):
        Ontology(tables).save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="there is no ontology in"):
        Ontology.open(tmp_path)


@pytest.mark.parametrize("damage", ["{", "[]", "{}", '{"format": 1}', '{"format": 99}'])
def test_damaged_meta(tables: Tables, tmp_path: Path, damage: str) -> None:
    Ontology(tables).save(tmp_path)
    (tmp_path / "meta.json").write_text(damage)
    with pytest.raises(StoreCorruptError, match="anew"):
        Ontology.open(tmp_path)


@pytest.mark.parametrize("where", ["missing", "cut", "header", "body"])
def test_damaged_arrays(tables: Tables, tmp_path: Path, where: str) -> None:
    Ontology(tables).save(tmp_path)
    (arrays,) = tmp_path.glob("ontology-*.arrays")
    content = bytearray(arrays.read_bytes())
    if where == "missing":
        arrays.unlink()
    elif where == "cut":
        arrays.write_bytes(content[:-1])
    else:
        content[20 if where == "header" else content.rindex(b"rain")] ^= 1
        arrays.write_bytes(content)
    with pytest.raises(StoreCorruptError):
        store.verify(tmp_path) if where == "body" else Ontology.open(tmp_path)


KILLED = """
import os, signal, sys
from pathlib import Path
from kgllm.ontology.builder import Builder
from kgllm.ontology.issues import Issues
from kgllm.ontology.ontology import Ontology
from kgllm.ontology.tables import Origin, Role

def named(name):
    builder = Builder(Origin(name, "obo"), "x.obo", Issues())
    builder.draft("A:1").terms.append((Role.LABEL, name, ""))
    return Ontology(builder.finish())

left = 0

def counted(call):
    def instead(*arguments, **options):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*arguments, **options)
    return instead

os.fsync, os.replace, os.unlink = map(counted, (os.fsync, os.replace, os.unlink))
Path.replace, Path.unlink = map(counted, (Path.replace, Path.unlink))
root, steps = Path(sys.argv[1]), int(sys.argv[2])
for step in range(1, steps + 1):
    folder = root / str(step)
    named("old").save(folder)
    child = os.fork()
    if child == 0:
        left = step
        named("new").save(folder)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print("killed" if os.WIFSIGNALED(status) else "done", flush=True)
"""
STEPS = 30


def test_kills_at_every_step_of_a_save(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-c", KILLED, str(tmp_path), str(STEPS)]
    ends = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert ends[0] == "killed"
    assert ends[-1] == "done"  # so every step was tried
    seen = set()
    for step in range(1, STEPS + 1):
        folder = tmp_path / str(step)
        seen.add(Ontology.open(folder).label("A:1"))
        store.verify(folder)
        one_concept("newest").save(folder)
        assert Ontology.open(folder).label("A:1") == "newest"
        assert sorted(path.name.partition("-")[0] for path in folder.iterdir()) == ["meta.json", "ontology"]
    assert seen == {"old", "new"}


def test_a_kill_in_the_first_save_leaves_a_folder_for_the_next(tmp_path: Path) -> None:
    script = KILLED.replace('named("old").save(folder)', "folder.mkdir()")
    command = [sys.executable, "-W", "ignore", "-c", script, str(tmp_path), "4"]
    subprocess.run(command, capture_output=True, check=True)
    for step in range(1, 5):
        one_concept("again").save(tmp_path / str(step))
        assert Ontology.open(tmp_path / str(step)).label("A:1") == "again"
