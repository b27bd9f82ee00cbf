"""Downloads over loopback: resumed, checked, never half-written."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import signal
import subprocess
import sys
import tarfile
import textwrap
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import kgllm.data.fetch as fetching
from kgllm.data.catalogue import CatalogueFile, CatalogueSet, find_set
from kgllm.data.fetch import fetch
from kgllm.errors import FetchError

BODY = bytes(range(256)) * 2048  # 512 KiB


@dataclass
class Site:
    """A small file server: what it holds, how it misbehaves, what it was asked."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    cut: list[int] = field(default_factory=list)
    """Bytes after which the next answers break off, one entry per answer."""
    status: list[int] = field(default_factory=list)
    """Error codes of the next answers."""
    pause: float = 0.0
    """Seconds between blocks of 16 KiB."""
    ranges: bool = True
    asked: list[tuple[str, str | None]] = field(default_factory=list)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    site: Site


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        site, wanted = self.server.site, self.headers.get("Range")
        site.asked.append((self.path, wanted))
        if site.status:
            self.send_error(site.status.pop(0))
            return
        body = site.files[self.path]
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and site.ranges else 0
        beyond = start >= len(body)
        self.send_response(416 if beyond else 206 if start else 200)
        if beyond:
            self.send_header("Content-Range", f"bytes */{len(body)}")
        self.send_header("Content-Length", str(max(0, len(body) - start)))
        self.end_headers()
        self._send(body[start:])

    def _send(self, rest: bytes) -> None:
        end = self.server.site.cut.pop(0) if self.server.site.cut else len(rest)
        try:
            for at in range(0, end, 16384):
                self.wfile.write(rest[at : min(at + 16384, end)])
                time.sleep(self.server.site.pause)
        except ConnectionError:
            return

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def site() -> Iterator[Site]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.site = Site(url=f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.site
    server.shutdown()
    thread.join()
    server.server_close()


def _file(url: str | None, content: bytes = BODY, **more: Any) -> CatalogueFile:
    digest = hashlib.sha256(content).hexdigest()
    return CatalogueFile(path="toy/train.txt", bytes=len(content), sha256=digest, url=url, **more)


def _set(*files: CatalogueFile) -> CatalogueSet:
    roles = dict(zip(("train", "valid", "test"), files, strict=False))
    return CatalogueSet(name="toy", title="t", licence="l", cite="c", files=roles)


def test_it_downloads_once_with_progress_and_leaves_nothing_else(site: Site, tmp_path: Path) -> None:
    site.files["/train.txt"] = BODY
    seen: list[tuple[str, int, int]] = []
    entry = _set(_file(site.url + "/train.txt"))
    paths = fetch(entry, tmp_path, lambda *step: seen.append(step))
    assert paths == [tmp_path / "toy/train.txt"]
    assert paths[0].read_bytes() == BODY
    assert seen[-1] == ("train.txt", len(BODY), len(BODY))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == paths
    fetch(entry, tmp_path)
    assert len(site.asked) == 1


def test_a_broken_connection_is_resumed_where_it_broke(site: Site, tmp_path: Path) -> None:
    site.files["/train.txt"], site.cut = BODY, [100_000, 50_000]
    fetch(_set(_file(site.url + "/train.txt")), tmp_path)
    assert (tmp_path / "toy/train.txt").read_bytes() == BODY
    assert [asked for _, asked in site.asked] == [None, "bytes=100000-", "bytes=150000-"]


def test_a_server_without_ranges_starts_anew(site: Site, tmp_path: Path) -> None:
    site.files["/train.txt"], site.cut, site.ranges = BODY, [100_000], False
    fetch(_set(_file(site.url + "/train.txt")), tmp_path)
    assert (tmp_path / "toy/train.txt").read_bytes() == BODY


def test_it_gives_up_after_some_attempts_and_keeps_what_it_has(site: Site, tmp_path: Path) -> None:
    site.files["/train.txt"], site.cut = BODY, [1000] * 4
    entry = _set(_file(site.url + "/train.txt"))
    with pytest.raises(
        FetchError, match="after 4 attempts; check the network and run the same command again"
    ):
        fetch(entry, tmp_path)
    (part,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert part.suffix == ".part"
    assert part.stat().st_size == 4000
    fetch(entry, tmp_path)
    assert (tmp_path / "toy/train.txt").read_bytes() == BODY
    assert site.asked[-1][1] == "bytes=4000-"


def test_a_wrong_checksum_is_refused_and_nothing_is_left(site: Site, tmp_path: Path) -> None:
    site.files["/train.txt"] = BODY[:-1] + b"x"
    with pytest.raises(FetchError, match=r"sha256 is .* expected .* \(524,288 bytes\)"):
        fetch(_set(_file(site.url + "/train.txt")), tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_damaged_copy_is_fetched_again_and_a_gzip_copy_is_left_alone(site: Site, tmp_path: Path) -> None:
    site.files["/train.txt"] = BODY
    target = tmp_path / "toy/train.txt"
    target.parent.mkdir()
    target.write_bytes(b"damaged")
    fetch(_set(_file(site.url + "/train.txt")), tmp_path)
    assert target.read_bytes() == BODY
    target.unlink()
    packed = target.with_name("train.txt.gz")
    packed.write_bytes(gzip.compress(BODY))
    assert fetch(_set(_file(site.url + "/train.txt")), tmp_path) == [packed]
    assert len(site.asked) == 1
    packed.write_bytes(packed.read_bytes()[:-30])
    assert fetch(_set(_file(site.url + "/train.txt")), tmp_path) == [target]


def test_server_errors(site: Site, tmp_path: Path) -> None:
    site.files["/train.txt"], site.status = BODY, [503, 502]
    entry = _set(_file(site.url + "/train.txt"))
    fetch(entry, tmp_path)
    site.status = [404]
    with pytest.raises(FetchError, match="the server answered 404"):
        fetch(entry, tmp_path / "other")


def test_a_leftover_that_is_longer_than_the_file_is_dropped(site: Site, tmp_path: Path) -> None:
    site.files["/train.txt"], site.cut = BODY * 2, [len(BODY) + 100, 0, 0, 0]
    entry = _set(_file(site.url + "/train.txt"))
    with pytest.raises(FetchError):
        fetch(entry, tmp_path)
    site.files["/train.txt"] = BODY
    fetch(entry, tmp_path)
    assert (tmp_path / "toy/train.txt").read_bytes() == BODY
    assert [asked for _, asked in site.asked[-2:]] == [f"bytes={len(BODY) + 100}-", None]


def test_stopped_between_download_and_check_it_only_checks(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    site.files["/train.txt"] = BODY
    entry = _set(_file(site.url + "/train.txt"))
    with monkeypatch.context() as patch:
        patch.setattr(fetching, "_place", stop)
        with pytest.raises(KeyboardInterrupt):
            fetch(entry, tmp_path)
    fetch(entry, tmp_path)
    assert (tmp_path / "toy/train.txt").read_bytes() == BODY
    assert site.asked[-1][1] == f"bytes={len(BODY)}-"


def test_archive_members_and_crlf(site: Site, tmp_path: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, text in (("toy/train.txt", b"a\tr\tb\r\n"), ("toy/valid.txt", b"b\tr\ta\r\n")):
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text))
    site.files["/toy.tar.gz"] = packed.getvalue()
    url = site.url + "/toy.tar.gz"
    train = _file(url, b"a\tr\tb\n", member="train.txt", crlf=True)
    valid = _file(url, b"b\tr\ta\r\n", member="valid.txt").model_copy(update={"path": "toy/valid.txt"})
    fetch(_set(train, valid), tmp_path)
    assert (tmp_path / "toy/train.txt").read_bytes() == b"a\tr\tb\n"
    assert (tmp_path / "toy/valid.txt").read_bytes() == b"b\tr\ta\r\n"
    assert len(site.asked) == 1
    site.files["/toy.tar.gz"] = b"not an archive"
    with pytest.raises(FetchError, match="is not the archive the catalogue describes"):
        fetch(_set(train), tmp_path / "other")


def test_killed_in_the_middle_it_goes_on_from_there(site: Site, tmp_path: Path) -> None:
    site.files["/train.txt"], site.pause = BODY, 0.02
    entry = _set(_file(site.url + "/train.txt"))
    script = f"""
        from pathlib import Path
        from kgllm.data.catalogue import CatalogueSet
        from kgllm.data.fetch import fetch
        fetch(CatalogueSet.model_validate_json({entry.model_dump_json()!r}), Path({str(tmp_path)!r}))
    """
    child = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)])
    deadline = time.monotonic() + 60
    while not (parts := [p for p in tmp_path.rglob("*.part") if p.stat().st_size]):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    size = parts[0].stat().st_size
    assert 0 < size < len(BODY)
    assert not (tmp_path / "toy/train.txt").exists()
    site.pause = 0
    fetch(entry, tmp_path)
    assert (tmp_path / "toy/train.txt").read_bytes() == BODY
    assert site.asked[-1][1] == f"bytes={size}-"


def test_sets_that_cannot_be_fetched_say_why(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="world is built, not downloaded; run: kgllm data build world"):
        fetch(find_set("world"), tmp_path)
    with pytest.raises(FetchError, match=r"db15k-clean was derived by hand .*data\.resplit_if_leaky=true"):
        fetch(find_set("db15k-clean"), tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(FetchError, match="cannot write below"):
        fetch(_set(_file("http://127.0.0.1:9/x")), tmp_path / "file")
