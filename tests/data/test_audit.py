"""The auditor against golden figures of public sets, and against plain sets of tuples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgllm.data import DataConfig, Dataset, load_dataset
from kgllm.data.audit import audit, audit_inductive
from kgllm.data.dataset import Texts
from kgllm.data.lines import Form
from kgllm.data.read import read_dataset
from kgllm.errors import AuditError, DataError
from kgllm.kg import Vocab

Write = Callable[[Mapping[str, str]], Path]
Rows = list[tuple[int, int, int]]

# set, folder, entities, in train, relations, in train, rows, unseen, pairs, loops, dedup of train and test
GOLDEN = [
    ("umls", "umls", 135, 135, 46, 46, (5216, 652, 661), (0, 0), (421, 270), 0, (6.69, 1.88)),
    ("nations", "nations", 14, 14, 55, 55, (1592, 199, 201), (0, 0), (201, 201), 0, (3.50, 1.40)),
    ("kinships", "kinships", 104, 104, 25, 25, (8544, 1068, 1074), (0, 0), (875, 875), 0, (5.46, 1.51)),
    ("countries-s1", "countries", 271, 271, 2, 2, (1111, 24, 24), (0, 0), (0, 0), 1, (3.56, 1.71)),
    ("countries-s2", "countries", 271, 271, 2, 2, (1063, 24, 24), (0, 0), (0, 0), 1, (3.69, 1.71)),
    ("countries-s3", "countries", 271, 271, 2, 2, (985, 24, 24), (0, 0), (0, 0), 1, (3.42, 1.71)),
    ("codex-s", "codex-s", 2034, 2034, 42, 42, (32888, 1827, 1828), (0, 0), (286, 258), 0, (5.54, 1.81)),
    ("fb15k-237", "fb15k-237", 14541, 14505, 237, 237, (272115, 17535, 20466), (9, 28), (0, 0), 1806,
     (3.64, 1.79)),
    ("wn18rr", "wn18rr", 40943, 40559, 11, 11, (86835, 3034, 3134), (210, 210), (1096, 1095), 9,
     (1.68, 1.10)),
    ("db15k", "db15k", 12842, 12785, 279, 273, (79222, 9904, 9902), (3, 77), (2899, 678), 1228, (2.11, 1.38)),
    ("db15k-clean", "db15k", 12842, 12785, 279, 273, (75222, 4073, 9902), (0, 77), (2804, 655), 859,
     (2.08, 1.38)),
    ("grail-fb15k237-v1", "grail-inductive", 1594, 1594, 180, 180, (4245, 489, 492), (0, 0), (131, 113), 0,
     (1.75, 1.33)),
    ("grail-fb15k237-v1-ind", "grail-inductive", 1093, 1093, 142, 142, (1993, 206, 205), (0, 0), (67, 54), 0,
     (1.52, 1.12)),
    ("grail-fb15k237-v2", "grail-inductive", 2608, 2608, 200, 200, (9739, 1166, 1180), (0, 0), (395, 322), 0,
     (1.95, 1.35)),
    ("grail-fb15k237-v2-ind", "grail-inductive", 1660, 1660, 172, 172, (4145, 469, 478), (0, 0), (197, 158),
     0, (1.75, 1.21)),
    ("grail-wn18rr-v1", "grail-inductive", 2746, 2746, 9, 9, (5410, 630, 638), (0, 0), (334, 333), 0,
     (1.58, 1.10)),
    ("grail-wn18rr-v1-ind", "grail-inductive", 922, 922, 8, 8, (1618, 185, 188), (0, 0), (118, 118), 0,
     (1.51, 1.07)),
    ("grail-wn18rr-v2", "grail-inductive", 6954, 6954, 10, 10, (15262, 1838, 1868), (0, 0), (979, 978), 0,
     (1.62, 1.09)),
    ("grail-wn18rr-v2-ind", "grail-inductive", 2757, 2757, 10, 10, (4011, 411, 441), (0, 0), (268, 268), 0,
     (1.41, 1.07)),
]  # fmt: skip


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: row[0])
def test_t27_golden_figures(data_root: Callable[[str], Path], row: tuple[object, ...]) -> None:
    data_root(str(row[1]))
    counts = audit(read_dataset(DataConfig(name=str(row[0])))[0]).counts
    found = (
        counts.entities,
        counts.entities_in_train,
        counts.relations,
        counts.relations_in_train,
        tuple(counts.rows[split] for split in ("train", "valid", "test")),
        tuple(counts.unseen_entity[split] for split in ("valid", "test")),
        (counts.pair_in_train, counts.pair_reversed),
        counts.loops,
        tuple(round(counts.queries_per_unique[split], 2) for split in ("train", "test")),
    )
    assert found == row[2:]


def test_t27_db15k_valid_repeats_train_and_test(data_root: Callable[[str], Path]) -> None:
    data_root("db15k")
    counts = audit(read_dataset(DataConfig(name="db15k"))[0]).counts
    assert (counts.rows["valid"], counts.distinct["valid"]) == (9_904, 7_481)
    assert (counts.overlap["valid/train"], counts.overlap_rows["valid/train"]) == (6_584, 8_719)
    assert (counts.overlap["valid/test"], counts.overlap["test/train"]) == (824, 0)
    assert (counts.unseen_relation["test"], counts.relations - counts.relations_in_train) == (7, 6)
    with pytest.raises(AuditError) as refused:
        load_dataset("db15k")
    for fact in ("9,904 rows", "7,481 distinct", "6,584 are in train", "824 in test", "73 are new"):
        assert fact in str(refused.value)
    assert "--set data.resplit_if_leaky=true" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_t27_no_other_set_has_duplicates_or_overlap(data_root: Callable[[str], Path]) -> None:
    for name, folder in (("umls", "umls"), ("codex-s", "codex-s"), ("db15k-clean", "db15k")):
        data_root(folder)
        counts = audit(read_dataset(DataConfig(name=name))[0]).counts
        assert counts.rows == counts.distinct
        assert set(counts.overlap.values()) == {0}


def test_t27_crlf_copy_has_the_same_entities_where_a_naive_reader_sees_more(
    data_root: Callable[[str], Path], tmp_path: Path
) -> None:
    import gzip

    folder = data_root("fb15k-237")
    naive = set()
    for split in ("train", "valid", "test"):
        crlf = gzip.decompress((folder / f"{split}.txt.gz").read_bytes()).replace(b"\n", b"\r\n")
        (tmp_path / f"{split}.txt").write_bytes(crlf)
        for line in crlf.decode().split("\n")[:-1]:
            naive.update(line.split("\t")[::2])
    assert len(naive) == 27_395
    dataset, forms = read_dataset(DataConfig(name=str(tmp_path)))
    assert len(dataset.entities) == 14_541
    assert [form.crlf for form in forms] == [272_115, 17_535, 20_466]
    assert "train.txt: CRLF line ends read as LF: 272,115" in dataset.notes


def test_t27_countries_repeat_one_triple_and_hold_one_loop(data_root: Callable[[str], Path]) -> None:
    data_root("countries")
    for name in ("countries-s1", "countries-s2", "countries-s3"):
        report = audit(load_dataset(name))
        found = {(f.check, f.count, f.example) for f in report.findings}
        assert ("duplicates", 1, "(micronesia, locatedin, oceania)") in found
        assert ("pairs", 1, "(micronesia, locatedin, micronesia)") in found


def test_grail_pairs_share_no_entity_and_bring_no_new_relation(data_root: Callable[[str], Path]) -> None:
    data_root("grail-inductive")
    for name in ("grail-fb15k237-v1", "grail-fb15k237-v2", "grail-wn18rr-v1", "grail-wn18rr-v2"):
        assert audit_inductive(load_dataset(name), load_dataset(f"{name}-ind")) == ()


def _dataset(train: Rows, valid: Rows, test: Rows, names: Mapping[str, str] | None = None) -> Dataset:
    arrays = [np.array(rows, dtype=np.int64).reshape(-1, 3) for rows in (train, valid, test)]
    entities, relations = Vocab(f"e{i}" for i in range(6)), Vocab(f"r{i}" for i in range(3))
    return Dataset("toy", entities, relations, *arrays, texts=Texts(names or {}))


_ROWS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2), st.integers(0, 5)), min_size=1, max_size=25)


@settings(deadline=None)
@given(train=_ROWS, valid=_ROWS, test=_ROWS)
def test_t27_counts_equal_those_of_plain_sets(train: Rows, valid: Rows, test: Rows) -> None:
    counts = audit(_dataset(train, valid, test)).counts
    seen = {e for h, _, t in train for e in (h, t)}
    pairs = {(h, t) for h, _, t in train}
    assert counts.entities_in_train == len(seen)
    assert counts.relations_in_train == len({r for _, r, _ in train})
    assert counts.distinct == {"train": len(set(train)), "valid": len(set(valid)), "test": len(set(test))}
    assert counts.overlap == {
        "valid/train": len(set(valid) & set(train)),
        "test/train": len(set(test) & set(train)),
        "valid/test": len(set(valid) & set(test)),
    }
    assert counts.overlap_rows["valid/train"] == sum(row in train for row in valid)
    assert counts.unseen_entity["test"] == sum(not {h, t} <= seen for h, _, t in test)
    assert counts.unseen_relation["valid"] == sum(r not in {q for _, q, _ in train} for _, r, _ in valid)
    assert counts.pair_in_train == sum((h, t) in pairs or (t, h) in pairs for h, _, t in test)
    assert counts.pair_reversed == sum((t, h) in pairs for h, _, t in test)
    assert counts.loops == sum(h == t for h, _, t in train + valid + test)
    queries = {(h, r, 0) for h, r, _ in test} | {(t, r, 1) for _, r, t in test}
    assert counts.queries_per_unique["test"] == pytest.approx(2 * len(test) / len(queries))


@settings(deadline=None)
@given(train=_ROWS, valid=_ROWS, test=_ROWS)
def test_strict_refuses_exactly_the_sets_whose_splits_overlap(train: Rows, valid: Rows, test: Rows) -> None:
    report = audit(_dataset(train, valid, test))
    overlap = set(valid) & (set(train) | set(test)) or set(test) & set(train)
    assert bool(report.errors) == bool(overlap)
    assert [f.severity for f in report.findings] == sorted(
        (f.severity for f in report.findings), key=["error", "warning", "info"].index
    )


def test_near_duplicate_inverse_and_symmetric_relations_are_found() -> None:
    n = 12
    entities, relations = (
        Vocab(f"e{i}" for i in range(2 * n)),
        Vocab(("loves", "adores", "loved_by", "meets", "x")),
    )
    edges = [(i, n + i) for i in range(n)]
    rows = [(a, 0, b) for a, b in edges]
    rows += [(a, 1, b) for a, b in edges[:-1]]
    rows += [(b, 2, a) for a, b in edges]
    rows += [(a, 3, a + 1) for a in range(n)] + [(a + 1, 3, a) for a in range(n)]
    rows += [(a, 4, b) for a, b in edges[:3]]
    train = np.array(rows, dtype=np.int64)
    report = audit(Dataset("toy", entities, relations, train, train[:0], train[:0]))
    found = {f.message: (f.count, f.example) for f in report.findings if f.check == "relations"}
    assert found == {
        "pairs of relations that are near-duplicates of each other: 1": (
            1, "loves and adores (92% of pairs in common)"),
        "pairs of relations that are inverses of each other: 2": (
            2, "loves and loved_by (100% of pairs in common)"),
        "symmetric relations: 1": (1, "meets (100% of pairs both ways)"),
    }  # fmt: skip


def test_findings_say_what_follows_and_what_to_do() -> None:
    names = {"e0": "Alpha", "e1": "Alpha", "e2": ""}
    rows = [(0, 0, 1), (0, 0, 1), (2, 2, 2)]
    dataset = _dataset(rows, [(3, 1, 4)], [(1, 0, 0), (0, 0, 1)], names)
    report = audit(dataset, [Form(Path("train.txt"), crlf=3, blank=1)])
    by_check = {f.check: f for f in report.findings}
    assert set(by_check) == {"overlap", "duplicates", "form", "unseen", "pairs", "names"}
    assert all(f.message and f.example and f.consequence and f.remedy and f.count for f in report.findings)
    messages = [f.message for f in report.findings]
    assert "entities that never occur in train: 3 (in 1 valid and 0 test triples)" in messages
    assert "relations that never occur in train: 1 (in 1 valid and 0 test triples)" in messages
    assert "entities without a name: 4 (the answer of 0 test queries)" in messages
    assert "entities that share a name: 2 (1 names)" in messages
    assert "distinct triples of test that are in train: 1 of 2" in messages
    assert report.to_dict()["counts"]["rows"]["train"] == 3


def test_an_inductive_pair_with_common_ground_is_flagged() -> None:
    first = _dataset([(0, 0, 1)], [], [])
    found = {f.severity: f for f in audit_inductive(first, _dataset([(2, 1, 3)], [], []))}
    assert (found["error"].count, found["warning"].count) == (6, 2)
    assert "r1" in found["warning"].example


LEAKY = {"train.txt": "a\tr\tb\nb\tr\tc\n", "valid.txt": "a\tr\tb\n", "test.txt": "c\tr\ta\n"}


def test_warn_notes_what_strict_refuses_and_off_does_not_look(write: Write) -> None:
    folder = str(write(LEAKY))
    with pytest.raises(AuditError, match="1 rows, 1 distinct: 1 are in train"):
        load_dataset(folder)
    warned = load_dataset(DataConfig(name=folder, audit="warn"))
    assert any("1 are in train, 0 in test, 0 are new" in note for note in warned.notes)
    assert load_dataset(DataConfig(name=folder, audit="off")).notes == ()


def test_a_relation_that_train_lacks_is_an_error_unless_kept_or_listed(write: Write) -> None:
    files = {"train.txt": "a\tr\tb\n", "valid.txt": "b\tr\ta\n", "test.txt": "a\ts\tb\n"}
    folder = write(files)
    with pytest.raises(
        DataError, match=r"relation 's' of test is never in train .*data\.unseen_relations=keep"
    ):
        load_dataset(folder)
    kept = load_dataset(DataConfig(name=str(folder), unseen_relations="keep"))
    assert "relations that never occur in train: 1 (in 0 valid and 1 test triples)" in kept.notes
    listed = load_dataset(write({**files, "relations.txt": "r\ns\n"}))
    assert len(listed.relations) == 2
