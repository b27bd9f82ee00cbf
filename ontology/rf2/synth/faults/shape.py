"""Faults of the shape of a file."""

from __future__ import annotations

import codecs
from collections.abc import Callable

from ...rows import FileKind
from .site import Plant, Planted, Site, raw, rewrite


def header(site: Site) -> Planted:
    """Rename a column, leave one out, or swap two."""
    path = site.path(site.pick(site.kinds))
    names = raw(path, 1).decode().split("\t")
    at = site.pick(range(len(names) - 1))
    names[at : at + 2] = site.pick(
        ([f"{names[at]}s", names[at + 1]], [names[at]], [names[at + 1], names[at]])
    )
    text = "\t".join(names)
    rewrite(path, 1, lambda _: text.encode())
    return Planted(site.root, path.name, (1,), text)


def column_count(site: Site) -> Planted:
    """One column too many, or one too few."""
    more = site.rng.integers(2)
    return _changed(site, lambda line: line + b"\tmore" if more else line.rpartition(b"\t")[0])


def empty_line(site: Site) -> Planted:
    """An empty line between two others."""
    kind, line = site.any_line()
    path = site.path(kind)
    rewrite(path, line, lambda row: b"\r\n" + row)
    return Planted(site.root, path.name, (line,))


def trailing_space(site: Site) -> Planted:
    """A blank at the end of a line."""
    kind, line = site.any_line()
    path = site.path(kind)
    rewrite(path, line, lambda row: row + b" ")
    return Planted(site.root, path.name, (line,), raw(path, line).decode().rpartition("\t")[2])


def not_utf8(site: Site) -> Planted:
    """A term in Latin-1."""
    return _changed(site, lambda line: _in_term(line, b"\xe9"), FileKind.DESCRIPTION)


def stray_return(site: Site) -> Planted:
    """A carriage return in a term."""
    return _changed(site, lambda line: _in_term(line, b"\r"), FileKind.DESCRIPTION)


def lf_only(site: Site) -> Planted:
    """LF for CR LF, in all lines or after one."""
    kind, line = site.any_line()
    path = site.path(kind)
    if site.rng.integers(2):
        path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n"))
        return Planted(site.root, path.name, (1,))
    lines = path.read_bytes().split(b"\r\n")
    lines[line - 1 : line + 1] = [b"\n".join(lines[line - 1 : line + 1])]
    path.write_bytes(b"\r\n".join(lines))
    return Planted(site.root, path.name, (line,))


def no_final_crlf(site: Site) -> Planted:
    """A file that ends with its last row."""
    path = site.path(site.pick(site.kinds))
    content = path.read_bytes().removesuffix(b"\r\n")
    path.write_bytes(content)
    return Planted(site.root, path.name, (content.count(b"\n") + 1,))


def bom(site: Site) -> Planted:
    """A byte order mark before the header."""
    path = site.path(site.pick(site.kinds))
    path.write_bytes(codecs.BOM_UTF8 + path.read_bytes())
    return Planted(site.root, path.name, (1,))


def _changed(site: Site, change: Callable[[bytes], bytes], kind: FileKind | None = None) -> Planted:
    """A line of a file changed, of which all is at fault."""
    chosen, line = (kind, site.line_of(kind)) if kind else site.any_line()
    path = site.path(chosen)
    rewrite(path, line, change)
    return Planted(site.root, path.name, (line,), raw(path, line).decode(errors="backslashreplace"))


def _in_term(line: bytes, addition: bytes) -> bytes:
    """A row of Description with something before its term."""
    *fields, term, case = line.split(b"\t")
    return b"\t".join([*fields, addition + term, case])


SHAPE: dict[str, Plant] = {
    "header": header,
    "column-count": column_count,
    "empty-line": empty_line,
    "trailing-space": trailing_space,
    "not-utf8": not_utf8,
    "stray-return": stray_return,
    "lf-only": lf_only,
    "no-final-crlf": no_final_crlf,
    "bom": bom,
}
