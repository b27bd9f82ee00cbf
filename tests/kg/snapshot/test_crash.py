"""A crash before, or half-way through, any call that changes the disk: what opens afterwards is whole."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kgllm.errors import NotFoundError
from kgllm.kg.changes import Version
from kgllm.kg.snapshot import Snapshot

Outlive = Callable[..., bool]
STEPS = 200


@pytest.fixture
def base(tmp_path: Path, load: Any, change: Any) -> Path:
    """A snapshot of generation 1 with two changes since."""
    with Snapshot.open(tmp_path / "base", "create") as snapshot:
        load(snapshot, 5, mark=1)
        for number in (1, 2):
            snapshot.append(change(number))
    return tmp_path / "base"


def names(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.iterdir())


def crashes(base: Path, work: Callable[[Snapshot], None], outlive: Outlive, *, torn: bool) -> Any:
    """Copies of ``base``, one for each call at which ``work`` can die, dead there."""
    for last in range(STEPS):
        path = base.with_name(f"dead-{last}")
        shutil.copytree(base, path)
        snapshot = Snapshot.open(path, "rw")
        alive = outlive(lambda s=snapshot: work(s), last, torn=torn)
        snapshot._log.close()  # a dead process lets go of its files, and cleans nothing up
        snapshot._held.release()
        if alive:
            assert last > 0
            return
        yield path
    pytest.fail(f"not done after {STEPS} calls")


@pytest.mark.parametrize("torn", [False, True])
def test_publish(base: Path, outlive: Outlive, load: Any, state: Any, bytes_of: Any, torn: bool) -> None:
    with Snapshot.open(base) as snapshot:
        old = state(snapshot)
    seen = []
    for path in crashes(base, lambda s: load(s, 4, mark=2), outlive, torn=torn):
        before = bytes_of(path)
        with Snapshot.open(path, "r") as snapshot:
            seen.append(snapshot.version.generation)
            read = state(snapshot)
        assert bytes_of(path) == before
        with Snapshot.open(path, "rw") as snapshot:
            snapshot.verify()
            assert state(snapshot) == read
            assert snapshot.version == (Version(1, 2) if seen[-1] == 1 else Version(2, 2))
            assert names(path) == ["CURRENT", f"gen-{seen[-1]:06}"]
            if seen[-1] == 1:
                assert read == old
            else:
                assert [node["mark"] for node in read[0]] == [2] * 4
            load(snapshot, 3, mark=3)
            assert [node["mark"] for node in state(snapshot)[0]] == [3] * 3
    assert len(seen) > 10
    assert seen == sorted(seen)
    assert set(seen) == {1, 2}


@pytest.mark.parametrize("torn", [False, True])
def test_compact(base: Path, outlive: Outlive, state: Any, torn: bool) -> None:
    with Snapshot.open(base) as snapshot:
        old = state(snapshot)
    for path in crashes(base, lambda s: s.compact(), outlive, torn=torn):
        with Snapshot.open(path, "rw") as snapshot:
            snapshot.verify()
            assert state(snapshot) == old
            assert snapshot.version.sequence == 2


@pytest.mark.parametrize("torn", [False, True])
def test_append(base: Path, outlive: Outlive, change: Any, torn: bool) -> None:
    for path in crashes(base, lambda s: s.append(change(3)), outlive, torn=torn):
        with Snapshot.open(path, "rw") as snapshot:
            found = list(snapshot.changes())
            assert found in ([(n, change(n)) for n in (1, 2)], [(n, change(n)) for n in (1, 2, 3)])
            assert snapshot.append(change(9)) == len(found) + 1


@pytest.mark.parametrize("torn", [False, True])
def test_create(tmp_path: Path, outlive: Outlive, load: Any, torn: bool) -> None:
    outcomes = []
    for last in range(STEPS):
        path = tmp_path / f"new-{last}"
        outcomes.append(outlive(lambda p=path: Snapshot.open(p, "create").close(), last, torn=torn))
        try:
            Snapshot.open(path).close()
        except NotFoundError:
            assert not outcomes[-1]
        with Snapshot.open(path, "create") as snapshot:
            assert snapshot.version == Version(0, 0)
            load(snapshot, 2)
        assert names(path) == ["CURRENT", "gen-000001"]
        if outcomes[-1]:
            break
    assert len(outcomes) > 8


def test_the_clean_up_itself(base: Path, outlive: Outlive, load: Any, state: Any) -> None:
    with Snapshot.open(base) as reader:
        with Snapshot.open(base, "rw") as snapshot:
            load(snapshot, 3, mark=2)
        assert names(base) == ["CURRENT", "gen-000001", "gen-000002"]
        assert len(state(reader)[0]) == 7
    (base / "gen-000009.tmp").mkdir()
    (base / "gen-000009.tmp" / "nodes-0000.parquet").write_bytes(b"half")
    (base / "CURRENT.tmp").write_text("gen-0")
    for last in range(STEPS):
        path = base.with_name(f"dead-{last}")
        shutil.copytree(base, path)
        alive = outlive(lambda p=path: Snapshot.open(p, "rw").close(), last)
        with Snapshot.open(path, "rw") as snapshot:
            assert snapshot.version == Version(2, 2)
            snapshot.verify()
        assert names(path) == ["CURRENT", "gen-000002"]
        if alive:
            break
    assert last > 3
