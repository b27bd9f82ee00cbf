"""What is special about the K-ON task: head scalars, overfitting, bfloat16, cached states, shared prefix."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from kgllm.errors import CheckpointError, ConfigError
from kgllm.training.link_data import query_tensors
from kgllm.training.random_state import undisturbed

Build = Callable[..., Any]
LONG = ["train.steps=100", "train.micro_batch=56", "optim.schedule=cosine", "optim.warmup=0.1"]


def scores(task: Any, *, dtype: torch.dtype | None = None) -> Tensor:
    """(q, E) scores of all training queries."""
    context = torch.autocast("cpu", dtype) if dtype else nullcontext()
    with undisturbed(task.model), context:
        encoded = task.model.encode(query_tensors(task.data.train.queries))
        found: Tensor = task.model.score(encoded, 0, task.model.num_entities)
    return found


def step(task: Any, batches: int = 1) -> None:
    """Some steps of AdamW over the task's groups."""
    optimizer = torch.optim.AdamW([{"params": group.params, "lr": group.lr} for group in task.groups()])
    for batch in islice(task.batches(0), batches):
        optimizer.zero_grad()
        task.loss(batch).total.backward()
        optimizer.step()


def test_t28_head_scalars_are_trained(build: Build) -> None:
    """α, γ, inverse temperatures and gates stand in a group and move."""
    task = build("kon")
    head = task.model.head
    names = ("log_alpha", "gamma_logit", "log_scale", "trunk.gate")
    watched = {name: head.get_parameter(name) for name in names}
    held = {id(p) for group in task.groups() for p in group.params}
    assert {id(p) for p in watched.values()} <= held
    before = {name: p.detach().clone() for name, p in watched.items()}
    step(task, 2)
    assert all(not torch.equal(p, before[name]) for name, p in watched.items())
    assert set(before) <= {name.removeprefix("head.") for name in task.trainable_state()}


def test_t31_overfits_the_training_triples(train: Build, tmp_path: Path) -> None:
    """48 triples, 59 queries, from names alone."""
    task, _ = train(tmp_path, "kon", LONG)
    with undisturbed(task.model):
        assert task.evaluate("train")["train/both.realistic.mrr"] >= 0.99


def test_t32_the_seed_decides(build: Build) -> None:
    one, same, other = (build("kon-info_nce", f"seed={seed}") for seed in (3, 3, 4))
    batches = [next(task.batches(7)) for task in (one, same, other)]
    assert torch.equal(batches[0]["negatives"], batches[1]["negatives"])
    assert not torch.equal(batches[0]["source"], batches[2]["source"])
    for task in (one, same, other):
        step(task)
    assert torch.equal(scores(one), scores(same))
    assert not torch.equal(scores(one), scores(other))


def test_t34_bfloat16_ranks_like_float32(train: Build, tmp_path: Path) -> None:
    """Autocast of a trained model: Spearman's correlation by query, and who is among the first 10."""
    task, _ = train(tmp_path, "kon", [*LONG, "train.steps=40"])
    full, half = scores(task), scores(task, dtype=torch.bfloat16)
    assert half.dtype == torch.float32
    places = [s.argsort(1).argsort(1).double().numpy() for s in (full, half)]
    assert np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(*places, strict=True)]) >= 0.999
    top = [place >= task.model.num_entities - 10 for place in places]
    assert (top[0] == top[1]).mean() >= 0.99


def test_drawn_answers_are_answers_and_change_by_epoch(build: Build) -> None:
    task = build("kon-info_nce")
    epoch = task.steps_per_epoch()
    drawn: list[dict[tuple[int, ...], int]] = [{}, {}]
    for number, start in enumerate((0, epoch)):
        for batch in islice(task.batches(start), epoch):
            known = {tuple(pair) for pair in zip(*map(Tensor.tolist, pairs(batch)), strict=True)}
            for row, answer in enumerate(batch["answer"].tolist()):
                assert (row, answer) in known
                assert not any((row, negative) in known for negative in batch["negatives"][row].tolist())
                key = tuple(batch[name][row].item() for name in ("source", "relation", "side"))
                drawn[number][key] = answer
    shared = drawn[0].keys() & drawn[1].keys()
    assert any(drawn[0][key] != drawn[1][key] for key in shared)


