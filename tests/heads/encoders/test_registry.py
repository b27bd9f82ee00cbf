"""The registry of backbones: every entry resolves and keeps the protocol."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError
from torch import nn

from kgllm.errors import CheckpointError, ConfigError
from kgllm.heads.encoders import (
    BACKBONES,
    Backbone,
    BackboneConfig,
    ScratchConfig,
    build_backbone,
    load_backbone,
)

CONFIG: TypeAdapter[BackboneConfig] = TypeAdapter(BackboneConfig)


@pytest.mark.parametrize("kind", BACKBONES)
def test_every_entry_resolves(kind: str) -> None:
    module, name = BACKBONES[kind].split(":")
    backbone = getattr(import_module(module), name)
    assert issubclass(backbone, nn.Module)
    assert backbone.kind == kind
    assert callable(backbone.build)
    assert callable(backbone.load)


def test_a_built_backbone_keeps_the_protocol(texts: list[str]) -> None:
    backbone = build_backbone(ScratchConfig(d=16, layers=1, heads=2, vocab_size=290), texts)
    assert isinstance(backbone, Backbone)
    assert backbone.output_weight.shape == (backbone.vocab_size, backbone.hidden_size)


def test_kind_selects_the_settings() -> None:
    assert CONFIG.validate_python({"kind": "scratch", "d": 64}) == ScratchConfig(d=64)
    with pytest.raises(ValidationError, match="'scratch', 'hf', 'encoder', 'cached'"):
        CONFIG.validate_python({"kind": "oracle"})
    with pytest.raises(ValidationError, match="dd"):
        CONFIG.validate_python({"kind": "scratch", "dd": 64})


def test_folders_without_a_backbone_are_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"holds no backbone\.json"):
        load_backbone(tmp_path)
    (tmp_path / "backbone.json").write_text("{")
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_backbone(tmp_path)
    (tmp_path / "backbone.json").write_text('{"kind": "oracle"}')
    with pytest.raises(ConfigError, match="choose one of scratch, hf, encoder, cached"):
        load_backbone(tmp_path)
