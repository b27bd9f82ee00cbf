"""Settings of the loop. They know nothing of data or models, so that the loop may import them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Block(BaseModel):
    """A group of settings: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class TrainConfig(Block):
    """How long, how much at a time, and what happens in between."""

    steps: int | None = Field(default=None, ge=1)
    """Optimizer steps in all. Give this or ``epochs``."""
    epochs: float | None = Field(default=None, gt=0)
    """Passes over the training data; rounded up to whole steps."""
    micro_batch: int = Field(default=32, ge=1)
    """Units of work in one forward pass of one process."""
    accumulate: int = Field(default=1, ge=1)
    """Forward passes of one process per optimizer step, which so sees micro_batch × accumulate × processes
    units of work: the global batch."""
    eval_every: int = Field(default=0, ge=0)
    """Steps between evaluations on the validation split; 0 evaluates at the end only."""
    log_every: int = Field(default=10, ge=1)
    """Steps averaged into one line of metrics.jsonl; reading them is the only wait for the device."""
    save_every: int = Field(default=0, ge=0)
    """Steps between checkpoints; 0 saves the best, the last, and when a signal asks for it."""
    keep_last: int = Field(default=1, ge=1)
    """Newest checkpoints to keep; the best one is kept besides."""
    keep_every: int = Field(default=0, ge=0)
    """Checkpoints at multiples of this step are kept for good; 0 keeps none."""
    max_skipped: int = Field(default=0, ge=0)
    """Optimizer steps that may be skipped because their gradient is not finite; one more is an error."""
    patience: int | None = Field(default=None, ge=1)
    """Stop after this many evaluations in a row without a new best."""

    @model_validator(mode="after")
    def _one_length(self) -> TrainConfig:
        if (self.steps is None) == (self.epochs is None):
            found = "neither" if self.steps is None else "both"
            raise ValueError(f"give train.steps or train.epochs, found {found}")
        return self


class OptimConfig(Block):
    """Learning-rate schedule and what happens to gradients. Rates themselves belong to the task's groups."""

    schedule: Literal["constant", "linear", "cosine", "wsd"] = "cosine"
    """Shape after warm-up: flat; straight or as a cosine down to ``floor``; flat with a last descent."""
    warmup: float = Field(default=0.0, ge=0)
    """Steps of linear warm-up; below 1, a fraction of all steps."""
    decay: float = Field(default=0.2, ge=0)
    """``wsd`` only: steps of the final descent; below 1, a fraction of all steps."""
    floor: float = Field(default=0.0, ge=0, le=1)
    """Fraction of the peak learning rate that the descent ends at."""
    clip: float | None = Field(default=1.0, gt=0)
    """Largest gradient norm over all parameters; null leaves gradients as they are."""
    betas: tuple[float, float] = (0.9, 0.999)
    """Decay rates of the two moments in adam and adamw."""
    ema: float | None = Field(default=None, gt=0, lt=1)
    """Decay of a running average of the weights, used for evaluation and export; null keeps none."""


class RuntimeConfig(Block):
    """Where and in which arithmetic. Several processes are started with ``torchrun``."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    """``auto`` takes the GPU when there is one."""
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    """Arithmetic of the forward pass; parameters stay float32. ``auto``: bfloat16 on hardware that has it."""
    threads: int | None = Field(default=None, ge=1)
    """CPU threads of one process; null leaves torch's choice."""
    parallel: Literal["ddp", "fsdp2"] = "ddp"
    """With several processes: every one holds the whole model, or a share of it."""
    deterministic: bool = False
    """Only deterministic GPU kernels; slower, and an operation that has none is an error."""


@dataclass(frozen=True)
class FitSettings:
    """What ``fit`` needs to know.

    Attributes:
        train, optim, runtime: the blocks above.
        identity: hash of every setting that a resumed run must share; stored in each checkpoint.
    """

    train: TrainConfig
    optim: OptimConfig = field(default_factory=OptimConfig)
    runtime: RuntimeConfig = field(default_factory=RuntimeConfig)
    identity: str = ""
