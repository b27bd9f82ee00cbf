"""Writing a data set as a folder of plain files that ``load_dataset`` reads back."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..errors import DataError
from ..kg.vocab import Vocab
from .dataset import Dataset, Triples


def write_folder(dataset: Dataset, folder: Path, *, keep: bool = False) -> None:
    """Write triples, dictionaries, texts and ``manifest.json``; the folder appears whole or not at all.

    Args:
        dataset: what to write.
        folder: where; its parents are made.
        keep: leave a folder that exists as it is: a cache that another process filled meanwhile.

    Raises:
        DataError: the folder exists, cannot be written, or a label holds a tab or line end.
    """
    if folder.exists() and keep:
        return
    if folder.exists():
        raise DataError(f"{folder} exists already; remove it or choose another folder")
    _check_labels(dataset.entities)
    _check_labels(dataset.relations)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as temporary:
            whole = Path(temporary) / "whole"
            whole.mkdir()
            _write_files(dataset, whole)
            whole.rename(folder)
    except OSError as error:
        if keep and folder.exists():
            return
        raise DataError(f"cannot write {folder} ({error.strerror}); check path and disk") from None


def _write_files(dataset: Dataset, folder: Path) -> None:
    for split in ("train", "valid", "test"):
        _write(folder / f"{split}.txt", _label_rows(dataset, dataset.split(split)))
    _write(folder / "entities.txt", ([label] for label in dataset.entities))
    _write(folder / "relations.txt", ([label] for label in dataset.relations))
    texts = dataset.texts
    aliases = {label: "\t".join(_flat(alias) for alias in others) for label, others in texts.aliases.items()}
    tables: Mapping[str, Mapping[str, str]] = {
        "entity2text.txt": _all_flat(texts.entity_names),
        "relation2text.txt": _all_flat(texts.relation_names),
        "entity2textlong.txt": _all_flat(texts.descriptions),
        "aliases.txt": {label: others for label, others in aliases.items() if others},
    }
    for name, table in tables.items():
        if table:
            _write(folder / name, table.items())
    (folder / "manifest.json").write_text(json.dumps(_manifest(dataset), indent=2) + "\n", encoding="utf-8")


def _manifest(dataset: Dataset) -> dict[str, object]:
    sources = [{"file": s.path.name, "sha256": s.sha256, "rows": s.rows} for s in dataset.sources]
    rows = {split: len(dataset.split(split)) for split in ("train", "valid", "test")}
    return {"name": dataset.name, "rows": rows, "notes": list(dataset.notes), "sources": sources}


def _label_rows(dataset: Dataset, triples: Triples) -> Iterable[tuple[str, str, str]]:
    entity, relation = dataset.entities.labels, dataset.relations.labels
    return ((entity[h], relation[r], entity[t]) for h, r, t in triples.tolist())


def _write(path: Path, rows: Iterable[Iterable[str]]) -> None:
    path.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8", newline="\n")


def _all_flat(table: Mapping[str, str]) -> dict[str, str]:
    return {label: _flat(text) for label, text in table.items()}


def _flat(text: str) -> str:
    return " ".join(text.split())


def _check_labels(vocab: Vocab) -> None:
    for label in vocab:
        if set("\t\r\n") & set(label):
            raise DataError(f"label {label!r} holds a tab or a line end, so it cannot be written; rename it")
