from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from kgllm.errors import CheckpointError, TrainingError
from kgllm.training.ema import Ema
from kgllm.training.optim import KINDS, Optimizers, schedule
from kgllm.training.settings import OptimConfig
from kgllm.training.task import ParamGroup


def net() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 3), nn.LayerNorm(3), nn.Linear(3, 1))


def one_group(model: nn.Module, kind: str = "adamw", lr: float = 0.1, decay: float = 0.0) -> list[ParamGroup]:
    return [ParamGroup("all", tuple(model.parameters()), kind, lr, decay)]


def backward(model: nn.Module, factor: float = 1.0) -> None:
    torch.manual_seed(1)
    (model(torch.randn(5, 4)).square().sum() * factor).backward()


ONE = torch.tensor(1.0)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (OptimConfig(schedule="constant"), [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]),
        (OptimConfig(schedule="constant", warmup=4), [0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1, 1]),
        (OptimConfig(schedule="linear"), [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]),
        (OptimConfig(schedule="linear", warmup=0.2, floor=0.5), [0.5, 1, 1, 15 / 16, 14 / 16, 13 / 16]),
        (OptimConfig(schedule="wsd", warmup=1, decay=4), [1, 1, 1, 1, 1, 1, 1, 0.75, 0.5, 0.25]),
        (OptimConfig(schedule="wsd", decay=0.2), [1] * 9 + [0.5]),
    ],
)
def test_schedule_values(config: OptimConfig, expected: list[float]) -> None:
    found = [schedule(step, 10, config) for step in range(len(expected))]
    assert found == pytest.approx(expected)


def test_cosine_falls_from_one_to_the_floor() -> None:
    config = OptimConfig(schedule="cosine", warmup=10, floor=0.1)
    assert schedule(9, 110, config) == schedule(10, 110, config) == 1
    assert schedule(60, 110, config) == pytest.approx(0.55)
    assert schedule(110, 110, config) == schedule(500, 110, config) == pytest.approx(0.1)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_step_equals_the_bare_optimizer_on_scaled_gradients(kind: str) -> None:
    ours, bare = net(), net()
    optimizers = Optimizers(one_group(ours, kind), ours, OptimConfig(clip=None))
    reference = KINDS[kind](bare.parameters(), lr=0.1, **({"weight_decay": 0.0} if kind == "adamw" else {}))
    for _ in range(3):
        backward(ours)
        optimizers.set_lr(1.0)
        optimizers.step(ONE, torch.tensor(0.25))
        backward(bare, 0.25)
        reference.step()
        reference.zero_grad()
    for p, q in zip(ours.parameters(), bare.parameters(), strict=True):
        torch.testing.assert_close(p, q, rtol=1e-6, atol=1e-7)


def test_the_norm_is_of_the_scaled_gradient_and_clipping_bounds_it() -> None:
    model, bare = net(), net()
    optimizers = Optimizers(one_group(model, "sgd", lr=1.0), model, OptimConfig(clip=0.5))
    backward(model, 100.0)
    backward(bare, 50.0)
    expected = nn.utils.clip_grad_norm_(bare.parameters(), 0.5)
    norm, skipped = optimizers.step(ONE, torch.tensor(0.5))
    assert norm.item() == pytest.approx(expected.item(), rel=1e-6)
    assert skipped.item() == 0
    for p, q, start in zip(model.parameters(), bare.parameters(), net().parameters(), strict=True):
        torch.testing.assert_close(p, start - q.grad)
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_step_that_is_not_finite_changes_nothing(kind: str, bad: float) -> None:
    model = net()
    optimizers = Optimizers(one_group(model, kind), model, OptimConfig())
    ema = Ema(optimizers.leaves, 0.9)
    backward(model)
    ema.update(optimizers.step(ONE, ONE)[1])
    before = copy.deepcopy((model.state_dict(), optimizers.tensors(), ema.tensors()))
    backward(model, bad)
    norm, skipped = optimizers.step(ONE, ONE)
    ema.update(skipped)
    assert not norm.isfinite()
    assert skipped.item() == 1
    for old, new in zip(before, (model.state_dict(), optimizers.tensors(), ema.tensors()), strict=True):
        assert all(torch.equal(old[name], new[name]) for name in new)


