"""Model folders: which class wrote one, and how to read it back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from ..errors import CheckpointError
from .base import QueryScorer

MODEL_FILE = "model.json"
WEIGHTS_FILE = "model.safetensors"

MODELS: dict[str, str] = {
    "kge": "kgllm.heads.kge.model:KgeModel",
    "kon": "kgllm.heads.model:KonModel",
}
"""Kind of a saved model → ``"module:Class"``, imported on use."""


def load_pretrained(folder: Path) -> QueryScorer:
    """The model that ``save_pretrained`` wrote into ``folder``, in evaluation mode.

    Raises:
        CheckpointError: the folder holds no model of ours, or a torn one.
    """
    kind = read_info(folder)["kind"]
    if kind not in MODELS:
        raise CheckpointError(f"{folder} holds a model of kind {kind!r}; known kinds are {', '.join(MODELS)}")
    module, name = MODELS[kind].split(":")
    model: QueryScorer = getattr(import_module(module), name).from_pretrained(folder)
    return model


def write_info(folder: Path, kind: str, info: Mapping[str, Any]) -> None:
    """Write ``model.json``; last, so that a folder with one is whole."""
    text = json.dumps({"kind": kind, **info}, indent=1, ensure_ascii=False)
    (folder / MODEL_FILE).write_text(text + "\n", encoding="utf-8")


def read_info(folder: Path) -> dict[str, Any]:
    """What ``write_info`` wrote.

    Raises:
        CheckpointError: it is missing or unreadable.
    """
    path = folder / MODEL_FILE
    if not path.is_file():
        raise CheckpointError(f"{folder} holds no {MODEL_FILE}; give a folder that save_pretrained wrote")
    try:
        info: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        info["kind"]
    except (ValueError, KeyError) as error:
        raise CheckpointError(f"{path} cannot be read ({error}); save the model again") from error
    return info


def read_weights(folder: Path) -> dict[str, Any]:
    """Tensors of ``model.safetensors``.

    Raises:
        CheckpointError: the file is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = folder / WEIGHTS_FILE
    try:
        return dict(load_file(path))
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path} cannot be read ({error}); save the model again") from error
