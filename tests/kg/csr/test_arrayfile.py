"""Mapped files of arrays: whole or refused, replaced in one step or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgllm.errors import DiskFullError, NotFoundError, StoreCorruptError
from kgllm.kg.arrayfile import join_strings, open_arrays, save_arrays, split_strings, verify_arrays

ARRAYS = {"a": np.arange(5, dtype=np.int32), "empty": np.zeros(0, np.int64), "b": np.linspace(0, 1, 9)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    save_arrays(tmp_path / "file", "numbers", ARRAYS, "1")
    return tmp_path / "file"


def test_arrays_come_back_read_only_and_aligned(path: Path) -> None:
    opened = open_arrays(path, "numbers", "1")
    assert opened.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert opened[name].dtype == array.dtype
        assert opened[name].tolist() == array.tolist()
        assert opened[name].ctypes.data % 64 == 0 or not len(array)
    assert not opened["a"].flags.writeable


def test_a_file_torn_anywhere_is_refused(path: Path) -> None:
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(StoreCorruptError):
            open_arrays(path, "numbers")
    path.write_bytes(whole + b"\0")
    with pytest.raises(StoreCorruptError, match=f"has {len(whole) + 1} bytes, expected {len(whole)}"):
        open_arrays(path, "numbers")


def test_a_flipped_bit_is_found(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    padding = 0
    for at in range(len(whole)):
        whole[at] ^= 0x10
        path.write_bytes(whole)
        try:
            verify_arrays(path)
            padding += 1
        except StoreCorruptError:
            pass
        whole[at] ^= 0x10
    held = sum(array.nbytes for array in ARRAYS.values())
    assert padding <= len(whole) - held - 400  # the header has more than 400 bytes
    path.write_bytes(whole)
    verify_arrays(path)


def test_another_kind_stamp_or_version_is_refused(path: Path) -> None:
    with pytest.raises(StoreCorruptError, match="holds numbers, expected letters"):
        open_arrays(path, "letters")
    with pytest.raises(StoreCorruptError, match="made from '1', expected '2'; make it anew"):
        open_arrays(path, "numbers", "2")
    path.write_bytes(path.read_bytes().replace(b"kgllmA01", b"kgllmA00", 1))
    with pytest.raises(StoreCorruptError, match="another version"):
        open_arrays(path, "numbers")
    with pytest.raises(NotFoundError):
        open_arrays(path.with_name("nothing"), "numbers")


def test_a_full_disk_leaves_what_was_there(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = path.read_bytes()
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFullError, match="free some space"):
        save_arrays(path, "numbers", {"a": np.arange(9)})
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["file"]


@given(st.lists(st.text(max_size=5)), st.integers(0, 3))
def test_strings_come_back(texts: list[str], skip: int) -> None:
    for kind in (pa.string(), pa.large_string()):
        strings = pa.array(texts, kind)[skip:]
        assert join_strings(*split_strings(strings)).to_pylist() == texts[skip:]
