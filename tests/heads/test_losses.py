"""Losses: float64 loops, additivity over split batches, count 0, extreme scores, and T17, T21, T29."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kgllm.errors import TrainingError
from kgllm.heads.counters import Pairs
from kgllm.heads.losses import (
    entity_ce,
    htt_kl,
    htt_sft,
    info_nce,
    multi_positive_ce,
    self_adversarial_bce,
    strict_negatives,
)

B, E, N, K, D, V = 6, 9, 5, 4, 8, 12
GOLD = [(0, 3), (1, 0), (1, 8), (2, 2), (4, 1), (4, 5), (4, 7)]
KNOWN = sorted([*GOLD, (0, 4), (1, 1), (3, 6), (5, 0)])


def pairs(coordinates: list[tuple[int, int]], start: int = 0, stop: int = B) -> Pairs:
    held = torch.tensor([c for c in coordinates if start <= c[0] < stop], dtype=torch.int64).view(-1, 2)
    return Pairs(held[:, 0] - start, held[:, 1])


LENGTHS = torch.tensor([4, 1, 3, 2, 4, 2])
MASK = torch.arange(K) < LENGTHS[:, None]


@pytest.fixture
def losses(make_head, reference):
    """name → loss of queries start … stop − 1 of one fixed batch, with scores multiplied by ``scale``."""
    head = make_head(K)
    scores, W = reference.ramp(B, E), reference.ramp(V, D, phase=3.0)
    hidden, teacher = reference.ramp(B, D, phase=1.0), reference.ramp(B, K, D, phase=2.0)
    targets = (torch.arange(B * K).view(B, K) * 5) % V

    def run(name: str, start: int = 0, stop: int = B, scale: float = 1.0):
        part = slice(start, stop)
        s = (scores * scale)[part]
        gold, known, mask = pairs(GOLD, start, stop), pairs(KNOWN, start, stop), MASK[part]
        results = {
            "ce": lambda: entity_ce(s, gold, known),
            "ce_smooth": lambda: entity_ce(s, gold, known, 0.1),
            "multi": lambda: multi_positive_ce(s, gold),
            "nce": lambda: info_nce(s[:, 0], s[:, 1:]),
            "nce_logq": lambda: info_nce(s[:, 0], s[:, 1:], torch.tensor(0.7)),
            "bce": lambda: self_adversarial_bce(s[:, 0], s[:, 1:]),
            "sft": lambda: htt_sft(teacher[part] * scale, W, targets[part], mask),
            "kl": lambda: htt_kl(head, head(hidden[part] * scale), teacher[part] * scale, W, mask),
        }
        return results[name]()

    run.scores, run.head, run.hidden = scores.requires_grad_(), head, hidden
    run.teacher, run.W, run.targets = teacher.requires_grad_(), W.requires_grad_(), targets
    return run


NAMES = ["ce", "ce_smooth", "multi", "nce", "nce_logq", "bce", "sft", "kl"]


@pytest.mark.parametrize("name", NAMES)
def test_split_batches_add_up(losses, name) -> None:
    total, count = losses(name)
    parts = [losses(name, 0, 1), losses(name, 1, 4), losses(name, 4, B)]
    torch.testing.assert_close(sum(t for t, _ in parts), total, atol=1e-12, rtol=0)
    assert (
        sum(int(c) for _, c in parts)
        == int(count)
        == (len(GOLD) if name.startswith("ce") else 4 if name == "multi" else B)
    )


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_batch_costs_nothing(losses, name) -> None:
    total, count = losses(name, 3, 3)
    assert total.item() == 0.0
    assert int(count) == 0
    total.backward()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scale", [1e4, -1e4])
def test_extreme_scores_have_finite_losses_and_gradients(losses, name, scale) -> None:
    total, _ = losses(name, scale=scale)
    assert total.isfinite()
    total.backward()
    leaves = [losses.scores, losses.teacher, losses.W, *losses.head.parameters()]
    assert all(leaf.grad.isfinite().all() for leaf in leaves if leaf.grad is not None)


def naive_ce(scores: torch.Tensor, smoothing: float) -> torch.Tensor:
    total = torch.zeros((), dtype=torch.float64)
    for q, g in GOLD:
        left = [e for e in range(E) if e == g or (q, e) not in KNOWN]
        log_p = scores[q, left].log_softmax(0)
        total = total - (1 - smoothing) * log_p[left.index(g)] - smoothing * log_p.mean()
    return total


@pytest.mark.parametrize(("name", "smoothing"), [("ce", 0.0), ("ce_smooth", 0.1)])
def test_entity_ce_leaves_other_known_answers_out(losses, name, smoothing) -> None:
    total, _ = losses(name)
    expected = naive_ce(losses.scores, smoothing)
    torch.testing.assert_close(total, expected, atol=1e-12, rtol=0)
    own, reference = (torch.autograd.grad(x, losses.scores)[0] for x in (total, expected))
    torch.testing.assert_close(own, reference, atol=1e-13, rtol=0)


def test_entity_ce_where_every_entity_is_known() -> None:
    scores = torch.tensor([[0.3, -0.2]], requires_grad=True)
    both = Pairs(torch.tensor([0, 0]), torch.tensor([0, 1]))
    total, count = entity_ce(scores, both, both)
    total.backward()
    assert (total.item(), count) == (0.0, 2)
    assert torch.equal(scores.grad, torch.zeros(1, 2))


def test_t17_grouped_queries_are_a_weighted_expanded_batch(losses) -> None:
    total, count = losses("multi")
    per_query = {q: sum(p[0] == q for p in GOLD) for q, _ in GOLD}
    expected = -sum(losses.scores[q].log_softmax(0)[g] / per_query[q] for q, g in GOLD)
    torch.testing.assert_close(total, expected, atol=1e-12, rtol=0)
    assert count == len(per_query)


def test_t17_grouped_golds_cost_what_they_cost_one_by_one(losses) -> None:
    total, _ = losses("ce")
    rows = losses.scores[[q for q, _ in GOLD]]
    golds = pairs([(i, g) for i, (_, g) in enumerate(GOLD)], 0, len(GOLD))
    known = pairs([(i, e) for i, (q, _) in enumerate(GOLD) for p, e in KNOWN if p == q], 0, len(GOLD))
    torch.testing.assert_close(entity_ce(rows, golds, known)[0], total, atol=1e-12, rtol=0)


def test_published_bce_by_hand() -> None:
    positive, negative = torch.tensor([0.5]), torch.tensor([[1.0, -2.0]])
    w = [np.exp(2.0) / (np.exp(2.0) + np.exp(-4.0)), np.exp(-4.0) / (np.exp(2.0) + np.exp(-4.0))]
    softplus = lambda x: np.log1p(np.exp(x))  # noqa: E731
    expected = (softplus(-0.5) + w[0] * softplus(1.0) + w[1] * softplus(-2.0)) / 2
    assert self_adversarial_bce(positive, negative)[0].item() == pytest.approx(expected)


def test_no_gradient_flows_through_the_adversarial_weights() -> None:
    negative = torch.tensor([[1.0, -2.0]], dtype=torch.float64, requires_grad=True)
    total, _ = self_adversarial_bce(torch.zeros(1, dtype=torch.float64), negative)
    total.backward()
    expected = (negative / 0.5).softmax(1) * negative.sigmoid() / 2
    torch.testing.assert_close(negative.grad, expected.detach())


def test_t21_all_negatives_make_the_full_softmax(losses) -> None:
    others = torch.tensor([[e for e in range(E) if e != q] for q in range(B)])
    golds = torch.arange(B)
    total, _ = info_nce(losses.scores[golds, golds], losses.scores.gather(1, others))
    full, _ = multi_positive_ce(losses.scores, Pairs(golds, golds))
    torch.testing.assert_close(total, full, atol=1e-12, rtol=0)


def random_words(rows: int, columns: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**64, size=(rows, columns), dtype=np.uint64)


def test_t21_corrected_gradients_estimate_those_of_the_full_softmax() -> None:
    entities, draws, runs = 30, 2000, 400
    scores = torch.linspace(-2, 2, entities, dtype=torch.float64, requires_grad=True)
    known = (np.zeros(2, dtype=np.int64), np.array([4, 25]))
    gold = Pairs(torch.tensor([0]), torch.tensor([25]))
    full, _ = entity_ce(scores[None], gold, Pairs(torch.zeros(2, dtype=torch.int64), torch.tensor([4, 25])))
    (expected,) = torch.autograd.grad(full, scores)
    samples = []
    for run in range(runs):
        negatives = strict_negatives(known, random_words(1, draws, run), entities)
        logq = torch.from_numpy(negatives.log_expected)[:, None]
        total, _ = info_nce(scores[25:26], scores[torch.from_numpy(negatives.entities)], logq)
        samples.append(torch.autograd.grad(total, scores)[0])
    found = torch.stack(samples)
    error = found.std(0) / runs**0.5
    assert ((found.mean(0) - expected).abs() <= 3 * error + 1e-9).float().mean() > 0.95


@settings(max_examples=60, deadline=None)
@given(data=st.data(), entities=st.integers(2, 12), queries=st.integers(1, 5))
def test_t21_strict_negatives_are_never_answers(data, entities, queries) -> None:
    answers = data.draw(
        st.lists(
            st.sets(st.integers(0, entities - 1), max_size=entities - 1), min_size=queries, max_size=queries
        )
    )
    known = [(q, e) for q, held in enumerate(answers) for e in sorted(held)]
    position, entity = np.array(known, dtype=np.int64).reshape(-1, 2).T
    negatives = strict_negatives((position, entity), random_words(queries, 300), entities)
    for q, held in enumerate(answers):
        drawn = set(negatives.entities[q].tolist())
        assert not drawn & held
        assert drawn <= {*range(entities)}
        assert np.exp(negatives.log_expected[q]) == pytest.approx(300 / (entities - len(held)))


def test_negatives_do_not_depend_on_how_queries_are_cut_into_batches() -> None:
    known, draws = (np.array([0, 1, 1]), np.array([4, 0, 2])), random_words(2, 50)
    whole = strict_negatives(known, draws, 6).entities
    first = strict_negatives((np.array([0]), np.array([4])), draws[:1], 6).entities
    second = strict_negatives((np.array([0, 0]), np.array([0, 2])), draws[1:], 6).entities
    assert np.array_equal(whole, np.concatenate([first, second]))


def test_t21_every_non_answer_is_as_likely_as_any_other() -> None:
    known = (np.zeros(3, dtype=np.int64), np.array([0, 5, 6]))
    drawn = strict_negatives(known, random_words(1, 70_000), 10).entities
    counts = np.bincount(drawn[0], minlength=10)
    assert counts[[0, 5, 6]].sum() == 0
    expected = 10_000
    assert (((counts[counts > 0] - expected) ** 2) / expected).sum() < 22.5  # χ², 6 degrees, p = .001


def test_a_query_answered_by_everything_has_no_negative() -> None:
    known = (np.zeros(2, dtype=np.int64), np.arange(2))
    with pytest.raises(TrainingError, match=r"all 2 entities .* use a loss over all entities"):
        strict_negatives(known, random_words(1, 4), 2)


def naive_kl(losses) -> torch.Tensor:
    """Σ_v p_LM (log p_LM − log p_KON), averaged over each query's tokens; not over the vocabulary (B5)."""
    logits = losses.head.logits(losses.head(losses.hidden), losses.W.detach())
    total = torch.zeros((), dtype=torch.float64)
    for b in range(B):
        for k in range(LENGTHS[b]):  # nothing beyond the name (B7)
            log_lm = (losses.W @ losses.teacher[b, k]).log_softmax(0).detach()
            total = total + (log_lm.exp() * (log_lm - logits[b, k].log_softmax(0))).sum() / LENGTHS[b]
    return total


