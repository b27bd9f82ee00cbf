"""Backbones: modules that turn a prompt into the hidden state h and lend their output weights W."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from ...errors import CheckpointError, ConfigError
from .base import BACKBONE_FILE, Backbone, PromptBatch
from .config import BackboneConfig, CachedConfig, EncoderConfig, HFConfig, LoraConfig, ScratchConfig

__all__ = [
    "BACKBONES",
    "Backbone",
    "BackboneConfig",
    "CachedConfig",
    "EncoderConfig",
    "HFConfig",
    "LoraConfig",
    "PromptBatch",
    "ScratchConfig",
    "build_backbone",
    "load_backbone",
]

BACKBONES: dict[str, str] = {
    "scratch": "kgllm.heads.encoders.scratch:ScratchBackbone",
    "hf": "kgllm.heads.encoders.hf:HFBackbone",
    "encoder": "kgllm.heads.encoders.sentence:SentenceBackbone",
    "cached": "kgllm.heads.encoders.cached:CachedBackbone",
}
"""Kind → ``"module:Class"``, imported on use."""


def build_backbone(config: BackboneConfig, texts: Sequence[str]) -> Backbone:
    """The backbone that ``config`` describes.

    Args:
        texts: names of entities and relations, for a tokenizer trained on them; a pretrained model
            brings its own.
    """
    built: Backbone = _resolve(config.kind).build(config, texts)
    return built


def load_backbone(folder: Path) -> Backbone:
    """The backbone that its ``save`` wrote into ``folder``.

    Raises:
        CheckpointError: the folder holds no backbone, or a torn one.
    """
    path = Path(folder) / BACKBONE_FILE
    if not path.is_file():
        raise CheckpointError(f"{folder} holds no {BACKBONE_FILE}; give a saved backbone's folder")
    try:
        loaded: Backbone = _resolve(json.loads(path.read_text(encoding="utf-8"))["kind"]).load(path.parent)
    except (OSError, ValueError, KeyError, TypeError) as error:  # what readers of torn files raise
        problem = " ".join(str(error).split())
        raise CheckpointError(
            f"the backbone in {folder} cannot be read ({problem}); save it again"
        ) from error
    return loaded


def _resolve(kind: str) -> Any:
    if kind not in BACKBONES:
        raise ConfigError(f"backbone.kind {kind!r} does not exist; choose one of {', '.join(BACKBONES)}")
    module, name = BACKBONES[kind].split(":")
    return getattr(import_module(module), name)
