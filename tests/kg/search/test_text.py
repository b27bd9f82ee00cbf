"""Full-text search: ranking, phrases, prefixes, labels, hostile text, stale and broken files."""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgllm.errors import DiskFullError, NotFoundError, SchemaError, StoreCorruptError, StoreError
from kgllm.kg.changes import Version
from kgllm.kg.search import TextIndex, text_index
from kgllm.kg.search.terms import match_expression

SCHEMA = pa.schema(
    {
        "id": pa.string(),
        "labels": pa.list_(pa.string()),
        "aliases": pa.list_(pa.string()),
        "name": pa.string(),
        "year": pa.int64(),
    }
)
FILMS = [
    {"id": "matrix", "labels": ["Film"], "name": "The Matrix", "aliases": ["Neo's film"], "year": 1999},
    {"id": "amelie", "labels": ["Film"], "name": "Le Fabuleux Destin d'Amélie Poulain"},
    {"id": "keanu", "labels": ["Actor", "Person"], "name": "Keanu Reeves", "aliases": ["Neo"]},
    {"id": "reload", "labels": ["Film"], "name": "The Matrix Reloaded: the second Matrix film of four"},
    {"id": "nobody", "labels": []},
]


@dataclass
class NodeStore:
    """A store of nodes that can be scanned."""

    rows: list[dict[str, Any]] = field(default_factory=lambda: list(FILMS))
    sequence: int = 0

    def version(self) -> Version:
        return Version(1, self.sequence)

    def scan_nodes(self) -> Iterator[pa.RecordBatch]:
        for start in range(0, len(self.rows), 2):
            yield pa.RecordBatch.from_pylist(self.rows[start : start + 2], SCHEMA)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TextIndex]:
    with TextIndex.build(NodeStore(), tmp_path_factory.mktemp("text") / "films.sqlite") as index:
        yield index


def ids(index: TextIndex, *arguments: Any, **options: Any) -> list[str]:
    return [hit.id for hit in index.search(*arguments, **options)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("matrix", ["matrix", "reload"]),
        ("MATRIX reloaded", ["reload", "matrix"]),
        ("amelie", ["amelie"]),
        ("AMÉLIE", ["amelie"]),
        ("neo", ["keanu", "matrix"]),
        ("matr*", ["matrix", "reload"]),
        ("matr", []),
        ('"second matrix"', ["reload"]),
        ('"matrix second"', []),
        ('"neo s fi"*', ["matrix"]),
        ("d'Amélie", ["amelie"]),
        ("nobody", ["nobody"]),
        ("1999", []),
        ("", []),
        ('"" * - ( !', []),
    ],
)
def test_words_phrases_and_prefixes(index: TextIndex, text: str, expected: list[str]) -> None:
    assert ids(index, text) == expected


def test_every_word_or_any(index: TextIndex) -> None:
    assert sorted(ids(index, "keanu matrix")) == ["keanu", "matrix", "reload"]
    assert ids(index, "keanu matrix", every=True) == []
    assert ids(index, "film matrix !!", every=True) == ["matrix", "reload"]


def test_labels_and_k_limit_what_is_found(index: TextIndex) -> None:
    assert ids(index, "neo", labels=["Person"]) == ["keanu"]
    assert ids(index, "neo", labels=["Person", "Film"]) == ["keanu", "matrix"]
    assert ids(index, "neo", labels=["Nothing"]) == []
    assert ids(index, "neo", labels=["Nothing", "Entity"]) == ["keanu", "matrix"]
    assert ids(index, "neo", k=1) == ["keanu"]
    assert ids(index, "neo", k=0) == []


def test_scores_fall_and_equal_ones_come_by_id(tmp_path: Path) -> None:
    rows = [{"id": id, "name": "same words"} for id in ("b", "c", "a")]
    rows += [{"id": "d", "name": "words words"}, {"id": "e"}]
    with TextIndex.build(NodeStore(rows), tmp_path / "t") as index:
        hits = index.search("words")
        assert [hit.id for hit in hits] == ["d", "a", "b", "c"]
        assert hits[0].score > hits[1].score == hits[3].score > 0


@given(st.text() | st.text('"*() ANDORNEAR^:+-{}\\\0aé', max_size=12), st.booleans())
def test_no_text_is_an_error(index: TextIndex, text: str, every: bool) -> None:
    assert len(index.search(text, every=every)) <= len(FILMS)


def test_operators_columns_and_halves_of_characters_are_words(index: TextIndex) -> None:
    hostile = ["matrix AND NOT keanu", "NEAR (keanu)", "keanu\ud800", 'keanu"', "keanu;--", "^keanu"]
    for text in hostile:
        assert "keanu" in ids(index, text)
    assert ids(index, "text1:keanu") == []
    assert match_expression('a "b c"* d* a -') == '"a" OR "b c"* OR "d"*'
    assert ids(index, " ".join(f"w{i}" for i in range(20_000)) + " keanu") == ["keanu"]


