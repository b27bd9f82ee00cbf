"""The K-ON head alone: identity at the start, causality, borrowed weights, settings."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError

from kgllm.errors import ConfigError
from kgllm.heads.kon import KONConfig, KONHead
from kgllm.heads.kon_paper import PaperTrunk

B, D, V = 16, 24, 50


@pytest.fixture
def lm() -> tuple[torch.Tensor, torch.nn.Linear]:
    torch.manual_seed(0)
    return torch.randn(B, D), torch.nn.Linear(D, V, bias=False)


@pytest.mark.parametrize("K", [pytest.param(1, id="t1_one_step"), pytest.param(8, id="t2_every_step")])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("rank", [None, 4])
def test_t1_t2_a_fresh_head_is_the_language_model_bit_by_bit(lm, K, training, rank) -> None:
    h, lm_head = lm
    head = KONHead(D, V, K, KONConfig(mlp_rank=rank)).train(training)
    own = head.logits(head(h), lm_head.weight).log_softmax(-1)
    for k in range(K):
        assert torch.equal(own[:, k], lm_head(h).log_softmax(-1))


@pytest.mark.parametrize("training", [True, False])
def test_t16_a_step_never_sees_a_later_one(make_head, reference, training) -> None:
    trunk = make_head(5).train(training).trunk

    def sees(z: torch.Tensor) -> torch.Tensor:
        jacobian = torch.autograd.functional.jacobian(trunk.condition, z)  # (1, K, d, 1, K, d)
        return jacobian.abs().sum((0, 2, 3, 5))

    influence = sees(reference.ramp(1, 5, 8))
    assert torch.equal(influence.triu(1), torch.zeros(5, 5, dtype=torch.float64))
    assert (influence.tril().sum(1) > 0).all()
    assert influence[4, 0] > 0  # the earlier steps are seen


def test_t16_changing_the_last_step_without_gradients_moves_no_earlier_one(make_head, reference) -> None:
    trunk = make_head(8).eval().trunk
    z = reference.ramp(2, 8, 8)
    changed = z.clone()
    changed[:, 7] += 1.0
    with torch.no_grad():
        before, after = trunk.condition(z), trunk.condition(changed)
    assert torch.equal(before[:, :7], after[:, :7])
    assert not torch.equal(before[:, 7], after[:, 7])


def test_t11_states_depend_on_no_other_query(make_head, reference) -> None:
    head = make_head(4, dtype=torch.float32)
    h = reference.ramp(64, 8).float()
    order = torch.arange(63, -1, -1)
    together = head(h)
    torch.testing.assert_close(head(h[:1]).z, together.z[:1], atol=1e-5, rtol=0)
    torch.testing.assert_close(head(h[order]).low, together.low[order], atol=1e-5, rtol=0)


def test_the_lm_head_is_borrowed(lm) -> None:
    h, lm_head = lm
    head = KONHead(D, V, 3)
    before = lm_head.weight.detach().clone()
    frozen = lm_head.weight.detach()
    optimizer = torch.optim.SGD(head.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        head.logits(head(h), frozen).square().sum().backward()
        optimizer.step()
    assert torch.equal(lm_head.weight, before)
    state = head.state_dict()
    assert all(tensor.shape != lm_head.weight.shape for tensor in state.values())
    assert {"log_alpha", "log_scale", "gamma_logit"} <= state.keys()


def test_state_dict_round_trip(make_head, reference) -> None:
    head, twin = make_head(3), KONHead(8, 12, 3, make_head(3).config).double()
    twin.load_state_dict(head.state_dict())
    h = reference.ramp(2, 8)
    assert torch.equal(head(h).z, twin(h).z)


def test_alpha_and_gamma_start_at_one_and_at_the_setting() -> None:
    head = KONHead(D, V, 4, KONConfig(length_gamma=0.25))
    torch.testing.assert_close(head.alpha, torch.ones(4))
    assert head.gamma.item() == pytest.approx(0.25)
    assert head.log_alpha.requires_grad
    fixed = KONHead(D, V, 4, KONConfig(length_gamma=0.0, learn_gamma=False, weights="fixed"))
    assert fixed.gamma.item() == 0.0
    assert not fixed.log_alpha.requires_grad


def test_states_are_float32_under_autocast(lm) -> None:
    h, lm_head = lm
    head = KONHead(D, V, 2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        states = head(h)
        logits = head.logits(states, lm_head.weight)
    assert {states.z.dtype, states.low.dtype, logits.dtype} == {torch.float32}
    torch.testing.assert_close(logits, head.logits(head(h), lm_head.weight), atol=3e-2, rtol=0)


def test_a_temperature_for_each_relation(lm) -> None:
    h, _ = lm
    head = KONHead(D, V, 2, num_relations=3)
    with torch.no_grad():
        head.log_scale.copy_(torch.tensor([0.0, 1.0, 2.0]))
    relation = torch.arange(B) % 3
    assert torch.equal(head(h, relation).scale, torch.arange(3.0).exp()[relation])
    with pytest.raises(ValueError, match="3 relations"):
        head(h)


def test_without_low_rank_layers_there_is_nothing_to_add(lm) -> None:
    h, lm_head = lm
    head = KONHead(D, V, 2, KONConfig(score_rank=0))
    states = head(h)
    assert states.low is None
    assert torch.equal(head.logits(states, lm_head.weight)[:, 1], lm_head(h))


PAPER = KONConfig(
    paper_mode=True, normalise="none", weights="fixed", length_gamma=1.0, learn_gamma=False, eos=False
)


def test_paper_mode_is_the_published_mixture(lm) -> None:
    h, _ = lm
    head = KONHead(D, V, 4, PAPER).eval()
    assert isinstance(head.trunk, PaperTrunk)
    steps = []
    for k in range(4):
        x = torch.nn.functional.silu(h @ head.trunk.mlp.weight[k].T)
        steps.append(x / (x.square().mean(-1, keepdim=True) + 1e-6).sqrt())
    m = torch.stack(steps, 1)
    expected = 0.2 * head.trunk.attention(m) + 0.5 * h[:, None] + 0.8 * m
    torch.testing.assert_close(head(h).z, expected)
    torch.testing.assert_close(head.alpha, 0.95 ** torch.arange(4.0))
    assert not head.log_alpha.requires_grad
    assert not head.log_scale.requires_grad


def test_paper_attention_is_causal_too(reference) -> None:
    attention = KONHead(8, V, 4, PAPER.model_copy(update={"attention_heads": 2})).double().trunk.attention
    x = reference.ramp(1, 4, 8)
    jacobian = torch.autograd.functional.jacobian(attention, x).abs().sum((0, 2, 3, 5))
    assert torch.equal(jacobian.triu(1), torch.zeros(4, 4, dtype=torch.float64))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"paper_mode": True}, "paper_mode .* needs weights=fixed, length_gamma=1.0, learn_gamma=False"),
        ({"length_gamma": 1.0}, "cannot be learned"),
        ({"heads": 3}, "Extra inputs"),
        ({"dropout": 1.0}, "less than 1"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(settings, message) -> None:
    with pytest.raises(ValidationError, match=message):
        KONConfig(**settings)


def test_attention_heads_must_divide_the_hidden_size() -> None:
    with pytest.raises(ConfigError, match="attention_heads=8 does not divide the hidden size 20"):
        KONHead(20, V, 2)
