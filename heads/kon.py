"""The K-ON head: K next-token predictions from one hidden state (AAAI 2025, arXiv 2502.06257)."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple, Self

import torch
import torch.nn.functional as F
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor, nn

from .kon_paper import STEP_DECAY, PaperTrunk
from .lse import widen
from .trunk import StepAttention, Trunk

_PAPER = {
    "weights": "fixed",
    "length_gamma": 1.0,
    "learn_gamma": False,
    "normalise": "none",
    "mlp_rank": None,
    "eos": False,
}


class KONConfig(BaseModel):
    """Settings of a K-ON head."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    K: int | Literal["auto"] = "auto"
    """Name tokens scored per entity; ``auto`` is the fewest that tell 99.5 % of the entities apart."""
    allow_collisions: bool = False
    """Accept a K at which more than half of the entities share all their tokens, as controls do."""
    eos: bool = True
    """Score the end of names shorter than K."""
    mlp_rank: int | None = Field(default=None, ge=1)
    """Rank of the head matrices M_k; ``null`` for full d × d matrices, as in the paper."""
    attention_heads: int = Field(default=8, ge=1)
    """Heads of the attention over steps; must divide the hidden size."""
    dropout: float = Field(default=0.1, ge=0.0, lt=1.0)
    """Dropout of the attention weights and of the input of the low-rank score layers."""
    score_rank: int = Field(default=8, ge=0)
    """Rank of the per-step update of the LM head; 0 leaves the LM head as it is."""
    score_alpha: float = Field(default=16.0, gt=0.0)
    """The update is scaled by score_alpha ÷ score_rank."""
    weights: Literal["learned", "fixed"] = "learned"
    """Whether the step weights α_k are trained; they start at 1."""
    length_gamma: float = Field(default=0.5, ge=0.0, le=1.0)
    """Length exponent γ: 0 sums log-probabilities (the likelihood), 1 averages them."""
    learn_gamma: bool = True
    """Train γ, kept between 0 and 1 by a sigmoid."""
    normalise: Literal["entity", "full", "none"] = "entity"
    """Softmax over the tokens that entities use at a step, over the whole vocabulary, or raw logits."""
    paper_mode: bool = False
    """Use the trunk, step weights and raw mean logits of the published code, for comparison runs."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.learn_gamma and self.length_gamma in (0.0, 1.0):
            raise ValueError(
                f"length_gamma={self.length_gamma:g} cannot be learned, a sigmoid never gets there; "
                "set learn_gamma=false or length_gamma between 0 and 1"
            )
        wrong = [f"{key}={value}" for key, value in _PAPER.items() if getattr(self, key) != value]
        if self.paper_mode and wrong:
            raise ValueError(f"paper_mode is the published code path; it also needs {', '.join(wrong)}")
        return self


class StepStates(NamedTuple):
    """What the K score layers read, float32 (or wider) even under autocast.

    Attributes:
        z: (B, K, d) step states ẑ.
        low: (B, K, r) scaled low-rank codes (α/r)·A_k ẑ_k, or ``None`` without low-rank layers.
        scale: (B,) or (1,) inverse temperature of each query.
    """

    z: Tensor
    low: Tensor | None
    scale: Tensor


class KONHead(nn.Module):
    """K step heads on a *borrowed* LM head W, which is passed to each call and never stored.

    At initialisation every step gives the language model's own next-token distribution.

    Args:
        hidden_size: d of the backbone.
        vocab_size: V, rows of W.
        K: steps.
        config: settings; its ``K`` and ``eos`` concern the entity vocabulary and are not read here.
        num_relations: relations that get an inverse temperature of their own; 1 shares one.

    Raises:
        ConfigError: ``attention_heads`` does not divide ``hidden_size``.
    """

    def __init__(
        self,
        hidden_size: int,
        vocab_size: int,
        K: int,
        config: KONConfig | None = None,
        num_relations: int = 1,
    ) -> None:
        super().__init__()
        self.config = config = config or KONConfig()
        self.K, rank = K, config.score_rank
        attention = StepAttention(hidden_size, config.attention_heads, config.dropout)
        self.trunk: nn.Module
        if config.paper_mode:
            self.trunk = PaperTrunk(K, hidden_size, attention)
        else:
            self.trunk = Trunk(K, hidden_size, config.mlp_rank, attention)
        self.lora_a: nn.Parameter | None = None
        self.lora_b: nn.Parameter | None = None
        if rank:
            bound = hidden_size**-0.5
            self.lora_a = nn.Parameter(torch.empty(K, rank, hidden_size).uniform_(-bound, bound))
            self.lora_b = nn.Parameter(torch.zeros(K, vocab_size, rank))
        decay = math.log(STEP_DECAY) if config.paper_mode else 0.0
        self.log_alpha = nn.Parameter(decay * torch.arange(K), requires_grad=config.weights == "learned")
        self.log_scale = nn.Parameter(torch.zeros(num_relations), requires_grad=not config.paper_mode)
        self.gamma_logit: nn.Parameter | None = None
        if config.learn_gamma:
            # (1,) and not (): FSDP2 shards the first dimension
            self.gamma_logit = nn.Parameter(torch.logit(torch.tensor([config.length_gamma])))

    @property
    def alpha(self) -> Tensor:
        """(K,) step weights α_k > 0."""
        return self.log_alpha.exp()

    @property
    def gamma(self) -> Tensor:
        """() length exponent γ in [0, 1]."""
        if self.gamma_logit is None:
            return self.log_alpha.new_tensor(self.config.length_gamma)
        return self.gamma_logit.sigmoid().squeeze(0)

    def forward(self, h: Tensor, relation: Tensor | None = None) -> StepStates:
        """Step states of B queries.

        Args:
            h: (B, d) final-norm hidden state at the last prompt token.
            relation: (B,) int64 relation ids, needed where ``num_relations`` > 1.
        """
        z = widen(self.trunk(h))
        if relation is None and len(self.log_scale) > 1:
            raise ValueError(f"the head has {len(self.log_scale)} relations; pass the relation of each query")
        scale = self.log_scale.exp() if relation is None else self.log_scale[relation].exp()
        if self.lora_a is None:
            return StepStates(z, None, scale)
        with torch.autocast(z.device.type, enabled=False):
            low = torch.einsum("bkd,krd->bkr", F.dropout(z, self.config.dropout, self.training), self.lora_a)
        return StepStates(z, low * (self.config.score_alpha / self.config.score_rank), scale)

    def logits(self, states: StepStates, W: Tensor) -> Tensor:
        """(B, K, V) logits W ẑ_k + (α/r) B_k A_k ẑ_k. Scoring never needs them all; see `heads.score`."""
        with torch.autocast(W.device.type, enabled=False):
            # Step by step: so each product has the shape, and at initialisation the bits, of the LM's own.
            return torch.stack([self._step_logits(states, W, k) for k in range(self.K)], dim=1)

    def _step_logits(self, states: StepStates, W: Tensor, k: int) -> Tensor:
        logits = F.linear(states.z[:, k], W.to(states.z.dtype))
        if states.low is None or self.lora_b is None:
            return logits
        return logits + F.linear(states.low[:, k], self.lora_b[k])
