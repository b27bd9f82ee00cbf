"""The contract of a backbone: a prompt in, the hidden state that predicts the answer's first token out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple, Protocol, Self, runtime_checkable

import torch
from torch import Tensor, nn

from ...errors import ConfigError
from ...lm.tokenizer import TextTokenizer

BACKBONE_FILE = "backbone.json"
"""Names the kind of a saved backbone and the settings it was built with."""


class PromptBatch(NamedTuple):
    """B prompts, padded on the right.

    Attributes:
        input_ids: (B, T) int64.
        lengths: (B,) int64, tokens of each prompt; what stands behind them is padding.
    """

    input_ids: Tensor
    lengths: Tensor

    @classmethod
    def pack(cls, input_ids: Tensor, attention_mask: Tensor) -> PromptBatch:
        """A batch from ids padded anywhere: (B, T) ids, (B, T) mask that is 0 at padding."""
        keep = attention_mask.bool()
        order = torch.argsort(~keep, dim=1, stable=True)
        return cls(input_ids.gather(1, order), keep.sum(1))

    @property
    def attention_mask(self) -> Tensor:
        """(B, T) int64: 1 at tokens, 0 at padding."""
        steps = torch.arange(self.input_ids.shape[1], device=self.input_ids.device)
        return (steps < self.lengths[:, None]).long()

    def to(self, device: torch.device | str) -> PromptBatch:
        """The same batch on ``device``."""
        return PromptBatch(self.input_ids.to(device), self.lengths.to(device))


@runtime_checkable
class Backbone(Protocol):
    """What K-ON needs of a language model: h and W. Implementations are ``nn.Module`` s.

    Attributes:
        kind: its name in ``BACKBONES``.
        causal: whether ``trajectory`` exists, that is, whether it predicts text token by token.
        frozen: whether it has no trainable parameter; it then runs without gradient and dropout.
        fingerprint: SHA-256 of all its weights.
        hidden_size, vocab_size: d and V of ``output_weight``.
        tokenizer: encodes its prompts and its answers.
    """

    kind: str
    causal: bool
    hidden_size: int
    vocab_size: int
    tokenizer: TextTokenizer

    @property
    def frozen(self) -> bool: ...

    @property
    def fingerprint(self) -> str: ...

    @property
    def output_weight(self) -> Tensor:
        """(V, d) rows that score tokens: logits = h · Wᵀ. Borrowed: it stays the backbone's."""
        ...

    def prompt_hidden(self, prompts: PromptBatch) -> Tensor:
        """(B, d) float32: the hidden state, after the final norm, at the last token of each prompt."""
        ...

    def trajectory(self, prompts: PromptBatch, answer_ids: Tensor, answer_mask: Tensor) -> Tensor:
        """(B, K, d) float32: states that predict answer token k when tokens 0 … k−1 are given.

        One forward pass over prompt and answer; ``[:, 0]`` equals ``prompt_hidden``. Where
        ``answer_mask`` is 0 the state is finite and means nothing.

        Args:
            answer_ids: (B, K) int64 token ids, anything where masked.
            answer_mask: (B, K), 1 for tokens to predict; ones come before zeros.

        Raises:
            ConfigError: the backbone is not causal.
        """
        ...

    def save(self, folder: Path) -> None:
        """Write all that ``load_backbone(folder)`` needs."""
        ...


class LiveBackbone(nn.Module):
    """What backbones that hold a Hugging Face model share.

    Args:
        lm: the model, plain or wrapped by peft; its ``requires_grad`` flags say what is trained.
        tokenizer: the one that belongs to the model.
    """

    def __init__(self, lm: nn.Module, tokenizer: TextTokenizer) -> None:
        super().__init__()
        self.lm = lm
        self.tokenizer = tokenizer

    @property
    def model(self) -> Any:
        """The Hugging Face model itself, without peft's wrapper."""
        return self.lm.get_base_model() if hasattr(self.lm, "peft_config") else self.lm  # type: ignore[operator]

    @property
    def frozen(self) -> bool:
        """Whether nothing is trained."""
        return not any(p.requires_grad for p in self.parameters())

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all weights, adapters included."""
        return weights_fingerprint(self.named_parameters())

    def train(self, mode: bool = True) -> Self:
        """As ``nn.Module.train``, but a frozen model stays in evaluation mode: its dropout is off."""
        return super().train(mode and not self.frozen)


class NotCausal:
    """Base of backbones that do not write text token by token."""

    kind: str
    causal = False

    def trajectory(
        self,
        prompts: PromptBatch,  # noqa: ARG002
        answer_ids: Tensor,  # noqa: ARG002
        answer_mask: Tensor,  # noqa: ARG002
    ) -> Tensor:
        """Raises ``ConfigError``."""
        raise ConfigError(
            f"head trajectory tuning needs a causal LM, found backbone.kind={self.kind}; "
            "set loss.sft=0 and loss.kl=0, or choose backbone.kind=scratch or hf"
        )


def weights_fingerprint(tensors: Iterable[tuple[str, Tensor]]) -> str:
    """SHA-256 over names, dtypes, shapes and bytes of ``tensors``, in the given order."""
    digest = hashlib.sha256()
    for name, tensor in tensors:
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()