words = st.lists(st.sampled_from(["tree", "house", "Straße", "naïve", "x1", "tre"]), max_size=6)
queries = st.lists(st.sampled_from(["tree", "NAIVE", "x1", "straße"]), max_size=3)


@given(st.lists(words, min_size=1, max_size=6), queries)
def test_what_is_found_holds_the_words(
    tmp_path_factory: pytest.TempPathFactory, documents: list[list[str]], asked: list[str]
) -> None:
    def plain(word: str) -> str:
        return "".join(c for c in unicodedata.normalize("NFD", word.lower()) if not unicodedata.combining(c))

    rows = [{"id": f"d{number}", "name": " ".join(document)} for number, document in enumerate(documents)]
    held = [{plain(word) for word in document} for document in documents]
    wanted = {plain(word) for word in asked}
    with TextIndex.build(NodeStore(rows), tmp_path_factory.mktemp("text") / "t") as index:
        some = {f"d{number}" for number, of in enumerate(held) if of & wanted}
        every = {f"d{number}" for number, of in enumerate(held) if wanted and wanted <= of}
        assert set(ids(index, " ".join(asked))) == some
        assert set(ids(index, " ".join(asked), every=True)) == every


def test_properties_are_chosen_and_checked(tmp_path: Path) -> None:
    with TextIndex.build(NodeStore(), tmp_path / "t", ["name"]) as index:
        assert index.properties == ("name",)
        assert ids(index, "neo") == []
    with TextIndex.build(NodeStore(), tmp_path / "t") as index:
        assert index.properties == ("aliases", "name")
    with pytest.raises(SchemaError, match="no entity has a property 'names'; did you mean aliases, name"):
        TextIndex.build(NodeStore(), tmp_path / "t", ["names"])
    with pytest.raises(SchemaError, match="'year' holds int64, not text"):
        TextIndex.build(NodeStore(), tmp_path / "t", ["year"])
    with TextIndex.build(NodeStore([]), tmp_path / "t") as index:
        assert ids(index, "neo") == []


def test_an_index_is_made_anew_when_the_store_has_changed(tmp_path: Path) -> None:
    store, path = NodeStore(), tmp_path / "deep" / "films #1.sqlite"
    text_index(store, path).close()
    before = path.stat().st_ino
    text_index(store, path).close()
    assert path.stat().st_ino == before
    store.rows.append({"id": "new", "name": "Speed"})
    store.sequence += 1
    with text_index(store, path) as index:
        assert (ids(index, "speed"), index.version) == (["new"], Version(1, 1))
    with text_index(store, path, ["aliases"]) as index:
        assert index.properties == ("aliases",)
    path.write_bytes(b"not a database" * 100)
    with text_index(store, path) as index:
        assert ids(index, "speed") == ["new"]
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_closed_index_is_not_called_broken(tmp_path: Path) -> None:
    with TextIndex.build(NodeStore(), tmp_path / "t") as index:
        index.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        index.search("neo")


def test_an_empty_first_batch_still_names_the_properties(tmp_path: Path) -> None:
    class Hollow(NodeStore):
        def scan_nodes(self) -> Iterator[pa.RecordBatch]:
            yield pa.RecordBatch.from_pylist([], SCHEMA)
            yield from super().scan_nodes()

    with TextIndex.build(Hollow(), tmp_path / "t", ["name"]) as index:
        assert ids(index, "keanu") == ["keanu"]


def test_broken_files_say_so(tmp_path: Path) -> None:
    path = tmp_path / "t"
    with pytest.raises(NotFoundError):
        TextIndex(path)
    for content in (b"", b"not a database" * 100):
        path.write_bytes(content)
        with pytest.raises(StoreCorruptError, match="build it anew"):
            TextIndex(path)
    TextIndex.build(NodeStore(), path).close()
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(StoreCorruptError, match="has format 99, expected 1"):
        TextIndex(path)
    TextIndex.build(NodeStore(), path).close()
    path.write_bytes(path.read_bytes()[:8192])
    with pytest.raises(StoreCorruptError):
        TextIndex(path).search("matrix")


@pytest.mark.parametrize(
    ("code", "error"), [(sqlite3.SQLITE_FULL, DiskFullError), (sqlite3.SQLITE_IOERR, StoreError)]
)
def test_a_failed_build_leaves_what_was_there(tmp_path: Path, code: int, error: type[Exception]) -> None:
    class Full(NodeStore):
        def scan_nodes(self) -> Iterator[pa.RecordBatch]:
            yield from super().scan_nodes()
            failure = sqlite3.OperationalError("database or disk is full")
            failure.sqlite_errorcode = code
            raise failure

    TextIndex.build(NodeStore(), tmp_path / "t").close()
    before = (tmp_path / "t").read_bytes()
    with pytest.raises(error):
        TextIndex.build(Full(), tmp_path / "t")
    assert (tmp_path / "t").read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["t"]
