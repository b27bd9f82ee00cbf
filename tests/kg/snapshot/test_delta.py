"""The log of changes: torn ends at every byte, flipped bits, full disks."""

from __future__ import annotations

import errno
import logging
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgllm.errors import DiskFullError, StoreCorruptError, StoreError
from kgllm.kg.snapshot.delta import _FRAME, DeltaLog

PAYLOADS = [b"first", b"", b"third, the longest of them" * 3, b"last one"]
BASE = 40


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A log of :data:`PAYLOADS`, numbered from 41."""
    path = tmp_path / "delta.log"
    path.touch()
    log = DeltaLog(path, BASE, writable=True)
    assert [log.append(payload) for payload in PAYLOADS] == [41, 42, 43, 44]
    log.close()
    return path


def read(path: Path, *, writable: bool = False) -> list[tuple[int, bytes]]:
    log = DeltaLog(path, BASE, writable=writable)
    found = list(log.records(0))
    assert log.sequence == BASE + len(found)
    log.close()
    return found


WHOLE = [*enumerate(PAYLOADS, 41)]
LAST = _FRAME + len(PAYLOADS[-1])


def test_round_trip_and_reading_from_a_number_on(path: Path) -> None:
    log = DeltaLog(path, BASE, writable=False)
    assert list(log.records(0)) == list(log.records(BASE)) == WHOLE
    assert list(log.records(42)) == WHOLE[2:]
    assert list(log.records(44)) == list(log.records(99)) == []
    assert log.size == path.stat().st_size == sum(_FRAME + len(p) for p in PAYLOADS)
    log.close()
    log.close()


@pytest.mark.parametrize("cut", range(1, LAST + 1))
def test_an_end_torn_off_at_any_byte(path: Path, cut: int, caplog: pytest.LogCaptureFixture) -> None:
    os.truncate(path, path.stat().st_size - cut)
    torn = path.read_bytes()
    assert read(path) == WHOLE[:-1]
    assert path.read_bytes() == torn
    with caplog.at_level(logging.WARNING):
        assert read(path, writable=True) == WHOLE[:-1]
    assert path.read_bytes() == torn[: len(torn) - (LAST - cut)]
    expected = [f"cut {LAST - cut} bytes off the end"] if cut < LAST else []
    assert [e for e in expected if e in caplog.text] == expected
    assert len(caplog.records) == len(expected)
    log = DeltaLog(path, BASE, writable=True)
    assert log.append(b"again") == 44
    log.close()
    assert read(path) == [*WHOLE[:-1], (44, b"again")]


@pytest.mark.parametrize("rest", [b"\0", b"\0" * 5000, b"KGDL", b"KGDL" * 40, os.urandom(300)])
def test_an_end_of_rubbish(path: Path, rest: bytes) -> None:
    with path.open("ab") as file:
        file.write(rest)
    assert read(path, writable=True) == WHOLE
    assert path.stat().st_size == sum(_FRAME + len(p) for p in PAYLOADS)


@pytest.mark.parametrize("writable", [False, True])
def test_a_bit_flipped_before_a_whole_record_is_not_guessed_away(path: Path, writable: bool) -> None:
    data = path.read_bytes()
    for at in range(len(data) - LAST):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :])
        damaged = path.read_bytes()
        with pytest.raises(StoreCorruptError) as caught:
            read(path, writable=writable)
        assert path.read_bytes() == damaged
        offset = _remedy(str(caught.value), path)
        os.truncate(path, offset)
        kept = read(path, writable=writable)
        assert kept == WHOLE[: len(kept)]
        assert sum(_FRAME + len(p) for _, p in kept) == offset <= at


def _remedy(message: str, path: Path) -> int:
    """The number of bytes that the message says to keep."""
    assert "restore the file from a backup" in message.lower()
    before, _, after = message.partition("truncate -s ")
    size, name = after.split(" ", 1)
    assert name == str(path)
    assert f"damaged at byte {int(size):,}" in before
    return int(size)


def test_a_bit_flipped_in_the_last_record_is_a_torn_end(path: Path) -> None:
    data = path.read_bytes()
    for at in range(len(data) - LAST, len(data)):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :])
        assert read(path, writable=True) == WHOLE[:-1]


def test_a_record_out_of_order_is_damage(path: Path) -> None:
    log = DeltaLog(path, BASE, writable=True)
    log._places.append(log._places[-1])  # the next number is left out
    log.append(b"number 46")
    log.close()
    with pytest.raises(StoreCorruptError, match="what follows change 44 is lost, up to change 46"):
        read(path)


def test_a_payload_that_looks_like_a_record_is_none(path: Path) -> None:
    data = path.read_bytes()
    log = DeltaLog(path, BASE, writable=True)
    log.append(data)
    log.close()
    assert read(path)[-1] == (45, data)
    os.truncate(path, path.stat().st_size - 1)
    assert read(path, writable=True) == WHOLE


def test_damage_after_opening_is_found_when_read(path: Path) -> None:
    log = DeltaLog(path, BASE, writable=False)
    data = path.read_bytes()
    path.write_bytes(data[:-1] + b"?")
    records = log.records(42)
    assert next(records) == WHOLE[2]
    with pytest.raises(StoreCorruptError, match="change 44 was damaged"):
        next(records)
    log.close()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
@pytest.mark.parametrize("call", ["write", "fsync"])
def test_no_space_leaves_the_log_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    before = path.read_bytes()
    log = DeltaLog(path, BASE, writable=True)
    real = getattr(os, call)
    failures = iter([True])

    def full(*args: object) -> object:
        if next(failures, False):
            if call == "write":
                real(args[0], args[1][:11])  # type: ignore[index]
            raise OSError(number, os.strerror(number))
        return real(*args)

    monkeypatch.setattr(os, call, full)
    with pytest.raises(DiskFullError, match=r"nothing acknowledged is lost; free some space"):
        log.append(b"too much")
    assert path.read_bytes() == before
    assert log.append(b"room again") == 45
    log.close()
    assert read(path) == [*WHOLE, (45, b"room again")]


def test_a_write_that_cannot_be_undone_stops_the_log(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = DeltaLog(path, BASE, writable=True)

    def broken(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", broken)
        with pytest.raises(StoreError, match="Input/output error; check the disk"):
            log.append(b"lost")
    with pytest.raises(StoreError, match="close the store and open it again"):
        log.append(b"later")
    assert list(log.records(0)) == WHOLE
    log.close()
    assert read(path, writable=True) == WHOLE


def test_short_reads_and_writes_go_on(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, pread = os.write, os.pread
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[:7]))
    monkeypatch.setattr(os, "pread", lambda handle, size, start: pread(handle, min(size, 5), start))
    log = DeltaLog(path, BASE, writable=True)
    log.append(b"a payload of more than one piece")
    log.close()
    assert read(path) == [*WHOLE, (45, b"a payload of more than one piece")]


def test_a_log_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file"):
        DeltaLog(tmp_path / "delta.log", 0, writable=True)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=6), st.data())
def test_any_cut_leaves_a_prefix(
    tmp_path_factory: pytest.TempPathFactory, payloads: list[bytes], data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("logs") / "delta.log"
    path.touch()
    log = DeltaLog(path, BASE, writable=True)
    sizes = [log.size]
    for payload in payloads:
        log.append(payload)
        sizes.append(log.size)
    log.close()
    size = data.draw(st.integers(0, sizes[-1]))
    os.truncate(path, size)
    kept = sum(end <= size for end in sizes[1:])
    assert read(path, writable=True) == [*enumerate(payloads, 41)][:kept]
