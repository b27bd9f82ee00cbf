"""Which file of a data set plays which role: from the catalogue, or by the usual names in a folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import DataError
from .catalogue import Role, cache_root, catalogue, find_set, local_files, plain_or_gzip
from .config import DataConfig, Format

SPLITS: tuple[Role, ...] = ("train", "valid", "test")
_USUAL: Mapping[Role, tuple[str, ...]] = {
    "train": ("train.txt", "train.tsv", "train2id.txt"),
    "valid": ("valid.txt", "valid.tsv", "valid2id.txt", "dev.txt", "dev.tsv"),
    "test": ("test.txt", "test.tsv", "test2id.txt"),
    "entities": ("entities.txt", "entity2id.txt"),
    "relations": ("relations.txt", "relation2id.txt"),
    "names": ("entity2text.txt",),
    "relation_names": ("relation2text.txt",),
    "descriptions": ("entity2textlong.txt",),
    "aliases": ("aliases.txt",),
}


@dataclass(frozen=True)
class Layout:
    """The files of one data set.

    Attributes:
        name: catalogue name, or name of the folder or file.
        files: path by role; ``train`` is always there.
        format: layout of the triples.
        text_style: see ``CatalogueSet.text_style``.
        notes: what a result must mention.
    """

    name: str
    files: Mapping[Role, Path]
    format: Format = "auto"
    text_style: Literal["plain", "gloss", "label"] = "plain"
    notes: tuple[str, ...] = ()


def find_layout(config: DataConfig) -> Layout:
    """Where the files of ``config.name`` lie: a catalogue name wins over a path.

    Raises:
        DataError: neither a known set nor a folder or file of triples; files missing or ambiguous.
    """
    if config.name in catalogue():
        layout = _catalogue_layout(config.name)
    else:
        path = Path(config.name).expanduser()
        if not path.exists():
            find_set(config.name)  # says what is near
        layout = _folder_layout(path) if path.is_dir() else Layout(path.name.split(".")[0], {"train": path})
    return _with_settings(layout, config)


def _catalogue_layout(name: str) -> Layout:
    if name == "world":
        from .world import build_world, world_folder

        folder = world_folder(cache_root())
        if not folder.exists():
            build_world(folder, keep=True)
        return Layout(name, _folder_layout(folder).files, "tsv")
    entry = find_set(name)
    files = local_files(entry)
    absent = [entry.files[role].path for role in entry.files if role not in files]
    notes = tuple(f"{path} is not on this machine; its texts are missing" for path in absent)
    return Layout(name, files, entry.format, entry.text_style, notes)


def _folder_layout(folder: Path) -> Layout:
    files = {role: path for role in _USUAL if (path := _one_of(folder, role))}
    if "train" not in files:
        raise DataError(
            f"{folder} has no {', '.join(_USUAL['train'])} (plain or .gz); put the training triples there"
        )
    if "test" not in files and "valid" in files:
        raise DataError(
            f"{folder} has valid but no test triples; add test.txt, or remove valid to split train"
        )
    if "2id" in files["train"].name:
        for role in ("entities", "relations"):  # derived splits may stand in a folder below the dictionaries
            if role not in files and (path := _one_of(folder.resolve().parent, role)):
                files[role] = path
    return Layout(folder.resolve().name, files)


def _one_of(folder: Path, role: Role) -> Path | None:
    found = [path for name in _USUAL[role] if (path := plain_or_gzip(folder / name))]
    if len(found) > 1:
        raise DataError(f"{folder} has both {found[0].name} and {found[1].name} as {role}; keep one of them")
    return found[0] if found else None


def _with_settings(layout: Layout, config: DataConfig) -> Layout:
    """The layout with the files and the format that the settings name."""
    files, folder = dict(layout.files), layout.files["train"].parent
    given: Mapping[Role, Path | None] = {
        "names": config.names,
        "relation_names": config.relation_names,
        "descriptions": config.descriptions,
        "aliases": config.aliases,
    }
    for role, path in given.items():
        if path is not None:
            inside = folder / path.expanduser()
            files[role] = inside if inside.is_file() else path.expanduser()
    style = layout.text_style if config.names is None else "plain"
    wanted = config.format if config.format != "auto" else layout.format
    return Layout(layout.name, files, wanted, style, layout.notes)
