"""Downloading catalogue sets: resumed where they stopped, checked, and never half-written."""

from __future__ import annotations

import hashlib
import tarfile
import time
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import FetchError, ReadError
from .catalogue import CatalogueFile, CatalogueSet, cache_root, plain_or_gzip
from .lines import plain_bytes

if TYPE_CHECKING:
    import httpx

Progress = Callable[[str, int, int], None]
"""Called with the file name, bytes so far, and bytes in all (0 while unknown)."""
ATTEMPTS = 4


def fetch(entry: CatalogueSet, root: Path | None = None, progress: Progress | None = None) -> list[Path]:
    """Download the files of a set that are not there yet, and check every one.

    An interrupted download leaves a ``.part`` file, from which the next call goes on.

    Args:
        entry: the set.
        root: data folder to write to; the user's cache by default.
        progress: told about every chunk that arrives.

    Returns:
        the files of the set, each once; text files without a URL may be missing.

    Raises:
        FetchError: a file has no URL, a download fails, or a checksum differs.
    """
    root = root or cache_root()
    if not entry.files:
        raise FetchError(f"{entry.name} is built, not downloaded; run: kgllm data build {entry.name}")
    lacking = [file for file in entry.files.values() if not _is_good(root, file)]
    derived = [file.path for file in lacking if file.url is None]
    if entry.files["train"].url is None and derived:
        raise FetchError(
            f"{entry.name} was derived by hand and has no URL ({derived[0]}); fetch the set it derives from, "
            "or re-split that one with --set data.resplit_if_leaky=true"
        )
    for url in dict.fromkeys(file.url for file in lacking if file.url):
        _fetch_url(url, [file for file in lacking if file.url == url], root, progress)
    paths = (plain_or_gzip(root / path) for path in dict.fromkeys(f.path for f in entry.files.values()))
    return [path for path in paths if path]


def _fetch_url(url: str, files: Iterable[CatalogueFile], root: Path, progress: Progress | None) -> None:
    digest = hashlib.sha256(url.encode()).hexdigest()[:10]
    part = root / ".parts" / f"{digest}-{url.rsplit('/', 1)[-1]}.part"
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        _download(url, part, progress or (lambda *_: None))
        for file in files:
            _place(part, file, root / file.path)
        part.unlink()
    except OSError as error:
        raise FetchError(f"cannot write below {root} ({error.strerror}); check path and disk") from None


def _download(url: str, part: Path, progress: Progress) -> None:
    """Append what is missing to ``part``; a broken connection is tried again from where it broke."""
    import httpx

    with httpx.Client(follow_redirects=True, timeout=30.0) as client:
        for attempt in range(ATTEMPTS):
            try:
                _stream(client, url, part, progress)
                return
            except httpx.HTTPStatusError as error:
                status = error.response.status_code
                if status < 500 or attempt == ATTEMPTS - 1:
                    raise FetchError(f"{url}: the server answered {status}; try again later") from None
            except httpx.HTTPError as error:
                if attempt == ATTEMPTS - 1:
                    problem = f"{url}: {type(error).__name__} after {ATTEMPTS} attempts"
                    raise FetchError(f"{problem}; check the network and run the same command again") from None
            time.sleep(0.2 * 2**attempt)


def _stream(client: httpx.Client, url: str, part: Path, progress: Progress) -> None:
    have = part.stat().st_size if part.exists() else 0
    # identity: a Range counts bytes of what is stored, not of a compressed transfer
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with client.stream("GET", url, headers=headers) as response:
        if response.status_code == 416:  # nothing after what we have: complete, or of another version
            complete = response.headers.get("content-range") == f"bytes */{have}"
            if not complete:
                part.unlink()
                _stream(client, url, part, progress)
            return
        response.raise_for_status()
        resumed = response.status_code == 206
        have = have if resumed else 0
        total = have + int(response.headers.get("content-length", 0))
        with part.open("ab" if resumed else "wb") as out:
            for chunk in response.iter_bytes():
                out.write(chunk)
                have += len(chunk)
                progress(url.rsplit("/", 1)[-1], have, total)


def _place(part: Path, file: CatalogueFile, target: Path) -> None:
    """Check the content and put it in its place; a damaged download is removed, so that it starts anew."""
    try:
        content = _content(part.read_bytes(), file)
    except (tarfile.TarError, EOFError, KeyError, OSError) as error:
        part.unlink()
        problem = f"{file.url} is not the archive the catalogue describes ({type(error).__name__})"
        raise FetchError(f"{problem}; run the same command again") from None
    found = hashlib.sha256(content).hexdigest()
    if found != file.sha256:
        part.unlink()
        raise FetchError(
            f"{file.url}: sha256 is {found[:12]}… ({len(content):,} bytes), expected {file.sha256[:12]}… "
            f"({file.bytes:,} bytes); run the same command again, or report that the file changed"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.tmp")
    temporary.write_bytes(content)
    temporary.replace(target)


def _content(raw: bytes, file: CatalogueFile) -> bytes:
    if file.member:
        with tarfile.open(fileobj=BytesIO(raw)) as archive:
            member = archive.extractfile(_member(archive, file.member))
            raw = member.read() if member else b""
    return raw.replace(b"\r\n", b"\n") if file.crlf else raw


def _member(archive: tarfile.TarFile, name: str) -> str:
    """The full name of a member, whatever folder of the archive it stands in."""
    return next((found for found in archive.getnames() if Path(found).name == name), name)


def _is_good(root: Path, file: CatalogueFile) -> bool:
    path = plain_or_gzip(root / file.path)
    try:
        return path is not None and hashlib.sha256(plain_bytes(path)).hexdigest() == file.sha256
    except ReadError:  # a torn gzip file
        return False
