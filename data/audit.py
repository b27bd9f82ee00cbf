"""The auditor: what is wrong with the files and splits of a data set, before anything is trained on it.

The checks are those that public link-prediction sets fail: repeated triples, splits that overlap, entities
and relations that train lacks, pairs and relations that give answers away, names that do not tell entities
apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from .audit_relations import relation_findings
from .audit_report import AuditReport, Counts, Finding
from .dataset import Dataset, Triples
from .keys import Keys, pair_keys, triple_keys
from .lines import Form
from .queries import AnswerTable

SPLITS = ("train", "valid", "test")
_OVERLAPS = (("valid", "train"), ("test", "train"), ("valid", "test"))
_ORDER = {"error": 0, "warning": 1, "info": 2}


def audit(dataset: Dataset, forms: Sequence[Form] = ()) -> AuditReport:
    """Audit one data set.

    Args:
        dataset: as read, duplicates and all.
        forms: what the reader passed over in its files.

    Returns:
        counts, and findings with errors first. Overlap of splits is an error; the rest is not.
    """
    keys = {split: _keys(dataset, dataset.split(split)) for split in SPLITS}
    counts = _count(dataset, keys)
    findings = [
        *_form_findings(forms),
        *_overlap_findings(dataset, keys, counts),
        *_duplicate_findings(dataset, keys, counts),
        *_unseen_findings(dataset, counts),
        *_pair_findings(dataset, counts),
        *relation_findings(dataset),
        *_name_findings(dataset),
    ]
    return AuditReport(dataset.name, counts, tuple(sorted(findings, key=lambda f: _ORDER[f.severity])))


def audit_inductive(train_set: Dataset, test_set: Dataset) -> tuple[Finding, ...]:
    """Check that a second graph really has new entities and known relations, compared by label."""
    shared = [label for label in test_set.entities if label in train_set.entities]
    known = {train_set.relations.label(r) for r in np.unique(train_set.train[:, 1])}
    unseen = [label for label in test_set.relations if label not in known]
    found = []
    if shared:
        found.append(
            Finding(
                "inductive", "error", len(shared),
                f"entities that are in both graphs: {len(shared):,}", shared[0],
                "the test is not inductive for them", "remove them from one graph",
            )
        )  # fmt: skip
    if unseen:
        found.append(
            Finding(
                "inductive", "warning", len(unseen),
                f"relations that are new in the second graph: {len(unseen):,}", unseen[0],
                "a model has no parameters for them", "report their triples apart",
            )
        )  # fmt: skip
    return tuple(found)


def _keys(dataset: Dataset, triples: Triples) -> Keys:
    return triple_keys(triples, len(dataset.entities), len(dataset.relations))


def _count(dataset: Dataset, keys: dict[str, Keys]) -> Counts:
    sizes = len(dataset.entities), len(dataset.relations)
    seen_entity, seen_relation = _seen(dataset)
    distinct = {split: np.unique(k) for split, k in keys.items()}
    held = {split: dataset.split(split) for split in ("valid", "test")}
    same, reverse = _pair_masks(dataset)
    tables = {split: AnswerTable.build(dataset.split(split), *sizes) for split in ("train", "test")}
    return Counts(
        entities=sizes[0],
        entities_in_train=int(seen_entity.sum()),
        relations=sizes[1],
        relations_in_train=int(seen_relation.sum()),
        rows={split: len(k) for split, k in keys.items()},
        distinct={split: len(k) for split, k in distinct.items()},
        overlap={f"{a}/{b}": int(np.isin(distinct[a], distinct[b]).sum()) for a, b in _OVERLAPS},
        overlap_rows={f"{a}/{b}": int(np.isin(keys[a], distinct[b]).sum()) for a, b in _OVERLAPS},
        unseen_entity={
            split: int((~seen_entity[t[:, [0, 2]]]).any(axis=1).sum()) for split, t in held.items()
        },
        unseen_relation={split: int((~seen_relation[t[:, 1]]).sum()) for split, t in held.items()},
        pair_in_train=int((same | reverse).sum()),
        pair_reversed=int(reverse.sum()),
        loops=int((dataset.all_triples[:, 0] == dataset.all_triples[:, 2]).sum()),
        queries_per_unique={s: 2 * len(keys[s]) / len(t) if len(t) else 0.0 for s, t in tables.items()},
    )


def _seen(dataset: Dataset) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(entities,) and (relations,) bool: which occur in train."""
    entity = np.zeros(len(dataset.entities), dtype=bool)
    relation = np.zeros(len(dataset.relations), dtype=bool)
    entity[dataset.train[:, [0, 2]]] = True
    relation[dataset.train[:, 1]] = True
    return entity, relation


