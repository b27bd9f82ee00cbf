"""Validation errors as sentences that name the ``--set`` key."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError


def sentences(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """One sentence for each mistake, in the order of the settings."""
    known = set(dotted_keys(model))
    found: dict[str, list[str]] = {}
    for detail in error.errors(include_url=False):
        unknown = detail["type"] == "extra_forbidden"
        key = _key(detail["loc"], known, keep_last=unknown or detail["type"] == "missing")
        if unknown:
            text = f"is no setting{_nearest(key, known)}"
        elif detail["type"] == "missing":
            text = f"is required; set it with --set {key}=…"
        elif detail["type"] == "value_error":
            text = str(detail["ctx"]["error"])
        else:
            text = f"{detail['msg'][0].lower()}{detail['msg'][1:]}, found {detail['input']!r}"
        found.setdefault(key, []).append(text)
    return [f"{key}: {' or '.join(dict.fromkeys(texts))}" for key, texts in found.items()]


def dotted_keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Every key that ``model`` knows: blocks, and the settings in them, of all kinds of a block."""
    for name, field in model.model_fields.items():
        yield f"{prefix}{name}"
        for block in blocks_of(field.annotation):
            yield from dotted_keys(block, f"{prefix}{name}.")


def blocks_of(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models in a type: itself, or the members of a union."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from blocks_of(part)


def _key(location: Sequence[int | str], known: set[str], *, keep_last: bool) -> str:
    """The dotted key of an error: without the tags that pydantic adds for members of a union."""
    key = ""
    for i, part in enumerate(location):
        longer = f"{key}.{part}" if key else str(part)
        if longer in known or (keep_last and i == len(location) - 1):
            key = longer
    return key


def _nearest(key: str, known: set[str]) -> str:
    last = key.rpartition(".")[2]
    same_name = sorted(k for k in known if k.rpartition(".")[2] == last)
    close = difflib.get_close_matches(key, sorted(known), n=1, cutoff=0.6) or same_name[:1]
    return f"; did you mean {close[0]}?" if close else ""
