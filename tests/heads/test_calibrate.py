"""Temperature, calibration error, abstention."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kgllm.heads.calibrate import abstention_mass, expected_calibration_error, fit_temperature
from kgllm.heads.score import EntityScorer


def sampled(queries: int = 4000, entities: int = 20) -> tuple[torch.Tensor, torch.Tensor]:
    """Scores of a calibrated model, and golds drawn from its own softmax."""
    generator = torch.Generator().manual_seed(0)
    scores = 2 * torch.randn(queries, entities, generator=generator)
    return scores, torch.multinomial(scores.softmax(1), 1, generator=generator)[:, 0]


@pytest.mark.parametrize("factor", [0.3, 1.0, 4.0])
def test_t35_temperature_undoes_a_factor_and_lowers_the_error(factor) -> None:
    scores, gold = sampled()
    stretched = scores * factor
    temperature = fit_temperature(stretched, gold)
    assert temperature == pytest.approx(factor, rel=0.05)

    def error(t: float) -> float:
        confidence, best = (stretched / t).softmax(1).max(1)
        return expected_calibration_error(confidence, best == gold)

    assert error(temperature) <= error(1.0) + (1e-2 if factor == 1.0 else 0.0)


def test_temperature_minimises_the_negative_log_likelihood() -> None:
    scores, gold = sampled(200)
    scores[:, 3] = torch.where(gold == 3, scores[:, 3], -torch.inf)  # filtered entities
    temperature = fit_temperature(scores, gold)

    def surprise(t: float) -> float:
        return torch.nn.functional.cross_entropy(scores.double() / t, gold).item()

    assert surprise(temperature) <= min(surprise(temperature * f) for f in (0.9, 0.99, 1.01, 1.1))


def test_temperature_of_a_perfect_and_of_a_hopeless_model_is_bounded() -> None:
    scores = torch.eye(3)
    assert 0 < fit_temperature(scores, torch.arange(3)) < 0.05
    assert 1e4 < fit_temperature(-scores, torch.arange(3)) < float("inf")


def test_calibration_error_by_hand() -> None:
    confidence = torch.tensor([0.05, 0.95, 0.85, 1.0])
    correct = torch.tensor([False, True, False, True])
    # bins of width 0.1: {.05}, {.85}, {.95, 1.0}
    assert expected_calibration_error(confidence, correct, bins=10) == pytest.approx((0.05 + 0.85 + 0.05) / 4)


@settings(max_examples=30, deadline=None)
@given(names=st.lists(st.text("abcd", min_size=1, max_size=4), min_size=1, max_size=15))
def test_t35_abstention_is_what_no_entity_claims(make_vocab, make_head, reference, names) -> None:
    vocab = make_vocab(names, K=3)
    head, scorer = make_head(3, normalise="full"), EntityScorer(vocab)
    with torch.no_grad():
        encoded = scorer.encode(
            head, head(reference.ramp(2, 8)), reference.ramp(12, 8, phase=4.0), likelihood=True
        )
    log_p = scorer.score(encoded, 0, len(vocab))
    mass = abstention_mass(log_p, torch.from_numpy(vocab.representatives))
    assert ((mass >= 0) & (mass <= 1)).all()
    distinct = {name[:3]: i for i, name in enumerate(names)}  # K = 3 reads no further
    torch.testing.assert_close(mass, 1 - log_p[:, [*distinct.values()]].exp().sum(1))
