"""What every causal language model has in common as a backbone, trained here or pretrained.

Padding. Prompts, and answers behind them, are padded on the right only, and attention is causal. So a
token never sees padding, positions count from 0 without help, and no attention mask is needed: results
do not depend on what else is in the batch, and the fastest attention kernel applies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from ...errors import ConfigError
from ...lm.tokenizer import TextTokenizer
from .base import LiveBackbone, PromptBatch

if TYPE_CHECKING:
    from transformers import DynamicCache


@dataclass(frozen=True)
class Prefix:
    """Keys and values of the constant text that all prompts of a batch begin with.

    Attributes:
        length: tokens it stands for, P.
        layers: (keys, values) of each layer, (1, heads, P, head width).
    """

    length: int
    layers: tuple[tuple[Tensor, Tensor], ...]

    def expand(self, batch: int, config: Any) -> DynamicCache:
        """A fresh cache for ``batch`` rows, which a forward pass may append to."""
        from transformers import DynamicCache

        views = [tuple(x.expand(batch, -1, -1, -1) for x in layer) for layer in self.layers]
        return DynamicCache(views, config=config)


class CausalBackbone(LiveBackbone):
    """h and W of a Hugging Face causal LM. The output layer is never run, only borrowed.

    Args:
        lm: the model, plain or wrapped by peft; its ``requires_grad`` flags say what is trained.
        tokenizer: must not have more tokens than the model.

    Raises:
        ConfigError: tokenizer and model do not fit, or the model's logits are not h · Wᵀ.
    """

    causal = True

    def __init__(self, lm: nn.Module, tokenizer: TextTokenizer) -> None:
        super().__init__(lm, tokenizer)
        self.vocab_size, self.hidden_size = self.output_weight.shape
        if tokenizer.vocab_size > self.vocab_size:
            raise ConfigError(
                f"the tokenizer has {tokenizer.vocab_size} tokens, the model {self.vocab_size}; "
                "use the tokenizer that belongs to the model"
            )
        self._max_length: int | None = getattr(self.model.config, "max_position_embeddings", None)
        self._check_logits()

    @property
    def output_weight(self) -> Tensor:
        """(V, d), in the type of the model's weights."""
        weight: Tensor = self.model.get_output_embeddings().weight
        return weight

    def prompt_hidden(self, prompts: PromptBatch, prefix: Prefix | None = None) -> Tensor:
        """(B, d) float32 state at the last prompt token, after the final norm.

        Args:
            prompts: whole prompts, also with a prefix.
            prefix: from ``shared_prefix`` of the current weights; saves running its tokens again.

        Raises:
            ValueError: a prefix where gradients are wanted; it carries none.
        """
        if prefix is None:
            return _at(self._hidden(prompts.input_ids), prompts.lengths - 1)
        if torch.is_grad_enabled() and not self.frozen:
            raise ValueError("a shared prefix carries no gradient; use it under torch.no_grad()")
        rest = prompts.input_ids[:, prefix.length :]
        past = prefix.expand(len(rest), self.model.config)
        return _at(self._hidden(rest, past), prompts.lengths - 1 - prefix.length)

    def trajectory(self, prompts: PromptBatch, answer_ids: Tensor, answer_mask: Tensor) -> Tensor:
        """(B, K, d) float32 states that predict answer token k; see ``Backbone``."""
        given = answer_ids.masked_fill(~answer_mask.bool(), self.tokenizer.pad_id)[:, :-1]
        rows, width = prompts.input_ids.shape
        steps = torch.arange(answer_ids.shape[1], device=answer_ids.device)
        joined = prompts.input_ids.new_full((rows, width + given.shape[1]), self.tokenizer.pad_id)
        joined[:, :width] = prompts.input_ids
        joined.scatter_(1, prompts.lengths[:, None] + steps[:-1], given)
        return _at(self._hidden(joined), (prompts.lengths - 1)[:, None] + steps)

    @torch.no_grad()
    def shared_prefix(self, ids: Tensor) -> Prefix:
        """Run the (P,) tokens that all prompts begin with, once. Stale after any change of the weights.

        Raises:
            ValueError: ``ids`` is empty, or the model is in training mode and drops out at random.
        """
        if not len(ids) or self.training:
            raise ValueError("a shared prefix needs at least one token and a model in evaluation mode")
        from transformers import DynamicCache

        past: Any = DynamicCache(config=self.model.config)
        self._hidden(ids[None], past)
        layers = tuple((layer.keys, layer.values) for layer in past.layers)
        return Prefix(len(ids), layers)

    def _hidden(self, input_ids: Tensor, past: DynamicCache | None = None) -> Tensor:
        """(B, T, d) states after the final norm, without the output layer."""
        seen = 0 if past is None else past.get_seq_length()
        if self._max_length is not None and seen + input_ids.shape[1] > self._max_length:
            raise ConfigError(
                f"a prompt has {seen + input_ids.shape[1]} tokens, the model takes {self._max_length}; "
                "shorten the names or choose a model with a longer context"
            )
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen):
            output = self.model.base_model(
                input_ids=input_ids, past_key_values=past, use_cache=past is not None
            )
        hidden: Tensor = output.last_hidden_state
        return hidden

    @torch.no_grad()
    def _check_logits(self) -> None:
        """Refuse an output layer with a bias, a scale or a soft cap: K-ON would score another model."""
        mode = self.training
        self.eval()
        ids = torch.tensor([[self.tokenizer.eos_id, self.tokenizer.pad_id]], device=self.output_weight.device)
        ours = (self._hidden(ids) @ self.output_weight.T).float()
        theirs = self.model(input_ids=ids, use_cache=False).logits.float()
        self.train(mode)
        tolerance = 1e-3 if self.output_weight.dtype == torch.float32 else 3e-2
        if not torch.allclose(ours, theirs, atol=tolerance * float(theirs.abs().max() + 1)):
            raise ConfigError(
                f"{type(self.model).__name__} does not compute logits as h · Wᵀ (bias, scale or soft cap in "
                "its output layer); choose a model that does"
            )


def _at(hidden: Tensor, positions: Tensor) -> Tensor:
    """States at (B,) or (B, K) ``positions`` of (B, T, d) ``hidden``, as float32."""
    rows = torch.arange(len(hidden), device=hidden.device)
    return hidden[rows if positions.dim() == 1 else rows[:, None], positions].float()
