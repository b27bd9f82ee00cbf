"""Entity scores against float64 loops, and the identities that scores obey."""

from __future__ import annotations

import warnings
from functools import partial
from itertools import product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kgllm.heads.score import Encoded, EntityScorer
from kgllm.heads.trie import NameTrie

NAMES = ["abc", "ab", "abcd", "bca", "k", "abce", "jjj", "bca", "fghijk"]
K, B, D, V, EOS = 4, 3, 8, 12, 11


@pytest.fixture(name="W")
def output_weight(reference) -> torch.Tensor:
    return reference.ramp(V, D, phase=5.0, scale=0.25)


@pytest.fixture
def h(reference) -> torch.Tensor:
    return reference.ramp(B, D, phase=9.0)


@pytest.fixture
def naive(reference, letters):
    """Scores by loops; the support of a restricted softmax is what names use at a step."""

    def score(head, h, W, names=NAMES, restricted=True) -> torch.Tensor:
        tokens = [reference.scored_tokens(t, head.K, EOS) for t in letters(names)]
        supports = [sorted({t[k] for t in tokens if len(t) > k}) for k in range(head.K)]
        logits = reference.step_logits(head, h, W)
        log_p = reference.log_probs(logits, supports if restricted else None)
        return reference.entity_scores(log_p, tokens, head.alpha, head.gamma) * head(h).scale[:, None]

    return score


@pytest.fixture(scope="session")
def fast(make_vocab):
    def score(head, h, W, names=NAMES, **encode) -> torch.Tensor:
        scorer = EntityScorer(make_vocab(names, K=head.K))
        return scorer.scores_all(scorer.encode(head, head(h), W, **encode))

    return score


@pytest.mark.parametrize("normalise", ["entity", "full"])
def test_t3_scores_are_those_of_the_loop(make_head, naive, fast, h, W, normalise) -> None:
    head = make_head(K, normalise=normalise)
    expected = naive(head, h, W, restricted=normalise == "entity")
    torch.testing.assert_close(fast(head, h, W), expected, atol=1e-12, rtol=0)
    single = make_head(K, normalise=normalise, dtype=torch.float32)
    torch.testing.assert_close(fast(single, h.float(), W.float()).double(), expected, atol=2e-5, rtol=0)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        half = fast(single, h.float(), W.bfloat16())
    torch.testing.assert_close(half.double(), expected, atol=3e-2, rtol=0)


def test_t3_likelihood_is_the_sum_of_log_softmaxes(make_head, reference, letters, fast, h, W) -> None:
    head = make_head(K, normalise="full")
    log_p = reference.step_logits(head, h, W).log_softmax(-1)
    tokens = [reference.scored_tokens(t, K, EOS) for t in letters(NAMES)]
    expected = reference.entity_scores(log_p, tokens, torch.ones(K), torch.tensor(0))
    torch.testing.assert_close(fast(head, h, W, likelihood=True), expected, atol=1e-12, rtol=0)


@pytest.mark.parametrize("normalise", ["entity", "full"])
def test_t4_gradients_are_those_of_the_loop(make_head, naive, fast, h, W, normalise) -> None:
    def gradients(scores, dtype) -> dict[str, torch.Tensor]:
        head = make_head(K, normalise=normalise, dtype=dtype)
        leaves = dict(head.named_parameters()) | {"h": h.to(dtype), "W": W.to(dtype)}
        result = scores(head, leaves["h"].requires_grad_(), leaves["W"].requires_grad_())
        weight = torch.cos(torch.arange(result.numel(), dtype=dtype)).view(result.shape) / result.numel()
        found = torch.autograd.grad((result * weight).sum(), [*leaves.values()])
        return {name: gradient.double() for name, gradient in zip(leaves, found, strict=True)}

    expected = gradients(partial(naive, restricted=normalise == "entity"), torch.float64)
    for dtype, tolerance in ((torch.float64, 1e-13), (torch.float32, 5e-6)):
        for name, gradient in gradients(fast, dtype).items():
            torch.testing.assert_close(gradient, expected[name], atol=tolerance, rtol=0, msg=name)


