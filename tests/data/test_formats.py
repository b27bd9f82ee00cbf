"""Triple files: every format gives the same triples, and every malformed line is named."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgllm.data import DataConfig, Dataset, load_dataset
from kgllm.data.lines import read_lines
from kgllm.data.read import read_dataset
from kgllm.errors import DataError, ReadError

Write = Callable[[Mapping[str, str]], Path]

ROWS = {
    "train": [("a", "r", "b"), ("b", "s", "c"), ("c", "r", "a"), ("a", "s", "c")],
    "valid": [("b", "r", "a")],
    "test": [("c", "s", "b")],
}
ENTITIES, RELATIONS = {"a": 0, "b": 1, "c": 2, "d": 3}, {"r": 0, "s": 1}


def _labelled(separator: str, end: str = "\n") -> dict[str, str]:
    return {f"{s}.txt": "".join(separator.join(row) + end for row in rows) for s, rows in ROWS.items()}


def _ids(order: str, *, count: bool, tab: bool = False) -> dict[str, str]:
    gap = "\t" if tab else " "
    files = {}
    for split, rows in ROWS.items():
        full = [{"h": ENTITIES[h], "r": RELATIONS[r], "t": ENTITIES[t]} for h, r, t in rows]
        lines = [gap.join(str(row[column]) for column in order) for row in full]
        files[f"{split}2id.txt"] = "\n".join(([str(len(rows))] if count else []) + lines) + "\n"
    for name, table in (("entity2id.txt", ENTITIES), ("relation2id.txt", RELATIONS)):
        lines = [f"{label}{gap}{index}" for label, index in table.items()]
        files[name] = "\n".join(([str(len(table))] if count else []) + lines) + "\n"
    return files


def _labels(dataset: Dataset) -> dict[str, list[tuple[str, str, str]]]:
    e, r = dataset.entities.labels, dataset.relations.labels
    return {s: [(e[h], r[q], e[t]) for h, q, t in dataset.split(s).tolist()] for s in ROWS}


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(_labelled("\t"), id="tsv"),
        pytest.param(_labelled("\t", "\r\n"), id="tsv-crlf"),
        pytest.param(_labelled("|"), id="pipe"),
        pytest.param(_ids("htr", count=True), id="openke-count"),
        pytest.param(_ids("htr", count=False), id="openke-plain"),
        pytest.param(_ids("hrt", count=True, tab=True), id="openke-hrt-count"),
        pytest.param(_ids("hrt", count=False), id="openke-hrt-plain"),
    ],
)
def test_every_format_gives_the_same_triples_found_by_content(write: Write, files: dict[str, str]) -> None:
    assert _labels(load_dataset(write(files))) == ROWS


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    rows=st.lists(
        st.tuples(
            *[st.text(st.characters(codec="utf-8", exclude_characters="\t\r\n|"), min_size=1)] * 3
        ).filter(lambda row: not "".join(row).isspace() and {*row} != {"head", "relation", "tail"}),
        min_size=1,
        max_size=12,
    ),
    end=st.sampled_from(["\n", "\r\n"]),
    bom=st.booleans(),
    packed=st.booleans(),
    separator=st.sampled_from(["\t", "|"]),
)
def test_any_labels_survive_any_line_ends_and_packing(
    tmp_path: Path, rows: list[tuple[str, str, str]], end: str, bom: bool, packed: bool, separator: str
) -> None:
    raw = ("\ufeff" * bom + end.join(separator.join(row) for row in rows) + end).encode()
    for split in ROWS:
        (tmp_path / f"{split}.txt").write_bytes(gzip.compress(raw) if packed else raw)
    form = "tsv" if separator == "\t" else "pipe"
    # a label that itself begins with the mark cannot be told from a mark of the file
    if not rows[0][0].startswith("\ufeff"):
        dataset, forms = read_dataset(DataConfig(name=str(tmp_path), format=form))
        assert _labels(dataset)["train"] == rows
        assert [f.crlf for f in forms] == [len(rows) * (end == "\r\n")] * 3
        assert all(f.bom == bom for f in forms)


def test_blank_lines_header_and_crlf_are_passed_over_and_reported(write: Write) -> None:
    files = _labelled("\t")
    files["train.txt"] = "Head\tRelation\tTail\r\n\r\n" + files["train.txt"]
    dataset = load_dataset(write(files))
    assert _labels(dataset) == ROWS
    notes = "\n".join(dataset.notes)
    assert "train.txt: CRLF line ends read as LF: 2" in notes
    assert "train.txt: blank lines skipped: 1" in notes
    assert "'Head\\tRelation\\tTail' taken for a header" in notes


def test_duplicate_rows_are_kept_and_ids_follow_the_dictionary(write: Write) -> None:
    files = _labelled("\t")
    files["train.txt"] += "a\tr\tb\n"
    files["entities.txt"] = "d\nc\nb\na\n"
    dataset = load_dataset(write(files))
    assert dataset.entities.labels == ("d", "c", "b", "a")
    assert len(dataset.train) == 5
    np.testing.assert_array_equal(dataset.train[0], dataset.train[4])


def test_ids_without_a_dictionary_are_sorted_labels(write: Write) -> None:
    dataset = load_dataset(write(_labelled("\t")))
    assert dataset.entities.labels == ("a", "b", "c")
    assert dataset.relations.labels == ("r", "s")


def _broken(name: str, text: str, base: dict[str, str] | None = None) -> dict[str, str]:
    return {**(base or _labelled("\t")), name: text}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            _broken("train.txt", "a\tr\tb\n\na\tr\tb\tc\n"),
            r"train\.txt:3: found 4 columns .* in 'a\\tr\\tb\\tc'",
        ),
        (_broken("valid.txt", "a\tr\n"), r"valid\.txt:1: found 2 columns"),
        (_broken("train.txt", "a\tr\tb\na\t\tb\n"), r"train\.txt:2: a column is empty"),
        (_broken("train.txt", "a r b\n"), r"train\.txt:1: expected three columns .* separate .* by tabs"),
        (_broken("train.txt", "a\tr\tb\ra\tr\tc\n"), r"train\.txt:1: a carriage return"),
        (_broken("entities.txt", "a\nb\n"), r"train\.txt:2: entity 'c' is not in the dictionary"),
        (_broken("relations.txt", "r\n"), r"train\.txt:2: relation 's' is not in the dictionary"),
        (_broken("entities.txt", "a\nb\nc\na\n"), r"entities\.txt: label 'a' occurs twice"),
        (_broken("train2id.txt", "0 1\n", _ids("htr", count=False)), r"train2id\.txt:1: found 2 fields"),
        (_broken("train2id.txt", "0 1 x\n", _ids("htr", count=False)), r":1: ids must be whole numbers"),
        (
            _broken("train2id.txt", "0 1 " + "9" * 30, _ids("htr", count=False)),
            r":1: ids must be whole numbers",
        ),
        (
            _broken("train2id.txt", "3\n0 1 0\n", _ids("htr", count=False)),
            r":1: the count line says 3, but 1",
        ),
        (_broken("entity2id.txt", "a 0\nb 0\n", _ids("htr", count=False)), r":2: id 0 occurs twice"),
        (_broken("entity2id.txt", "a\n", _ids("htr", count=False)), r":1: expected a label and its id"),
        (
            _broken("train2id.txt", "0 1 0\n0 9 1\n", _ids("htr", count=False)),
            r":2: entity id 9 is not below 4",
        ),
        (_broken("valid2id.txt", "0 1 -1\n", _ids("htr", count=False)), r":1: relation id -1"),
    ],
)
def test_a_malformed_line_is_named_with_its_number(write: Write, files: dict[str, str], said: str) -> None:
    with pytest.raises(ReadError, match=said):
        load_dataset(write(files))


def test_a_swap_of_tail_and_relation_is_recognised(write: Write) -> None:
    folder = write(_ids("hrt", count=False))
    with pytest.raises(ReadError, match=r"relation id 2 .*swapped.*data\.format=openke-hrt"):
        load_dataset(DataConfig(name=str(folder), format="openke-htr"))


def test_ids_that_fit_both_orders_are_not_guessed(write: Write) -> None:
    files = _ids("htr", count=False) | {f"{split}2id.txt": "0 1 0\n" for split in ROWS}
    with pytest.raises(ReadError, match=r"fit both column orders; set data\.format"):
        load_dataset(write(files))
    config = DataConfig(name=str(write(files)), format="openke-hrt", audit="off")
    np.testing.assert_array_equal(load_dataset(config).train, [[0, 1, 0]])


def test_ids_without_dictionary_files_are_refused_but_may_use_those_of_the_folder_above(write: Write) -> None:
    folder = write(_ids("htr", count=False))
    below = folder / "clean"
    below.mkdir()
    for split in ROWS:
        (folder / f"{split}2id.txt").rename(below / f"{split}2id.txt")
    assert _labels(load_dataset(below)) == ROWS
    (folder / "relation2id.txt").unlink()
    with pytest.raises(ReadError, match=r"relation2id\.txt is missing; put the dictionary"):
        load_dataset(below)


def test_files_that_are_missing_torn_or_not_utf8(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"cannot be read \(No such file"):
        read_lines(tmp_path / "gone.txt")
    torn = tmp_path / "torn.txt.gz"
    torn.write_bytes(gzip.compress(b"a\tr\tb\n" * 100)[:-20])
    with pytest.raises(ReadError, match="gzip file is incomplete"):
        read_lines(torn)
    latin = tmp_path / "latin.txt"
    latin.write_bytes(b"a\tr\tb\ncaf\xe9\tr\tb\n")
    with pytest.raises(ReadError, match=r"latin\.txt:2: byte 0xe9 is not UTF-8"):
        read_lines(latin)


@pytest.mark.parametrize("split", ["train", "valid", "test"])
@pytest.mark.parametrize("text", ["", "\n\n", "head\trelation\ttail\n"])
def test_an_empty_split_is_an_error(write: Write, split: str, text: str) -> None:
    with pytest.raises(DataError, match=rf"the {split} split is empty: .*{split}\.txt"):
        load_dataset(write(_broken(f"{split}.txt", text)))


def test_metaqa_reads_as_pipes_and_is_split(data_root: Callable[[str], Path]) -> None:
    dataset = load_dataset(data_root("metaqa") / "kb.txt.gz")
    assert len(dataset.all_triples) == 133_582
    assert len(dataset.relations) == 9
    assert "directed_by" in dataset.relations


def test_crlf_fixture_gives_the_entities_of_the_plain_file(data_root: Callable[[str], Path]) -> None:
    folder = data_root("fb15k-237")
    crlf = read_lines(folder / "valid.crlf-original.txt.gz")
    plain = read_lines(folder / "valid.txt.gz")
    assert crlf.text == plain.text
    assert crlf.form.crlf == 17_535
    assert crlf.sha256 != plain.sha256
