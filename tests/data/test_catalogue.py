"""The catalogue: every entry is complete, and agrees with the files that are here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from kgllm.data import load_dataset
from kgllm.data.catalogue import TEXT_ROLES, cache_root, catalogue, data_roots, find_set, local_files
from kgllm.data.lines import plain_bytes
from kgllm.errors import DataError

NAMES = [name for name in catalogue() if name != "world"]


def test_it_names_the_sets_that_must_load() -> None:
    wanted = {
        "umls",
        "nations",
        "kinships",
        "codex-s",
        "wn18rr",
        "fb15k-237",
        "db15k",
        "db15k-clean",
        "world",
    }
    wanted |= {f"countries-s{i}" for i in (1, 2, 3)}
    wanted |= {
        f"grail-{b}-{v}{i}" for b in ("fb15k237", "wn18rr") for v in ("v1", "v2") for i in ("", "-ind")
    }
    assert set(catalogue()) == wanted


@pytest.mark.parametrize("name", NAMES)
def test_every_entry_is_complete(name: str) -> None:
    entry = find_set(name)
    assert {"train", "valid", "test"} <= set(entry.files)
    assert entry.title
    assert entry.licence
    assert entry.cite
    assert entry.inductive_of is None or entry.inductive_of in catalogue()
    for file in entry.files.values():
        assert len(file.sha256) == 64
        assert file.url is None or file.url.startswith("https://raw.githubusercontent.com/")
        assert not file.path.endswith(".gz")


@pytest.mark.parametrize("name", NAMES)
def test_sizes_and_hashes_are_those_of_the_shared_files(data_root: Callable[[str], Path], name: str) -> None:
    entry = find_set(name)
    data_root(entry.files["train"].path.split("/")[0])
    for role, path in local_files(entry).items():
        content = plain_bytes(path)
        assert (len(content), hashlib.sha256(content).hexdigest()) == (
            entry.files[role].bytes,
            entry.files[role].sha256,
        )


def test_an_unknown_name_says_what_is_near() -> None:
    with pytest.raises(DataError, match=r"'umsl' is neither a folder nor a set .*did you mean umls\?"):
        load_dataset("umsl")
    with pytest.raises(DataError, match=r"'qqqqq' is neither .*see kgllm data list"):
        load_dataset("qqqqq")


def test_a_set_that_is_not_here_names_the_file_and_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KGLLM_DATA", raising=False)
    assert data_roots() == (cache_root(),)
    with pytest.raises(DataError, match=r"umls/train\.txt is missing\); run: kgllm data fetch umls"):
        load_dataset("umls")
    monkeypatch.setenv("KGLLM_DATA", str(tmp_path))
    assert data_roots() == (tmp_path, cache_root())


def test_texts_without_a_url_may_be_missing_and_are_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = find_set("codex-s")
    for role in ("train", "valid", "test"):
        path = tmp_path / entry.files[role].path
        path.parent.mkdir(exist_ok=True)
        path.write_text({"train": "Q1\tP1\tQ2\n", "valid": "Q2\tP1\tQ1\n", "test": "Q1\tP1\tQ1\n"}[role])
    (tmp_path / entry.files["relation_names"].path).write_text('{"P1": {"label": "part of"}}')
    monkeypatch.setenv("KGLLM_DATA", str(tmp_path))
    dataset = load_dataset("codex-s")
    assert "names" in TEXT_ROLES
    assert dataset.notes[0].startswith("codex-s/entity_labels_partial.derived.tsv is not on this machine")
    assert dataset.texts.relation_names == {"P1": "part of"}


def test_two_files_for_one_split_are_not_guessed_between(tmp_path: Path) -> None:
    for name in ("train.txt", "train.tsv"):
        (tmp_path / name).write_text("a\tr\tb\n")
    with pytest.raises(DataError, match=r"has both train\.txt and train\.tsv as train; keep one"):
        load_dataset(tmp_path)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(DataError, match=r"has no train\.txt, train\.tsv, train2id\.txt"):
        load_dataset(empty)
