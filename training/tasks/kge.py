"""``--task kge``: knowledge-graph embeddings, the honest baseline in the same harness."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from ...data.load import load_dataset
from ...data.queries import Queries, Side, ask
from ...heads.base import QueryBatch
from ...heads.kge import KgeConfig, KgeModel
from ...heads.losses import self_adversarial_bce, strict_negatives
from ..config import RunConfig
from ..link_data import LinkData, query_tensors
from ..order import DataOrder, item_seed
from ..ranking.link_prediction import headline
from ..task import Batch, Loss, ParamGroup, Runtime

Ints = NDArray[np.int64]


class KgeTaskConfig(KgeConfig):
    """Settings of ``--task kge``."""

    loss: Literal["auto", "ce", "nssa"] = "auto"
    """Cross-entropy over all entities, or the self-adversarial loss over sampled ones; ``auto`` takes ``ce``
    for dot products and ``nssa`` for distances."""
    n3: float = Field(default=0.01, ge=0)
    """Weight of the cubed 3-norm of the vectors in use; for dot products only."""
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    """Share of the target spread over all entities (``ce``)."""
    negatives: int = Field(default=64, ge=1)
    """Sampled entities per query (``nssa``); none is a training answer."""
    temperature: float = Field(default=1.0, gt=0)
    """Of the weights of the negatives (``nssa``); small values look at the hardest only."""
    optimizer: Literal["auto", "adagrad", "adam"] = "auto"
    """``auto`` takes adagrad for ``ce``, adam for ``nssa``."""
    lr: float | None = Field(default=None, gt=0)
    """Peak learning rate; null takes 0.1 for adagrad, 0.005 for adam."""

    def vectors(self) -> KgeConfig:
        """The part that belongs to the model, not to its training."""
        return KgeConfig(**{name: getattr(self, name) for name in KgeConfig.model_fields})


class KgeTask:
    """Every training triple asks two queries; a unit of the loss is one of them."""

    name = "kge"
    Config = KgeTaskConfig

    def __init__(self, config: RunConfig, runtime: Runtime) -> None:
        self.config, self.runtime = config, runtime
        self.settings: KgeTaskConfig = config.block
        self.data = LinkData.of(load_dataset(config.data))
        self.dataset = dataset = self.data.dataset
        self.model = KgeModel(len(dataset.entities), len(dataset.relations), self.settings.vectors())
        self.model.to(runtime.device)
        self.best = (headline(config.eval), "max")
        asked, golds = zip(*(ask(dataset.train, side) for side in Side), strict=True)
        self._queries = Queries(*(np.concatenate(c) for c in zip(*map(_columns, asked), strict=True)))
        self._gold = np.concatenate(golds)
        train = config.train
        self._order = DataOrder(
            len(self._gold), train.micro_batch, train.accumulate * runtime.world, runtime.seed
        )

    @property
    def loss_name(self) -> str:
        """``ce`` or ``nssa``."""
        if self.settings.loss != "auto":
            return self.settings.loss
        return "nssa" if self.model.interaction.distance else "ce"

    def groups(self) -> list[ParamGroup]:
        """All vectors in one group."""
        auto = "adagrad" if self.loss_name == "ce" else "adam"
        optimizer = auto if self.settings.optimizer == "auto" else self.settings.optimizer
        lr = self.settings.lr or {"adagrad": 0.1, "adam": 0.005}[optimizer]
        return [ParamGroup("vectors", tuple(self.model.parameters()), optimizer, lr)]

    def steps_per_epoch(self) -> int:
        """Optimizer steps of one pass over both queries of every triple."""
        return self._order.steps_per_epoch

    def batches(self, start: int, rank: int = 0, world: int = 1) -> Iterator[Batch]:
        """Queries with their golds, and negatives where the loss wants them."""
        for epoch, items in self._order.batches(start, rank, world):
            queries = self._queries.take(items)
            batch = {**query_tensors(queries)._asdict(), "gold": torch.from_numpy(self._gold[items])}
            if self.loss_name == "nssa":
                batch["negatives"] = self._negatives(queries, epoch, items)
            yield batch

    def _negatives(self, queries: Queries, epoch: int, items: Ints) -> Tensor:
        draw = items[:, None] * self.settings.negatives + np.arange(self.settings.negatives)
        draws = item_seed(self.runtime.seed, ~epoch, draw)
        drawn = strict_negatives(self.data.train.known(queries), draws, self.model.num_entities)
        return torch.from_numpy(drawn.entities)

    def loss(self, batch: Batch) -> Loss:
        """Cross-entropy or self-adversarial loss, plus the N3 penalty."""
        queries = QueryBatch(batch["source"], batch["relation"], batch["side"])
        encoded = self.model.encode(queries)
        total = self._entity_loss(encoded, batch)
        count = len(batch["gold"])
        parts = {"entity": (total.detach(), count)}
        if self.settings.n3 and not self.model.interaction.distance:
            penalty = self.model.n3(queries, batch["gold"])
            parts["n3"] = (penalty.detach(), count)
            total = total + self.settings.n3 * penalty
        return Loss(total, count, parts)

    def _entity_loss(self, encoded: Tensor, batch: Batch) -> Tensor:
        if self.loss_name == "nssa":
            positive = self.model.score_candidates(encoded, batch["gold"][:, None]).squeeze(1)
            negative = self.model.score_candidates(encoded, batch["negatives"])
            return self_adversarial_bce(positive, negative, self.settings.temperature)[0]
        scores = self.model.score(encoded, 0, self.model.num_entities)
        return F.cross_entropy(
            scores, batch["gold"], reduction="sum", label_smoothing=self.settings.label_smoothing
        )

    def evaluate(self, split: str) -> dict[str, float]:
        """Filtered ranking metrics of ``split``."""
        return self.data.evaluate(self.model, split, self.config.eval, self.runtime)

    def state_dict(self) -> dict[str, Any]:
        """Nothing lives outside the model."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Nothing to restore."""

    def flops_per_unit(self) -> float:
        """Forward and backward over all entities: 6 · E · d (multiply and add counted apart)."""
        return 6.0 * self.model.num_entities * self.model.config.dim

    def describe(self) -> tuple[str, str]:
        """The model and what it learned from, in words."""
        return f"{self.settings.model}, {self.settings.dim} reals per entity", "train triples"

    def export(self, folder: Path) -> None:
        """A folder for ``KgeModel.from_pretrained``."""
        self.model.save_pretrained(folder)


def _columns(queries: Queries) -> tuple[Ints, Ints, Ints]:
    return queries.source, queries.relation, queries.side