def test_t6_gradient_with_respect_to_a_slot_in_closed_form(make_vocab, reference) -> None:
    vocab = make_vocab(NAMES, K=K)
    scorer, gold = EntityScorer(vocab), 3
    alpha = reference.ramp(K, phase=1.0).exp()
    log_p = reference.ramp(len(vocab.slots), 1).requires_grad_()
    encoded = Encoded(
        log_p * alpha[vocab.slots.step_of_slot, None], torch.ones(len(vocab), dtype=torch.float64)
    )
    scores = scorer.scores_all(encoded)
    (gradient,) = torch.autograd.grad(-scores.log_softmax(1)[0, gold], log_p)
    excess = scores.detach().softmax(1)[0]
    excess[gold] -= 1
    for slot, (step, token) in enumerate(zip(vocab.slots.step_of_slot, vocab.slots.tokens, strict=True)):
        users = torch.from_numpy(vocab.token_ids[:, step] == token)
        assert gradient[slot].item() == pytest.approx((excess[users].sum() * alpha[step]).item(), abs=1e-15)


@pytest.mark.parametrize("normalise", ["entity", "full"])
def test_t7_logit_gradients_sum_to_zero(make_head, make_vocab, reference, normalise) -> None:
    head = make_head(K, d=V, normalise=normalise)  # W = I makes the step states the logits
    scorer = EntityScorer(make_vocab(NAMES, K=K))
    states = head(reference.ramp(B, V))
    z = states.z.detach().requires_grad_()
    encoded = scorer.encode(head, states._replace(z=z, low=states.low.detach()), torch.eye(V).double())
    loss = -scorer.scores_all(encoded).log_softmax(1)[:, 2].sum()
    (gradient,) = torch.autograd.grad(loss, z)
    assert gradient.abs().max() > 1e-3
    assert gradient.sum(-1).abs().max() < 1e-14


@pytest.mark.parametrize("normalise", ["entity", "full"])
def test_t8_names_form_a_distribution(make_head, make_vocab, reference, normalise) -> None:
    names = ["".join(word) for n in (1, 2, 3) for word in product("abcd", repeat=n)]
    head = make_head(3, V=5, normalise=normalise)
    h, W = reference.ramp(B, D), reference.ramp(5, D, phase=2.0)
    scorer = EntityScorer(make_vocab(names, K=3, vocab_size=5, eos_id=4))
    p = scorer.scores_all(scorer.encode(head, head(h), W, likelihood=True)).exp()
    # Every string but the empty one has a name; EOS at step 0 is outside the restricted softmax.
    nameless = reference.step_logits(head, h, W).softmax(-1)[:, 0, 4] if normalise == "full" else 0.0
    torch.testing.assert_close(p.sum(1) + nameless, torch.ones(B, dtype=torch.float64), atol=1e-14, rtol=0)
    torch.testing.assert_close((p / p.sum(1, keepdim=True)).sum(1), torch.ones(B, dtype=torch.float64))
    assert (p[:, ::3].sum(1) < 1).all()


@pytest.mark.parametrize(("names", "same"), [(["abcd", "bcda", "aaaa"], True), (["abcd", "b", "aa"], False)])
def test_t9_normalising_matters_only_for_ragged_names(make_head, fast, h, W, names, same) -> None:
    posterior = [fast(make_head(K, normalise=kind), h, W, names).softmax(1) for kind in ("full", "none")]
    gap = (posterior[0] - posterior[1]).abs().max().item()
    assert (gap < 1e-14) if same else (gap > 1e-3)


