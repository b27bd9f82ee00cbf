"""A small causal language model from scratch: random weights, and a tokenizer made for the graph's names."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...errors import ConfigError
from ...lm.tokenizer import TextTokenizer, train_bpe
from .base import BACKBONE_FILE
from .causal import CausalBackbone
from .config import ScratchConfig
from .pretrained import quiet, read_model

CONTEXT = 2048
"""Longest prompt with answer, in tokens; rotary positions cost nothing until they are used."""


class ScratchBackbone(CausalBackbone):
    """A causal LM of any Hugging Face architecture, all of it trained.

    The default is Llama's block (Touvron et al. 2023, arXiv 2302.13971): rotary positions, RMSNorm,
    SwiGLU, no biases, with input and output embeddings tied.
    """

    kind = "scratch"

    def __init__(self, lm: nn.Module, tokenizer: TextTokenizer, config: ScratchConfig) -> None:
        super().__init__(lm, tokenizer)
        self.config = config
        drop = config.dropout

        def drop_embeddings(module: nn.Module, _: Any, output: Tensor) -> Tensor:
            return F.dropout(output, drop, module.training)

        if drop:
            self.model.get_input_embeddings().register_forward_hook(drop_embeddings)

    @classmethod
    def build(cls, config: ScratchConfig, texts: Sequence[str]) -> ScratchBackbone:
        """Random weights from torch's generator; a tokenizer trained on ``texts`` unless one is given."""
        from transformers import AutoModelForCausalLM

        if config.tokenizer is not None:
            tokenizer = TextTokenizer.load(config.tokenizer)
        else:
            tokenizer = train_bpe(texts, config.vocab_size)
        lm = AutoModelForCausalLM.from_config(  # type: ignore[no-untyped-call]
            _hf_config(config, tokenizer), dtype=torch.float32
        )
        return cls(lm, tokenizer, config)

    def save(self, folder: Path) -> None:
        """A Hugging Face model folder, with the settings beside."""
        with quiet():
            self.model.save_pretrained(folder)
        self.tokenizer.save(folder)
        state = {"kind": self.kind, "config": self.config.model_dump(mode="json")}
        (folder / BACKBONE_FILE).write_text(json.dumps(state, indent=2), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> ScratchBackbone:
        """What ``save`` wrote."""
        state = json.loads((folder / BACKBONE_FILE).read_text(encoding="utf-8"))
        lm = read_model("AutoModelForCausalLM", folder)
        return cls(lm, TextTokenizer.load(folder), ScratchConfig.model_validate(state["config"]))


def _hf_config(config: ScratchConfig, tokenizer: TextTokenizer) -> Any:
    """A fresh Hugging Face configuration; ``from_config`` changes the object it is given."""
    from transformers import AutoConfig, LlamaConfig

    ids: dict[str, Any] = {
        "vocab_size": tokenizer.vocab_size,
        "bos_token_id": tokenizer.bos_id,
        "eos_token_id": tokenizer.eos_id,
        "pad_token_id": tokenizer.pad_id,
    }
    if config.hf_config is not None:
        if not config.hf_config.exists():
            raise ConfigError(f"backbone.hf_config {config.hf_config} does not exist; give a config.json")
        return AutoConfig.from_pretrained(config.hf_config, local_files_only=True, **ids)
    return LlamaConfig(
        hidden_size=config.d,
        intermediate_size=-(-8 * config.d // 96) * 32,  # 8/3 · d, up to a multiple of 32
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        attention_dropout=config.dropout,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        **ids,
    )
