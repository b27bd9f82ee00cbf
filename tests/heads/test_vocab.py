"""Slots and bags: K, EOS, truncation, collisions, growth, state."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kgllm.errors import CheckpointError, VocabError
from kgllm.heads.counters import Pairs, count_ranks
from kgllm.heads.kon import StepStates
from kgllm.heads.score import EntityScorer
from kgllm.heads.vocab import EntityVocab

EOS = 11
words = st.lists(st.text("abcdefg", min_size=1, max_size=7), min_size=1, max_size=20)


@settings(max_examples=60, deadline=None)
@given(names=words, K=st.integers(1, 8), eos=st.booleans())
def test_bags_spell_the_names(make_vocab, reference, letters, names, K, eos) -> None:
    vocab = make_vocab(names, K=K, eos_id=EOS if eos else None)
    steps, tokens = vocab.slots.step_of_slot, vocab.slots.tokens
    for e, spelled in enumerate(letters(names)):
        bag = vocab.bag_slots[vocab.bag_offsets[e] : vocab.bag_offsets[e + 1]]
        expected = reference.scored_tokens(spelled, K, EOS if eos else None)
        assert tokens[bag].tolist() == expected == [t for t in vocab.token_ids[e] if t >= 0]
        assert steps[bag].tolist() == [*range(len(expected))]
    assert len({*zip(steps.tolist(), tokens.tolist(), strict=True)}) == len(vocab.slots)


@settings(max_examples=60, deadline=None)
@given(names=words, K=st.integers(1, 8))
def test_report_counts_what_a_loop_counts(make_vocab, reference, letters, names, K) -> None:
    report = make_vocab(names, K=K).report
    rows = [tuple(reference.scored_tokens(t, K, EOS)) for t in letters(names)]
    assert report.truncated == sum(len(n) > K for n in names)
    assert report.duplicates == sum(names.count(n) > 1 for n in names)
    assert report.colliding == sum(
        any(r == s and n != m for s, m in zip(rows, names, strict=True))
        for r, n in zip(rows, names, strict=True)
    )
    assert report.slots_per_step == tuple(len({r[k] for r in rows if len(r) > k}) for k in range(K))
    assert json.loads(json.dumps(report.to_dict()))["longest"] == max(map(len, names))


def test_auto_is_the_smallest_k_that_tells_entities_apart(make_vocab) -> None:
    names = ["abcd" + last for last in "abcdefg"] + ["gggg", "gggg"]
    vocab = make_vocab(names, K="auto", allow_collisions=False)
    assert vocab.K == 5
    assert (vocab.report.colliding, vocab.report.duplicates) == (0, 2)
    assert make_vocab(["a", "b"]).K == 1
    assert make_vocab(["a" * 20 + last for last in "abc"]).K == 16  # the cap


def test_colliding_examples_name_the_entities(make_vocab) -> None:
    report = make_vocab(["abc", "abd", "abd", "c"], K=2).report
    assert report.examples == (("abc", "abd", "abd"),)
    assert report.colliding == 3


def test_t15_entities_equal_on_k_tokens_tie(make_vocab, make_head, reference) -> None:
    names = ["aaaa", "aaab", "aaac", "b"]
    vocab = make_vocab(names, K=3)
    assert (vocab.report.colliding, vocab.report.truncated) == (3, 3)
    head, scorer = make_head(3, dtype=torch.float32), EntityScorer(vocab)
    states = head(reference.ramp(1, 8).float())
    encoded = scorer.encode(head, states, reference.ramp(12, 8, phase=4.0).float())
    gold, none = Pairs(torch.tensor([0]), torch.tensor([1])), torch.zeros(0, dtype=torch.int64)
    counts = count_ranks(scorer, encoded, gold, Pairs(none, none), chunk=2)
    assert counts.equal.item() == 2
    above = int(scorer.score(encoded, 3, 4) > scorer.score(encoded, 1, 2))
    assert counts.greater.item() == above  # realistic rank = 1 + greater + 2 / 2
    assert vocab.representatives.tolist() == [0, 3]


@pytest.mark.parametrize("normalise", ["full", "entity"])
def test_t14_steps_beyond_the_longest_name_change_nothing(
    make_vocab, make_head, reference, normalise
) -> None:
    names, K = ["ab", "abc", "c", "da"], 4
    long = make_head(K + 3, normalise=normalise)
    short = make_head(K, normalise=normalise)
    with torch.no_grad():
        short.lora_b.copy_(long.lora_b[:K])
        short.log_alpha.copy_(long.log_alpha[:K])
        short.gamma_logit.copy_(long.gamma_logit)
    states, W = long(reference.ramp(2, 8)), reference.ramp(12, 8, phase=4.0)
    cut = StepStates(states.z[:, :K], states.low[:, :K], states.scale)
    scorers = [EntityScorer(make_vocab(names, K=k)) for k in (K, K + 3)]
    scores = [
        s.scores_all(s.encode(h, x, W)) for s, h, x in zip(scorers, (short, long), (cut, states), strict=True)
    ]
    assert torch.equal(*scores)


@pytest.mark.parametrize("normalise", ["full", "entity"])
def test_t13_added_entities_leave_old_scores_bit_identical(make_head, reference, letters, normalise) -> None:
    names = ["ab", "abc", "c", "dag", "dab"]
    vocab = EntityVocab.build(names, letters, vocab_size=12, eos_id=EOS, K=5)
    grown = vocab.add_entities(["dabbe", "gge", "ab"], letters).add_entities(["k"], letters)
    assert grown.names == (*names, "dabbe", "gge", "ab", "k")
    head = make_head(5, dtype=torch.float32, normalise=normalise)
    states, W = head(reference.ramp(7, 8).float()), reference.ramp(12, 8, phase=4.0).float()

    def scores(v: EntityVocab) -> torch.Tensor:
        scorer = EntityScorer(v)
        return scorer.scores_all(scorer.encode(head, states, W))

    old, new = scores(vocab), scores(grown)
    assert torch.equal(new[:, :5], old)
    assert new.isfinite().all()
    assert torch.equal(new[:, 7], old[:, 0])  # the same name again
    if normalise == "full":  # then growing is building anew
        whole = EntityVocab.build(grown.names, letters, vocab_size=12, eos_id=EOS, K=5)
        torch.testing.assert_close(new, scores(whole), atol=1e-5, rtol=0)


@settings(max_examples=40, deadline=None)
@given(names=words, more=words)
def test_state_round_trip(letters, names, more) -> None:
    build = EntityVocab.build(names, letters, vocab_size=12, eos_id=EOS, K=5, allow_collisions=True)
    vocab = build.add_entities(more, letters)
    tensors, info = vocab.to_state()
    again = EntityVocab.from_state(tensors, json.loads(json.dumps(info)))
    assert again.names == vocab.names
    assert again.report == vocab.report
    assert np.array_equal(again.token_ids, vocab.token_ids)
    assert np.array_equal(again.bag_slots, vocab.bag_slots)
    grown, expected = again.add_entities(names, letters), vocab.add_entities(names, letters)
    assert np.array_equal(grown.bag_slots, expected.bag_slots)


def test_a_torn_state_is_refused(make_vocab) -> None:
    tensors, info = make_vocab(["ab", "c"]).to_state()
    with pytest.raises(CheckpointError, match="lacks bag_slots; save the model again"):
        EntityVocab.from_state({k: v for k, v in tensors.items() if k != "bag_slots"}, info)
    with pytest.raises(CheckpointError, match="torn: 1 names, 2 bags"):
        EntityVocab.from_state(tensors, info | {"names": ["ab"]})


@pytest.mark.parametrize(
    ("names", "options", "message"),
    [
        ([], {}, "no entity names"),
        (["ab", ""], {}, "entity 1 '' has no tokens, expected at least one"),
        (["ab", "z"], {}, "entity 1 'z' has token ids 25 to 25, expected 0 to 11"),
        (["ab"], {"eos_id": 12}, "eos_id 12 is outside"),
        (["ab"], {"K": 0}, "K=0 is not a number of tokens; use K=auto or K >= 1"),
        (
            ["aab", "aac", "aad", "b"],
            {"K": 2},
            "K=2 is too small: 75.0% of 4 entities share all 2 tokens .* use K=auto or K >= 3",
        ),
    ],
)
def test_names_that_do_not_fit_are_refused(make_vocab, names, options, message) -> None:
    with pytest.raises(VocabError, match=message):
        make_vocab(names, allow_collisions=False, **options)
