"""Full-text search over the ids and text properties of entities, in one SQLite file (FTS5)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc

from ...errors import DiskFullError, NotFoundError, SchemaError, StoreCorruptError, StoreError
from ..atomic import replacing
from ..changes import Version
from ..model import ENTITY, NODE_COLUMNS
from ..store import GraphStore
from .hit import Hit
from .terms import match_expression

__all__ = ["TextIndex", "text_index"]

FORMAT = 1
"""Version of the tables, in SQLite's ``user_version``."""

_TABLES = """
CREATE TABLE entity (nid INTEGER PRIMARY KEY, id TEXT NOT NULL);
CREATE TABLE label (name TEXT, nid INTEGER, PRIMARY KEY (name, nid)) WITHOUT ROWID;
CREATE TABLE about (properties TEXT, generation INTEGER, sequence INTEGER);
CREATE VIRTUAL TABLE words USING fts5({columns}, content='', tokenize='unicode61 remove_diacritics 2');
"""

_SEARCH = """
SELECT entity.id, words.rank FROM words JOIN entity ON entity.nid = words.rowid
WHERE words MATCH ? {labelled} ORDER BY words.rank, entity.id LIMIT ?
"""
_LABELLED = "AND EXISTS (SELECT 1 FROM label WHERE label.nid = words.rowid AND label.name IN ({marks}))"


class TextIndex:
    """The words of one version of a store. Case and diacritics do not matter.

    Reading is safe from several threads. Get one from :func:`text_index`, which makes it anew when the store
    has changed.

    Args:
        path: a file that :meth:`build` wrote.

    Raises:
        NotFoundError: there is no such file.
        StoreCorruptError: it is damaged or of another version; build it anew.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise NotFoundError(f"there is no text index {path}")
        uri = f"file:{quote(str(self.path.resolve()))}?mode=ro&immutable=1"
        self._lock = Lock()
        self._database = sqlite3.connect(uri, uri=True, check_same_thread=False)
        try:
            with _readable(self.path):
                ((found,),) = self._database.execute("PRAGMA user_version")
                if found != FORMAT:
                    raise StoreCorruptError(f"{path} has format {found}, expected {FORMAT}; build it anew")
                ((properties, *version),) = self._database.execute("SELECT * FROM about")
        except BaseException:
            self.close()
            raise
        self.properties: tuple[str, ...] = tuple(json.loads(properties))
        self.version = Version(*version)

    @classmethod
    def build(cls, store: GraphStore, path: Path | str, properties: Sequence[str] | None = None) -> TextIndex:
        """Write an index of ``store`` to ``path``, whole or not at all, and open it.

        Args:
            store: whose entities to index.
            path: the file; what stands there is replaced.
            properties: what to index beside the id; strings or lists of strings. All such by default.

        Raises:
            SchemaError: there is no such property, or it holds no text.
            DiskFullError: there is no space; what stood at ``path`` stays.
        """
        version, batches = store.version(), store.scan_nodes()
        first = next(batches, None)
        chosen = _chosen(first.schema if first is not None else pa.schema([]), properties)
        with replacing(Path(path)) as fresh, closing(sqlite3.connect(fresh)) as database, _room(Path(path)):
            database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
            columns = ", ".join(f"text{i}" for i in range(len(chosen) + 1))
            database.executescript(_TABLES.format(columns=columns))
            database.execute("INSERT INTO about VALUES (?, ?, ?)", (json.dumps(chosen), *version))
            nid = 0
            for batch in chain([] if first is None else [first], batches):
                _insert(database, batch, chosen, nid)
                nid += len(batch)
            database.execute("INSERT INTO words (words) VALUES ('optimize')")
            database.execute(f"PRAGMA user_version = {FORMAT}")
            database.commit()
        return cls(path)

    def search(self, text: str, k: int = 10, labels: Sequence[str] = (), every: bool = False) -> list[Hit]:
        """The ``k`` entities that fit best, by falling BM25 score, then by id.

        Args:
            text: words; phrases in double quotes; ``*`` behind either for what begins so. Any string is fine.
            k: how many.
            labels: only entities with one of these labels; all if empty, or if ``Entity`` is among them.
            every: whether all words must be there, else any.

        Raises:
            StoreCorruptError: the file is damaged; build it anew.
        """
        expression = match_expression(text, every)
        if not expression or k < 1:
            return []
        labels = () if ENTITY in labels else labels
        labelled = _LABELLED.format(marks=", ".join("?" * len(labels))) if labels else ""
        statement = _SEARCH.format(labelled=labelled)
        with self._lock, _readable(self.path):
            rows = self._database.execute(statement, (expression, *labels, k)).fetchall()
        return [Hit(id, -rank) for id, rank in rows]

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def text_index(store: GraphStore, path: Path | str, properties: Sequence[str] | None = None) -> TextIndex:
    """The index at ``path`` if it is of this version of ``store`` and these properties, else a new one there.

    See :meth:`TextIndex.build`. The version of a store is all that is compared: give each store its own path.
    """
    try:
        index = TextIndex(path)
    except (NotFoundError, StoreCorruptError):
        return TextIndex.build(store, path, properties)
    if index.version == store.version() and properties in (None, list(index.properties)):
        return index
    index.close()
    return TextIndex.build(store, path, properties)


def _chosen(schema: pa.Schema, properties: Sequence[str] | None) -> list[str]:
    """The properties to index, checked."""
    known = [name for name in schema.names if name not in NODE_COLUMNS]
    texts = [name for name in known if schema.field(name).type in (pa.string(), pa.list_(pa.string()))]
    for name in properties or ():
        if name not in known:
            raise SchemaError(f"no entity has a property {name!r}", texts)
        if name not in texts:
            raise SchemaError(f"the property {name!r} holds {schema.field(name).type}, not text", texts)
    return texts if properties is None else list(properties)


def _insert(database: sqlite3.Connection, batch: pa.RecordBatch, properties: list[str], start: int) -> None:
    """Index a batch whose first entity has the nid ``start``."""
    nids = range(start, start + len(batch))
    ids = batch.column("id").to_pylist()
    columns = [ids, *(_texts(batch.column(name)) for name in properties)]
    names = ", ".join(["rowid", *(f"text{i}" for i in range(len(columns)))])
    marks = ", ".join("?" * (len(columns) + 1))
    database.executemany("INSERT INTO entity VALUES (?, ?)", zip(nids, ids, strict=True))
    database.executemany(f"INSERT INTO words ({names}) VALUES ({marks})", zip(nids, *columns, strict=True))
    labels = batch.column("labels").to_pylist()
    rows = ((name, nid) for nid, of in zip(nids, labels, strict=True) for name in set(of or ()))
    database.executemany("INSERT INTO label VALUES (?, ?)", rows)


def _texts(column: pa.Array) -> list[str | None]:
    if pa.types.is_list(column.type):
        column = pc.binary_join(column, "\n")
    texts: list[str | None] = column.to_pylist()
    return texts


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.ProgrammingError:  # the index was closed
        raise
    except (sqlite3.DatabaseError, ValueError) as error:
        raise StoreCorruptError(f"{path} is not a whole text index ({error}); build it anew") from error


@contextmanager
def _room(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
            raise DiskFullError(f"no space to write {path}; what stood there is untouched") from error
        raise StoreError(f"the text index {path} cannot be written: {error}") from error