def test_a_loss_that_is_not_finite_is_skipped_though_its_gradient_is() -> None:
    model = net()
    optimizers = Optimizers(one_group(model), model, OptimConfig())
    backward(model)
    norm, skipped = optimizers.step(torch.tensor(float("inf")), ONE)
    assert norm.isfinite()
    assert skipped.item() == 1
    assert all(torch.equal(p, q) for p, q in zip(model.parameters(), net().parameters(), strict=True))


def test_weight_decay_spares_vectors() -> None:
    model = net()
    start = copy.deepcopy(model.state_dict())
    optimizers = Optimizers(one_group(model, lr=0.1, decay=0.5), model, OptimConfig())
    for p in model.parameters():
        p.grad = torch.zeros_like(p)
    optimizers.step(ONE, ONE)
    for name, p in model.named_parameters():
        torch.testing.assert_close(p.detach(), start[name] * (0.95 if p.ndim == 2 else 1.0))


def test_rates_follow_the_factor_by_group() -> None:
    model = net()
    groups = [
        ParamGroup("first", tuple(model[0].parameters()), "adamw", 0.1, 0.01),
        ParamGroup("rest", (*model[1].parameters(), *model[2].parameters()), "adagrad", 0.4),
    ]
    assert Optimizers(groups, model, OptimConfig()).set_lr(0.5) == {"first": 0.05, "rest": 0.2}


def test_groups_must_partition_the_trainable_parameters() -> None:
    model = net()
    model[1].weight.requires_grad_(False)
    stray = nn.Parameter(torch.zeros(1))
    groups = [
        ParamGroup("a", (model[0].weight, model[0].bias, model[1].weight), "adamw"),
        ParamGroup("b", (model[0].weight, model[2].weight, stray), "adamv"),
    ]
    with pytest.raises(TrainingError) as error:
        Optimizers(groups, model, OptimConfig())
    text = str(error.value)
    assert "group 'b': 'adamv' is none of adamw, adam, adagrad, sgd" in text
    assert "0.weight stands in the groups 2 times" in text
    assert "1.weight is frozen and in a group" in text
    assert "1.bias is trainable and in no group" in text
    assert "2.bias is trainable and in no group" in text
    assert "not below task.model" in text
    with pytest.raises(TrainingError, match="no parameter is trainable"):
        Optimizers([], nn.Identity(), OptimConfig())
    with pytest.raises(TrainingError, match="asks adagrad for weight decay"):
        Optimizers(one_group(net_ := net(), "adagrad", decay=0.1), net_, OptimConfig())


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_optimizer_state_survives_a_round_trip(kind: str) -> None:
    first, second = net(), net()
    one, two = (Optimizers(one_group(m, kind), m, OptimConfig()) for m in (first, second))
    for _ in range(2):
        backward(first)
        one.step(ONE, ONE)
    two.load_tensors(one.tensors())
    second.load_state_dict(first.state_dict())
    for model, optimizers in ((first, one), (second, two)):
        backward(model)
        optimizers.step(ONE, ONE)
    assert all(torch.equal(p, q) for p, q in zip(first.parameters(), second.parameters(), strict=True))


def test_state_of_an_unknown_parameter_is_an_error() -> None:
    model = net()
    with pytest.raises(CheckpointError, match=r"7\.weight has no parameter"):
        Optimizers(one_group(model), model, OptimConfig()).load_tensors({"7.weight/exp_avg": ONE})


def test_released_optimizers_carry_no_flag() -> None:
    model = net()
    optimizers = Optimizers(one_group(model), model, OptimConfig())
    backward(model)
    optimizers.step(ONE, ONE)
    optimizers.release()
    assert not any(hasattr(o, "found_inf") for o in optimizers._optimizers)


def test_the_average_follows_the_formula_and_swaps_back() -> None:
    model = net()
    optimizers = Optimizers(one_group(model), model, OptimConfig())
    ema = Ema(optimizers.leaves, 0.75)
    expected = model[0].weight.detach().clone()
    for _ in range(3):
        backward(model)
        ema.update(optimizers.step(ONE, ONE)[1])
        expected = 0.75 * expected + 0.25 * model[0].weight.detach()
    weight = model[0].weight.detach().clone()
    with ema.applied():
        torch.testing.assert_close(model[0].weight.detach(), expected)
    assert torch.equal(model[0].weight, weight)
    with pytest.raises(CheckpointError, match=r"no running average of 0\.weight"):
        ema.load_tensors({})
