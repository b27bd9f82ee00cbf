"""Streamed ranks and best-first search against the whole score matrix (T10)."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kgllm.errors import ScoreError
from kgllm.heads.counters import Pairs, count_ranks, top_k
from kgllm.heads.score import EntityScorer
from kgllm.heads.trie import NameTrie

NAMES = ["abc", "ab", "abcd", "bca", "k", "abce", "jjj", "bca", "fghijk"]
K, B, D, V = 4, 3, 8, 12
NOTHING = Pairs(torch.zeros(0, dtype=torch.int64), torch.zeros(0, dtype=torch.int64))


@pytest.fixture(scope="session")
def encode(make_vocab, make_head, reference):
    """The vocabulary, scorer and encoded queries of a list of names."""

    def run(names, width=K, **options):
        vocab = make_vocab(names, K=width)
        head, scorer = make_head(width, dtype=torch.float32, **options), EntityScorer(vocab)
        h, W = reference.ramp(B, D, phase=9.0).float(), reference.ramp(V, D, phase=5.0).float()
        with torch.no_grad():
            return vocab, scorer, scorer.encode(head, head(h), W)

    return run


@pytest.mark.parametrize("chunk", [1, 7, len(NAMES)])
def test_t10_streamed_ranks_are_those_of_the_full_matrix(encode, chunk) -> None:
    _, scorer, encoded = encode(NAMES)
    full = scorer.score(encoded, 0, len(NAMES))
    parts = [scorer.score(encoded, s, min(s + chunk, len(NAMES))) for s in range(0, len(NAMES), chunk)]
    assert torch.equal(torch.cat(parts, 1), full)
    gold = Pairs(torch.arange(B).repeat_interleave(len(NAMES)), torch.arange(len(NAMES)).repeat(B))
    counts = count_ranks(scorer, encoded, gold, NOTHING, chunk=chunk)
    own = full[gold.query, gold.entity][:, None]
    assert torch.equal(counts.greater, (full[gold.query] > own).sum(1))
    assert torch.equal(counts.equal, (full[gold.query] == own).sum(1) - 1)


names_lists = st.lists(st.text("abc", min_size=1, max_size=5), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(
    names=names_lists, width=st.integers(1, 4), k=st.integers(1, 14), gamma=st.sampled_from([0.0, 0.4, 1.0])
)
def test_t10_best_first_is_sorting(encode, names, width, k, gamma) -> None:
    vocab, scorer, encoded = encode(names, width, length_gamma=gamma, learn_gamma=False)
    expected = top_k(scorer, encoded, k, NOTHING, chunk=5)
    trie = NameTrie.build(vocab)
    for b in range(B):
        found = trie.best_first(encoded.table[:, b].numpy(), encoded.length_factor.numpy(), k)
        assert [e for e, _ in found] == expected.ids[b, : len(names)].tolist()
        assert [s for _, s in found] == expected.scores[b, : len(names)].tolist()


def test_best_first_refuses_scores_without_bounds(encode) -> None:
    vocab, _, encoded = encode(NAMES, normalise="none")
    with pytest.raises(ScoreError, match="rank all entities"):
        NameTrie.build(vocab).best_first(encoded.table[:, 0].numpy(), encoded.length_factor.numpy(), 3)