def _pair_masks(dataset: Dataset) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(test,) bool twice: the entity pair occurs in train as it stands; it occurs the other way round."""
    n = len(dataset.entities)
    known = np.unique(pair_keys(dataset.train[:, 0], dataset.train[:, 2], n))
    heads, tails = dataset.test[:, 0], dataset.test[:, 2]
    return np.isin(pair_keys(heads, tails, n), known), np.isin(pair_keys(tails, heads, n), known)


def _show(dataset: Dataset, triple: Sequence[int]) -> str:
    entity, relation = dataset.entities.labels, dataset.relations.labels
    return f"({entity[triple[0]]}, {relation[triple[1]]}, {entity[triple[2]]})"


def _form_findings(forms: Sequence[Form]) -> Iterator[Finding]:
    for form in forms:
        for note in form.notes():
            yield Finding(
                "form", "warning", 1, note, str(form.path),
                "other readers may fail, or see other labels" if not form.crlf else
                "a reader that splits on LF only sees other entities",
                "write the file with LF line ends and nothing but triples",
            )  # fmt: skip


def _overlap_findings(dataset: Dataset, keys: dict[str, Keys], counts: Counts) -> Iterator[Finding]:
    known = np.isin(keys["valid"], np.concatenate([keys["train"], keys["test"]]))
    if known.any():
        distinct, new = counts.distinct["valid"], len(np.unique(keys["valid"][~known]))
        yield Finding(
            "overlap", "error", distinct - new,
            f"valid has {counts.rows['valid']:,} rows, {distinct:,} distinct: "
            f"{counts.overlap['valid/train']:,} are in train, {counts.overlap['valid/test']:,} in test, "
            f"{new:,} are new",
            _show(dataset, dataset.valid[int(known.argmax())]),
            "selection on valid rewards memory, and training on it leaks test",
            "set data.resplit_if_leaky=true, or use a clean split",
        )  # fmt: skip
    shared = counts.overlap["test/train"]
    if shared:
        first = int(np.isin(keys["test"], keys["train"]).argmax())
        yield Finding(
            "overlap", "error", shared,
            f"distinct triples of test that are in train: {shared:,} of {counts.distinct['test']:,}",
            _show(dataset, dataset.test[first]),
            "test results measure memory, not prediction", "remove them from train",
        )  # fmt: skip


def _duplicate_findings(dataset: Dataset, keys: dict[str, Keys], counts: Counts) -> Iterator[Finding]:
    for split in SPLITS:
        extra = counts.rows[split] - counts.distinct[split]
        if extra:
            first = np.unique(keys[split], return_index=True)[1]
            repeated = np.setdiff1d(np.arange(len(keys[split])), first)[0]
            yield Finding(
                "duplicates", "warning", extra, f"rows of {split} that repeat an earlier one: {extra:,}",
                _show(dataset, dataset.split(split)[repeated]),
                "these triples weigh more than others", "keep one copy of each",
            )  # fmt: skip


def _unseen_findings(dataset: Dataset, counts: Counts) -> Iterator[Finding]:
    entity, relation = _seen(dataset)
    for kind, mask, vocab, touched in (
        ("entities", entity, dataset.entities, counts.unseen_entity),
        ("relations", relation, dataset.relations, counts.unseen_relation),
    ):
        lacking = np.flatnonzero(~mask)
        if len(lacking):
            yield Finding(
                "unseen", "warning", len(lacking),
                f"{kind} that never occur in train: {len(lacking):,} (in {touched['valid']:,} valid and "
                f"{touched['test']:,} test triples)",
                vocab.label(int(lacking[0])),
                f"a model that learns one vector per label cannot rank such {kind}",
                "keep the triples and report them apart",
            )  # fmt: skip


def _pair_findings(dataset: Dataset, counts: Counts) -> Iterator[Finding]:
    same, reverse = _pair_masks(dataset)
    if counts.pair_in_train:
        share = counts.pair_in_train / counts.rows["test"]
        row = int(np.flatnonzero(same | reverse)[0])
        yield Finding(
            "pairs", "info", counts.pair_in_train,
            f"test triples whose entity pair is in train: {counts.pair_in_train:,} ({share:.0%}), "
            f"{counts.pair_reversed:,} of them the other way round",
            _show(dataset, dataset.test[row]),
            "remembering pairs already answers them", "report the group pair-in-train apart",
        )  # fmt: skip
    if counts.loops:
        triples = dataset.all_triples
        row = int(np.flatnonzero(triples[:, 0] == triples[:, 2])[0])
        yield Finding(
            "pairs", "info", counts.loops, f"triples with head = tail: {counts.loops:,}",
            _show(dataset, triples[row]), "the query names its own answer", "check that they are meant",
        )  # fmt: skip


def _name_findings(dataset: Dataset) -> Iterator[Finding]:
    names = dataset.texts.entity_names
    if not names:
        return
    lacking = [label for label in dataset.entities if not names.get(label)]
    if lacking:
        nameless = np.array([not names.get(label) for label in dataset.entities])
        golds = int(nameless[dataset.test[:, [0, 2]]].sum())
        yield Finding(
            "names", "info", len(lacking),
            f"entities without a name: {len(lacking):,} (the answer of {golds:,} test queries)",
            lacking[0], "a model that reads names sees only their labels",
            "name them, or set data.missing_names=id",
        )  # fmt: skip
    counts = Counter(name for label in dataset.entities if (name := names.get(label)))
    shared = {name: count for name, count in counts.items() if count > 1}
    if shared:
        total = sum(shared.values())
        yield Finding(
            "names", "info", total, f"entities that share a name: {total:,} ({len(shared):,} names)",
            max(shared, key=lambda name: (shared[name], name)),
            "a model that reads names cannot tell them apart",
            "set data.duplicate_names=number, or make names distinct",
        )  # fmt: skip
