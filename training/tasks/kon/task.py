"""``--task kon``: K-ON heads on a language model (AAAI 2025, arXiv 2502.06257)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ....data.load import load_dataset
from ....data.names import entity_names, random_names, relation_names
from ....data.queries import Queries
from ....heads.base import QueryBatch
from ....heads.counters import Pairs
from ....heads.encoders import CachedConfig, PromptBatch, build_backbone
from ....heads.kon import StepStates
from ....heads.losses import (
    entity_ce,
    htt_kl,
    htt_sft,
    info_nce,
    multi_positive_ce,
    one_vs_all_ce,
    self_adversarial_bce,
    strict_negatives,
)
from ....heads.model import KonModel, KonTexts, require_tokenizer
from ....heads.score import Encoded
from ...config import RunConfig
from ...link_data import LinkData, answers_of, query_tensors
from ...order import DataOrder, item_seed
from ...ranking.link_prediction import headline
from ...task import Batch, Loss, ParamGroup, Runtime
from .cache import ensure_cache
from .config import KonTaskConfig

Ints = NDArray[np.int64]
SAMPLED = ("info_nce", "self_adv_bce")


class KonTask:
    """A unit is a distinct query with all its training answers.

    Losses that want a single answer, the sampled ones and trajectory tuning, take one that is drawn
    anew in each epoch.
    """

    name = "kon"
    Config = KonTaskConfig

    def __init__(self, config: RunConfig, runtime: Runtime) -> None:
        self.config, self.runtime = config, runtime
        self.settings: KonTaskConfig = config.block
        self.data = LinkData.of(load_dataset(config.data))
        self.dataset = dataset = self.data.dataset
        names, relations = self._entity_names(), relation_names(dataset)
        texts = KonTexts(tuple(names), tuple(relations), self.settings.template)
        if isinstance(self.settings.backbone, CachedConfig):
            ensure_cache(self.settings.backbone, texts, dataset, runtime)
        backbone = build_backbone(self.settings.backbone, [*names, *relations])
        self.model = KonModel(backbone, self.settings.head, texts).to(runtime.device)
        self.best = (headline(config.eval), "max")
        queries, train = self.data.train.queries, config.train
        lengths = self.model.prompts.lengths(queries.source, queries.relation, queries.side)
        per_step = train.accumulate * runtime.world
        self._order = DataOrder(len(queries), train.micro_batch, per_step, runtime.seed, lengths)

    def _entity_names(self) -> list[str]:
        if self.settings.names == "real":
            return entity_names(self.dataset, self.config.data)
        return random_names(len(self.dataset.entities), self.runtime.seed)

    def groups(self) -> list[ParamGroup]:
        """Backbone and head, each with its own learning rate."""
        settings, found = self.settings, []
        for module, lr in (
            (self.model.backbone, settings.lr),
            (self.model.head, settings.head_lr or settings.lr),
        ):
            params = tuple(p for p in module.parameters() if p.requires_grad)
            if params:
                name = "head" if module is self.model.head else "backbone"
                found.append(ParamGroup(name, params, "adamw", lr, settings.weight_decay))
        return found

    def steps_per_epoch(self) -> int:
        """Optimizer steps of one pass over the distinct queries."""
        return self._order.steps_per_epoch

    def batches(self, start: int, rank: int = 0, world: int = 1) -> Iterator[Batch]:
        """Prompts, golds, one drawn answer and its non-answers: a function of (seed, epoch, item)."""
        for number, (epoch, items) in enumerate(self._order.batches(start, rank, world)):
            queries = self.data.train.queries.take(items)
            prompts = self.model.prompts.batch(queries.source, queries.relation, queries.side)
            gold = answers_of(self.data.train, queries)
            answer = self._draw_answer(epoch, items)
            yield {
                **query_tensors(queries)._asdict(),
                **{"prompt_ids": prompts.input_ids, "prompt_lengths": prompts.lengths},
                **{"gold_query": gold.query, "gold_entity": gold.entity},
                **{"answer": torch.from_numpy(answer), **self._answer_tokens(answer)},
                **self._negatives(queries, epoch, items),
                "kl_weight": self._kl_weight(start + rank + number * world),
            }

    def _draw_answer(self, epoch: int, items: Ints) -> Ints:
        table = self.data.train
        count = (table.offsets[items + 1] - table.offsets[items]).astype(np.uint64)
        chosen = item_seed(self.runtime.seed, epoch, items) % count
        return table.answers[table.offsets[items] + chosen.astype(np.int64)]

    def _answer_tokens(self, answer: Ints) -> dict[str, Tensor]:
        if not self.settings.loss.trajectory:
            return {}
        return {"answer_ids": torch.from_numpy(self.model.vocab.token_ids[answer].astype(np.int64))}

    def _negatives(self, queries: Queries, epoch: int, items: Ints) -> dict[str, Tensor]:
        loss = self.settings.loss
        if loss.entity not in SAMPLED:
            return {}
        draw = items[:, None] * loss.negatives + np.arange(loss.negatives)
        draws = item_seed(self.runtime.seed, ~epoch, draw)
        drawn = strict_negatives(self.data.train.known(queries), draws, self.model.num_entities)
        return {
            "negatives": torch.from_numpy(drawn.entities),
            "log_expected": torch.from_numpy(drawn.log_expected),
        }

    def _kl_weight(self, index: int) -> float:
        """λ_kl at micro-batch ``index``: a straight line down to 0 (kon.md §5.3)."""
        train = self.config.train
        steps = train.steps or math.ceil((train.epochs or 0) * self.steps_per_epoch())
        done = index // self._order.per_step / max(1, steps)
        return self.settings.loss.kl * max(0.0, 1.0 - done / self.settings.loss.kl_decay)

    def loss(self, batch: Batch) -> Loss:
        """Entity loss plus weighted trajectory losses; the unit of each is the query."""
        queries = QueryBatch(batch["source"], batch["relation"], batch["side"])
        prompts = PromptBatch(batch["prompt_ids"], batch["prompt_lengths"])
        trajectory = None
        if self.settings.loss.trajectory:
            mask = batch["answer_ids"] >= 0
            trajectory = self.model.backbone.trajectory(prompts, batch["answer_ids"].clamp(min=0), mask)
        hidden = self.model.backbone.prompt_hidden(prompts) if trajectory is None else trajectory[:, 0]
        states = self.model.states(hidden, queries)
        count = len(queries.source)
        total = self._entity_loss(self.model.tables(states), batch)
        parts: dict[str, tuple[Tensor, int | Tensor]] = {"entity": (total.detach(), count)}
        if trajectory is not None:
            extra, extra_parts = self._trajectory_loss(states, trajectory, batch)
            total, parts = total + extra, {**parts, **extra_parts}
        return Loss(total, count, parts)

    def _entity_loss(self, encoded: Encoded, batch: Batch) -> Tensor:
        loss, scorer = self.settings.loss, self.model.scorer
        if loss.entity in SAMPLED:
            candidates = torch.cat([batch["answer"][:, None], batch["negatives"]], dim=1)
            scores = scorer.scores(encoded, candidates)
            positive, negative = scores[:, 0], scores[:, 1:]
            if loss.entity == "info_nce":
                return info_nce(positive, negative, batch["log_expected"][:, None])[0]
            return self_adversarial_bce(positive, negative, loss.temperature)[0]
        scores, gold = scorer.scores_all(encoded), Pairs(batch["gold_query"], batch["gold_entity"])
        if loss.entity == "ce_all":
            return entity_ce(scores, gold, gold, loss.label_smoothing)[0]
        return (one_vs_all_ce if loss.entity == "one_vs_all" else multi_positive_ce)(scores, gold)[0]

    def _trajectory_loss(
        self, states: StepStates, trajectory: Tensor, batch: Batch
    ) -> tuple[Tensor, dict[str, tuple[Tensor, int | Tensor]]]:
        """Head trajectory tuning (kon.md §1.3): keep the LM an LM, and the steps near what it says."""
        loss, W = self.settings.loss, self.model.backbone.output_weight
        targets, mask = batch["answer_ids"], batch["answer_ids"] >= 0
        sft, count = htt_sft(trajectory, W, targets, mask)
        total = loss.sft * sft
        parts: dict[str, tuple[Tensor, int | Tensor]] = {"sft": (sft.detach(), count)}
        if loss.kl:
            kl, count = htt_kl(self.model.head, states, trajectory, W, mask)
            total = total + batch["kl_weight"] * kl
            parts["kl"] = (kl.detach(), count)
        return total, parts

    def evaluate(self, split: str) -> dict[str, float]:
        """Filtered ranking metrics of ``split``."""
        with self.model.sharing_prefix():
            return self.data.evaluate(self.model, split, self.config.eval, self.runtime)

    def state_dict(self) -> dict[str, Any]:
        """The tokenizer's identity: with another one the same weights mean other words."""
        return {"tokenizer_sha256": self.model.backbone.tokenizer.fingerprint}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Raises ``TokenizerMismatchError`` where the checkpoint was made with another tokenizer."""
        require_tokenizer(self.model.backbone.tokenizer, state["tokenizer_sha256"], "the checkpoint")

    def trainable_state(self) -> dict[str, Tensor]:
        """The head and what is trained of the backbone; frozen weights stay in their own folder."""
        trained = {name for name, p in self.model.named_parameters() if p.requires_grad}
        state = self.model.state_dict(keep_vars=True)
        frozen_backbone = {name for name in state if name.startswith("backbone.") and name not in trained}
        return {name: value for name, value in state.items() if name not in frozen_backbone}

    def shards(self) -> list[nn.Module]:
        """The backbone's blocks, as its Hugging Face class names them, without one that lends W."""
        backbone = self.model.backbone
        names = getattr(getattr(backbone, "model", None), "_no_split_modules", None) or ()
        blocks = [module for module in backbone.modules() if type(module).__name__ in names]
        return [b for b in blocks if all(p is not backbone.output_weight for p in b.parameters())]

    def flops_per_unit(self) -> float:
        """Backbone and slot table, forward and backward: 6 · parameters · tokens + 6 · S · d per query.

        Multiply and add counted apart, attention scores left out, frozen weights counted 4 instead of 6.
        """
        model = self.model
        matrices = [p for p in model.backbone.parameters() if p.dim() > 1]
        per_token = sum((6 if p.requires_grad else 4) * p.numel() for p in matrices)
        per_token -= 6 * model.backbone.output_weight.numel()  # looked up, not multiplied
        tokens = float(np.mean(self._order.lengths)) if self._order.lengths is not None else 0.0
        slots: int = len(model.vocab.slots) * model.backbone.hidden_size
        return float(per_token * tokens + 6 * slots)

    def describe(self) -> tuple[str, str]:
        """The model and what it learned from, in words."""
        report, backbone = self.model.vocab.report, self.settings.backbone
        names = "names" if self.settings.names == "real" else "random names"
        return f"K-ON, K = {report.K}, {backbone.kind} backbone", f"train triples and {names}"

    def export(self, folder: Path) -> None:
        """A folder for ``KonModel.from_pretrained``."""
        self.model.save_pretrained(folder)