def test_t29_kl_is_summed_over_the_vocabulary_and_masked(losses) -> None:
    total, count = losses("kl")
    expected = naive_kl(losses)
    torch.testing.assert_close(total, expected, atol=1e-12, rtol=0)
    assert int(count) == B
    leaves = [*(p for p in losses.head.parameters() if p is not losses.head.log_scale)]
    own = torch.autograd.grad(3 * total, leaves, allow_unused=True)
    for a, b in zip(own, torch.autograd.grad(3 * expected, leaves, allow_unused=True), strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            torch.testing.assert_close(a, b, atol=1e-12, rtol=0)


def test_t29_kl_teaches_the_head_only(losses) -> None:
    losses("kl")[0].backward()
    assert losses.teacher.grad is None
    assert losses.W.grad is None


def test_sft_is_the_masked_next_token_loss(losses) -> None:
    total, count = losses("sft")
    log_p = (losses.teacher @ losses.W.T).log_softmax(-1)
    expected = -sum(
        log_p[b, k, losses.targets[b, k]] / LENGTHS[b] for b in range(B) for k in range(LENGTHS[b])
    )
    torch.testing.assert_close(total, expected, atol=1e-12, rtol=0)
    assert int(count) == B
    leaves = [losses.teacher, losses.W]
    for a, b in zip(torch.autograd.grad(total, leaves), torch.autograd.grad(expected, leaves), strict=True):
        torch.testing.assert_close(a, b, atol=1e-12, rtol=0)


def test_what_lies_beyond_the_name_is_never_read(losses) -> None:
    before = losses("sft")[0].item(), losses("kl")[0].item()
    with torch.no_grad():
        losses.teacher[~MASK] = torch.nan
    losses.targets[~MASK] = -1
    assert (losses("sft")[0].item(), losses("kl")[0].item()) == before
