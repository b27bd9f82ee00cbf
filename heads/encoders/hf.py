"""Any local Hugging Face causal language model: frozen, with LoRA adapters, or trained as a whole."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ...lm.tokenizer import TextTokenizer
from . import pretrained
from .base import BACKBONE_FILE
from .causal import CausalBackbone
from .config import HFConfig


class HFBackbone(CausalBackbone):
    """A pretrained causal LM. With ``tune: lora`` its own weights never change."""

    kind = "hf"

    def __init__(self, lm: nn.Module, tokenizer: TextTokenizer, config: HFConfig) -> None:
        super().__init__(lm, tokenizer)
        self.config = config
        if config.grad_checkpoint:
            self.model.activation_checkpointing_enable({"use_reentrant": False})

    @classmethod
    def build(cls, config: HFConfig, _texts: Sequence[str] = ()) -> HFBackbone:
        """The model in ``config.path`` with its own tokenizer; nothing is downloaded."""
        path = pretrained.check_folder(config.path)
        lm = pretrained.prepare(_read(path, config), config.tune, config.lora)
        return cls(lm, TextTokenizer.load(path), config)

    def merge(self) -> None:
        """Fold the adapters into the weights: the same function, faster, frozen from then on."""
        if hasattr(self.lm, "peft_config"):
            self.lm = self.lm.merge_and_unload()  # type: ignore[operator]
            self.lm.requires_grad_(False)
            self.train(self.training)

    def save(self, folder: Path) -> None:
        """The adapter with a fingerprint of its base; all weights where they were trained or merged."""
        pretrained.save(self, folder)

    @classmethod
    def load(cls, folder: Path) -> HFBackbone:
        """What ``save`` wrote; needs the pretrained model at its path unless all weights were saved."""
        state = json.loads((folder / BACKBONE_FILE).read_text(encoding="utf-8"))
        config = HFConfig.model_validate(state["config"])
        lm, tokenizer = pretrained.load(folder, config.path, config, lambda path: _read(path, config))
        return cls(lm, tokenizer, config)


def _read(path: Path, config: HFConfig) -> Any:
    return pretrained.read_model("AutoModelForCausalLM", path, getattr(torch, config.dtype))
