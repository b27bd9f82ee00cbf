"""Settings of ``--task kon``."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ....heads.encoders.config import BackboneConfig, ScratchConfig
from ....heads.kon import KONConfig

EntityLoss = Literal["one_vs_all", "ce_all", "multi_pos", "info_nce", "self_adv_bce"]


class KonLossConfig(BaseModel):
    """What the model is trained for."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    entity: EntityLoss = "one_vs_all"
    """Over all entities: ``one_vs_all`` (each answer competes with all others), ``ce_all`` (other answers
    are left out) or ``multi_pos`` (a query's answers share the mass, each query weighs the same). Over
    sampled ones: ``info_nce`` or ``self_adv_bce``, the loss of the published code."""
    negatives: int = Field(default=128, ge=1)
    """Sampled non-answers per query, for the sampled losses."""
    temperature: float = Field(default=0.5, gt=0)
    """Of the weights of negatives in ``self_adv_bce``."""
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    """Share of the target spread over the entities, for ``ce_all``."""
    sft: float = Field(default=0.0, ge=0)
    """Weight of next-token cross-entropy of an answer's name through the LM's own head."""
    kl: float = Field(default=0.0, ge=0)
    """Weight of KL(LM ‖ K-ON head) at each name token, at the start of training."""
    kl_decay: float = Field(default=0.33, gt=0, le=1)
    """Share of the training after which the KL has faded to nothing."""

    @property
    def trajectory(self) -> bool:
        """Whether head trajectory tuning is on."""
        return self.sft > 0 or self.kl > 0


class KonTaskConfig(BaseModel):
    """Settings of ``--task kon``."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    backbone: BackboneConfig = ScratchConfig()
    """The language model; ``kind`` is scratch, hf, encoder or cached."""
    head: KONConfig = KONConfig()
    """The K-ON head."""
    loss: KonLossConfig = KonLossConfig()
    """The losses and their weights."""
    names: Literal["real", "random"] = "real"
    """``random`` replaces every entity name by letters without meaning: the control that tells what a
    result owes to names."""
    template: str = "compact"
    """Prompt: ``compact`` for small models, ``expert`` for pretrained LMs, ``question`` for encoders."""
    lr: float = Field(default=2e-3, gt=0)
    """Peak learning rate of the backbone's trainable weights."""
    head_lr: float | None = Field(default=None, gt=0)
    """Peak learning rate of the head; null takes ``lr``."""
    weight_decay: float = Field(default=0.01, ge=0)
    """AdamW's decay of matrices."""

    @model_validator(mode="after")
    def _trajectory_needs_causal(self) -> KonTaskConfig:
        if self.loss.trajectory and self.backbone.kind in ("encoder", "cached"):
            raise ValueError(
                "kon.loss.sft and kon.loss.kl need a causal LM, found "
                f"kon.backbone.kind={self.backbone.kind}; set both to 0"
            )
        return self