def test_t10_bag_csr_trie_and_candidates_agree(make_head, make_vocab, naive, h, W) -> None:
    head = make_head(K, dtype=torch.float32)
    vocab = make_vocab(NAMES, K=K)
    scorer, trie = EntityScorer(vocab), NameTrie.build(vocab)
    with torch.no_grad():
        encoded = scorer.encode(head, head(h.float()), W.float())
    bag = scorer.score(encoded, 0, len(vocab))
    dense = torch.zeros(len(vocab), len(vocab.slots))
    for entity in range(len(vocab)):
        dense[entity, vocab.bag_slots[vocab.bag_offsets[entity] : vocab.bag_offsets[entity + 1]]] = 1
    with warnings.catch_warnings(action="ignore"):  # PyTorch calls its CSR tensors a beta
        csr = dense.to_sparse_csr()
    nodes = encoded.table[torch.from_numpy(trie.slot)]
    for node, parent in enumerate(trie.parent):  # parents come first
        nodes[node] += nodes[parent] if parent >= 0 else 0
    every = torch.arange(len(vocab)).expand(B, -1)
    other = [
        (csr @ encoded.table * encoded.length_factor[:, None]).T,
        (nodes[torch.from_numpy(trie.terminal)] * encoded.length_factor[:, None]).T,
        scorer.scores(encoded, every),
        scorer.scores_all(encoded),
        naive(make_head(K), h, W).detach().float(),
    ]
    for scores in other:
        torch.testing.assert_close(bag, scores, atol=3e-5, rtol=0)


names_lists = st.lists(st.text("abc", min_size=1, max_size=5), min_size=1, max_size=12)


@settings(max_examples=40, deadline=None)
@given(names=names_lists, seed=st.integers(0, 99))
def test_t12_permuted_entities_have_permuted_scores(make_head, fast, reference, names, seed) -> None:
    order = torch.randperm(len(names), generator=torch.Generator().manual_seed(seed)).tolist()
    head, h, W = make_head(3), reference.ramp(B, D), reference.ramp(V, D, phase=5.0)
    scores, permuted = fast(head, h, W, names), fast(head, h, W, [names[i] for i in order])
    torch.testing.assert_close(permuted, scores[:, order], atol=1e-13, rtol=0)
    for i, first in enumerate(names):
        for j in range(i):
            if names[j] == first:
                assert torch.equal(scores[:, i], scores[:, j])


def test_t11_scores_depend_on_no_other_query(make_head, fast, reference, W) -> None:
    head = make_head(K, dtype=torch.float32)
    h = reference.ramp(64, D).float()
    together = fast(head, h, W.float())
    order = torch.arange(63, -1, -1)
    torch.testing.assert_close(fast(head, h[:1], W.float()), together[:1], atol=1e-5, rtol=0)
    torch.testing.assert_close(fast(head, h[order], W.float()), together[order], atol=1e-5, rtol=0)


def test_candidates_have_the_gradient_of_the_full_matrix(make_head, make_vocab, h, W) -> None:
    head, scorer = make_head(K), EntityScorer(make_vocab(NAMES, K=K))
    candidates = torch.tensor([[0, 4, 4], [8, 2, 1], [7, 3, 0]])

    def gradient(pick) -> torch.Tensor:
        scores = pick(scorer.encode(head, head(h), W))
        return torch.autograd.grad((scores * torch.arange(1.0, 4)).sum(), head.lora_b)[0]

    own = gradient(lambda encoded: scorer.scores(encoded, candidates))
    expected = gradient(lambda encoded: scorer.scores_all(encoded).gather(1, candidates))
    torch.testing.assert_close(own, expected, atol=1e-13, rtol=0)


def test_a_scorer_has_no_state_and_moves_with_its_model(make_vocab) -> None:
    scorer = EntityScorer(make_vocab(NAMES, K=K))
    assert not scorer.state_dict()
    assert not [*scorer.parameters()]
    assert all(buffer.device.type == "meta" for buffer in scorer.to("meta").buffers())
