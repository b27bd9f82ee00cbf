"""From the files of a data set to ids and texts, checked but not yet audited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import numpy as np

from ..errors import DataError, ReadError
from ..kg.vocab import Vocab
from .catalogue import Role
from .config import DataConfig
from .dataset import Dataset, SourceFile, Texts, Triples
from .layout import SPLITS, Layout, find_layout
from .lines import Form, Lines, read_lines
from .split import fill_splits
from .texts import TextTable, read_aliases, read_descriptions, read_names, readable, readable_relation
from .triples import SEPARATORS, id_columns, label_columns, order_ids, read_dictionary, sniff, to_ids

_Text = TypeVar("_Text")
_Read = tuple[dict[Role, Triples], Vocab, Vocab, tuple[Form, ...]]


def read_dataset(config: DataConfig) -> tuple[Dataset, tuple[Form, ...]]:
    """Read and check a data set, without an audit and without writing anything.

    Returns:
        the data set, and what was passed over in each file.

    Raises:
        ReadError: a file is missing or a line is malformed.
        DataError: an empty split, or a relation that train lacks.
    """
    layout = find_layout(config)
    files = {role: read_lines(layout.files[role]) for role in SPLITS if role in layout.files}
    for role, lines in files.items():
        _check_not_empty(role, lines, len(lines))
    kind = sniff(files["train"]) if layout.format == "auto" else layout.format
    reader = _read_labels if kind in SEPARATORS else _read_ids
    read, entities, relations, forms = reader(files, layout, kind)
    for role, triples in read.items():
        _check_not_empty(role, files[role], len(triples))
    none = np.empty((0, 3), dtype=np.int64)
    dataset = Dataset(
        name=layout.name,
        entities=entities,
        relations=relations,
        train=read["train"],
        valid=read.get("valid", none),
        test=read.get("test", none),
        texts=_read_texts(layout, entities, relations),
        sources=tuple(SourceFile(f.form.path, f.sha256, len(read[role])) for role, f in files.items()),
        notes=(*layout.notes, *(note for form in forms for note in form.notes())),
    )
    if "relations" not in layout.files and config.unseen_relations == "error":
        _check_relations(dataset)
    if "test" not in files or "valid" not in files:
        dataset = fill_splits(dataset, config.resplit_fraction, config.resplit_seed)
    return dataset, forms


def _read_labels(files: Mapping[Role, Lines], layout: Layout, kind: str) -> _Read:
    columns = {role: label_columns(lines, SEPARATORS[kind]) for role, lines in files.items()}
    fields = [own for _, own in columns.values()]
    entities, relations = _dictionary(layout, "entities"), _dictionary(layout, "relations")
    entities = entities or Vocab(sorted({label for own in fields for label in own[::3] + own[2::3]}))
    relations = relations or Vocab(sorted({label for own in fields for label in own[1::3]}))
    read = {role: to_ids(lines, own, entities, relations) for role, (lines, own) in columns.items()}
    return read, entities, relations, tuple(lines.form for lines, _ in columns.values())


def _read_ids(files: Mapping[Role, Lines], layout: Layout, kind: str) -> _Read:
    entities, relations = _dictionary(layout, "entities"), _dictionary(layout, "relations")
    if entities is None or relations is None:
        lacking = "entity2id.txt" if entities is None else "relation2id.txt"
        folder, problem = layout.files["train"].parent, f"the triples are ids, but {lacking} is missing"
        raise ReadError(folder, None, problem, fix="put the dictionary beside the triples")
    columns = {role: id_columns(lines) for role, lines in files.items()}
    triples = order_ids([*columns.values()], len(entities), len(relations), kind)
    forms = tuple(lines.form for lines, _ in columns.values())
    return dict(zip(columns, triples, strict=True)), entities, relations, forms


def _dictionary(layout: Layout, role: Role) -> Vocab | None:
    return read_dictionary(read_lines(layout.files[role])) if role in layout.files else None


def _read_texts(layout: Layout, entities: Vocab, relations: Vocab) -> Texts:
    files, own = layout.files, TextTable()
    relation_names: Mapping[str, str] = {}
    if "names" in files:
        own = read_names(files["names"], "gloss" if layout.text_style == "gloss" else "plain")
    elif layout.text_style == "label":
        own = TextTable(names={label: readable(label) for label in entities})
    if "relation_names" in files:
        relation_names = read_names(files["relation_names"]).names
    elif layout.text_style == "label":
        relation_names = {label: readable_relation(label) for label in relations}
    descriptions = read_descriptions(files["descriptions"]) if "descriptions" in files else own.descriptions
    aliases = read_aliases(files["aliases"]) if "aliases" in files else own.aliases
    return Texts(
        entity_names=_of(own.names, entities),
        relation_names=_of(relation_names, relations),
        descriptions=_of(descriptions, entities),
        aliases=_of(aliases, entities),
    )


def _of(table: Mapping[str, _Text], vocab: Vocab) -> dict[str, _Text]:
    return {label: text for label, text in table.items() if label in vocab}


def _check_not_empty(role: str, lines: Lines, rows: int) -> None:
    if not rows:
        problem = f"the {role} split is empty: {lines.form.path} holds no triples"
        raise DataError(f"{problem}; fetch it again or remove it")


def _check_relations(dataset: Dataset) -> None:
    seen = set(dataset.train[:, 1].tolist())
    for role in ("valid", "test"):
        unseen = [relation for relation in dataset.split(role)[:, 1].tolist() if relation not in seen]
        if unseen:
            raise DataError(
                f"relation {dataset.relations.label(unseen[0])!r} of {role} is never in train "
                f"({len(unseen):,} triples with such relations); check its spelling, "
                "or allow it with --set data.unseen_relations=keep"
            )