def pairs(batch: Any) -> tuple[Tensor, Tensor]:
    return batch["gold_query"], batch["gold_entity"]


def test_the_kl_fades(build: Build) -> None:
    task = build("kon-ce_all", "kon.loss.kl_decay=0.5", "train.accumulate=2")
    found = [batch["kl_weight"] for batch in islice(task.batches(0), 24)]
    assert found == pytest.approx([0.1 * max(0.0, 1 - (i // 2) / 6) for i in range(24)])


CACHED = "kon.backbone={kind: cached, of: {kind: hf, path: GRAPH/lm, tune: frozen}, folder: OUT}"


def test_cached_training_is_training_on_the_live_backbone(
    train: Build, runs: ModuleType, tmp_path: Path
) -> None:
    """The first run writes the cache of all splits; the second needs no model any more."""
    cached = CACHED.replace("OUT", str(tmp_path / "states"))
    live, one = train(tmp_path / "live", "kon-frozen", sgd=True)
    first, two = train(tmp_path / "first", "kon-frozen", [cached], sgd=True)
    assert runs.difference(runs.weights(tmp_path / "live"), runs.weights(tmp_path / "first")) <= 1e-6
    assert one.metrics == pytest.approx(two.metrics)
    assert torch.allclose(scores(live), scores(first), atol=1e-5)
    with undisturbed(first.model), undisturbed(live.model):
        assert first.evaluate("test") == pytest.approx(live.evaluate("test"))
    written = (tmp_path / "states" / "hidden.npy").stat().st_mtime_ns
    train(tmp_path / "second", "kon-frozen", [cached], sgd=True)
    assert (tmp_path / "states" / "hidden.npy").stat().st_mtime_ns == written
    assert runs.fingerprint(tmp_path / "first") == runs.fingerprint(tmp_path / "second")


def test_a_cache_is_finished_and_then_loaded_without_the_model(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached = CACHED.replace("OUT", str(tmp_path / "states"))
    build("kon-frozen", cached)
    (tmp_path / "states").rename(tmp_path / "states.partial")  # as if it had stopped before the end
    build("kon-frozen", cached)
    assert not (tmp_path / "states.partial").exists()
    monkeypatch.setattr("kgllm.training.tasks.kon.cache.build_backbone", None)
    build("kon-frozen", cached)


def test_a_cache_of_something_else_is_refused(build: Build, tmp_path: Path) -> None:
    cached = CACHED.replace("OUT", str(tmp_path / "states"))
    build("kon-frozen", cached)
    with pytest.raises(CheckpointError, match=r"cache of other content \(template, prompts differ\)"):
        build("kon-frozen", cached, "kon.template=question")


def test_a_cache_has_no_trajectory(build: Build) -> None:
    with pytest.raises(ConfigError, match=r"kon\.loss\.sft and kon\.loss\.kl need a causal LM, found"):
        build("kon-frozen", CACHED, "kon.loss.sft=0.1")


def test_evaluation_shares_the_prompts_prefix(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    """Long prompts: the same metrics with and without; the prefix is of the weights of each evaluation."""
    task = build("kon-lora", "kon.template=expert")
    runs: list[int] = []
    plain = task.model.backbone.shared_prefix
    monkeypatch.setattr(task.model.backbone, "shared_prefix", lambda ids: runs.append(len(ids)) or plain(ids))
    for _ in range(2):
        with undisturbed(task.model):
            shared = task.evaluate("valid")
            alone = task.data.evaluate(task.model, "valid", task.config.eval, task.runtime)
        assert shared == pytest.approx(alone)
        step(task, 2)
    assert runs == [len(task.model.prompts.prefix)] * 2
    assert runs[0] > 8


def test_the_control_knows_no_names(build: Build) -> None:
    real, control = build("kon"), build("kon", "kon.names=random")
    assert not set(real.model.vocab.names) & set(control.model.vocab.names)
    assert len(set(control.model.vocab.names)) == len(real.model.vocab.names)
    assert control.describe()[1] == "train triples and random names"
