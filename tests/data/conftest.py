"""Fixtures: a cache of its own for every test, and small data sets written on the spot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Write = Callable[[Mapping[str, str]], Path]


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test touches the user's cache."""
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    return cache


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """``write({"train.txt": "a\\tr\\tb\\n"})`` is a folder with these files."""

    def make(files: Mapping[str, str]) -> Path:
        folder = tmp_path / "mykg"
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            (folder / name).write_bytes(text.encode())
        return folder

    return make
