"""Scoring a million entities in little memory, and scoring on a GPU."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from kgllm.heads.score import EntityScorer

MILLION = """
from pathlib import Path
import numpy as np, torch
from kgllm.heads.counters import Pairs, count_ranks
from kgllm.heads.kon import KONHead
from kgllm.heads.score import EntityScorer
from kgllm.heads.slots import Slots
from kgllm.heads.vocab import EntityVocab

E, B, K, V, D = 1_000_000, 16, 8, 1000, 32
slots = Slots(np.tile(np.arange(V, dtype=np.int32), K), np.arange(K, dtype=np.int32),
              np.arange(0, K * V + 1, V, dtype=np.int32))
offsets = np.arange(0, 5 * E + 1, 5, dtype=np.int32)
bags = (np.arange(5 * E, dtype=np.int32) * 7919 % V + np.tile(np.arange(5, dtype=np.int32), E) * V)
lengths = np.full(E, 5, dtype=np.int32)
vocab = EntityVocab(("x",) * E, K, None, V, slots, bags, offsets, lengths, np.arange(E))
head, scorer, W = KONHead(D, V, K), EntityScorer(vocab), torch.randn(V, D)
gold = Pairs(torch.arange(B), torch.arange(B))
none = Pairs(gold.query[:0], gold.entity[:0])
def rank(entities):
    scorer.num_entities = entities
    with torch.no_grad():
        count_ranks(scorer, scorer.encode(head, head(torch.randn(B, D)), W), gold, none, chunk=20_000)
def memory(field):
    return int(Path("/proc/self/status").read_text().split(field + ":")[1].split()[0])
rank(40_000)
Path("/proc/self/clear_refs").write_text("5")  # forget the peak of the construction
before = memory("VmRSS")
rank(E)
print(memory("VmHWM") - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads resident memory from /proc")
def test_t36_ranking_a_million_entities_needs_no_matrix_of_them() -> None:
    run = subprocess.run([sys.executable, "-c", MILLION], capture_output=True, text=True, check=True)
    # (16, 1 M) float32 scores alone are 62,500 KiB, (16, 1 M, 8) int64 ids 1,000,000 KiB.
    assert int(run.stdout) < 50_000


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_t37_gpu_equals_cpu(make_head, make_vocab, reference) -> None:
    head = make_head(4, dtype=torch.float32, normalise="full")
    scorer = EntityScorer(make_vocab(["abc", "ab", "abcd", "bca", "k", "jjj", "bca", "fghijk"], K=4))
    h, W = reference.ramp(3, 8, phase=9.0).float(), reference.ramp(12, 8, phase=5.0).float()

    def run(device: str) -> list[torch.Tensor]:
        head.to(device).zero_grad()
        scorer.to(device)
        encoded = scorer.encode(head, head(h.to(device)), W.to(device))
        scores = scorer.scores_all(encoded)
        scores.log_softmax(1)[:, 1].sum().backward()
        sliced = scorer.score(encoded, 2, 7)
        return [t.detach().cpu() for t in (scores, sliced, head.lora_b.grad, head.log_alpha.grad)]

    for cpu, gpu in zip(run("cpu"), run("cuda"), strict=True):
        torch.testing.assert_close(gpu, cpu, atol=1e-4, rtol=0)
