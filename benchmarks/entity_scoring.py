"""Scoring all entities: the published formulation of K-ON against the slot table, one thread.

    python benchmarks/entity_scoring.py [--json]

Published: logits of K steps over the whole vocabulary, token ids expanded to (B, E, K), gathered, masked
and averaged. Ours: logits of the slots in use, summed by bags. Both compute the same function (mean of raw
logits, α_k = 0.95^k) from the same step states and the same frozen LM head, with the same low-rank layers.
Rounds alternate between the two; times are CPU seconds; peak memory is what a fresh process adds to its
resident memory. Token ids are synthetic: Zipf-distributed, name lengths as in a 15,000-entity set.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kgllm.cli.output import emit, table_of
from kgllm.heads.kon import KONConfig, KONHead, StepStates
from kgllm.heads.losses import self_adversarial_bce
from kgllm.heads.score import EntityScorer
from kgllm.heads.vocab import EntityVocab

K = 8
NEGATIVES = 128
EXPONENT = 1.12
"""Of the Zipf law: gives the slots per entity that the Llama-2 tokenizer gives on real names."""
PUBLISHED = KONConfig(
    paper_mode=True, normalise="none", weights="fixed", length_gamma=1.0, learn_gamma=False, eos=False
)


@dataclass
class Case:
    """One problem: step states of B queries, a frozen LM head, a vocabulary, and both scorers' tables."""

    vocab: EntityVocab
    scorer: EntityScorer
    head: KONHead
    states: StepStates
    W: Tensor
    ids: Tensor
    mask: Tensor

    def published(self, states: StepStates) -> Tensor:
        """(B, E) scores the published way."""
        return self.gather(self.head.logits(states, self.W))

    def gather(self, logits: Tensor) -> Tensor:
        """(B, E) masked means of the logits that each entity's tokens pick, given (B, K, V) logits."""
        index = self.ids.repeat(len(logits), 1, 1)  # (B, E, K)
        picked = logits.transpose(1, 2).gather(1, index) * self.mask * self.head.alpha
        return picked.sum(-1) / self.mask.sum(-1)

    def ours(self, states: StepStates) -> Tensor:
        """(B, E) scores by slots and bags."""
        return self.scorer.score(self.scorer.encode(self.head, states, self.W), 0, len(self.vocab))


def build(entities: int, vocab_size: int, hidden: int, batch: int) -> Case:
    """The problem for these sizes; seeds are fixed."""
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    rank = rng.permutation(vocab_size)
    chance = 1 / np.arange(1, vocab_size + 1) ** EXPONENT
    lengths = 1 + rng.poisson(4.9, entities)
    flat = rank[rng.choice(vocab_size, size=lengths.sum(), p=chance / chance.sum())]
    tokens = [part.tolist() for part in np.split(flat, np.cumsum(lengths)[:-1])]
    names = [str(e) for e in range(entities)]
    vocab = EntityVocab.build(names, lambda _: tokens, vocab_size=vocab_size, eos_id=None, K=K)
    head = KONHead(hidden, vocab_size, K, PUBLISHED).eval()
    torch.nn.init.normal_(head.lora_b, std=0.02)
    ids = torch.from_numpy(vocab.token_ids).long()
    W = torch.randn(vocab_size, hidden) / hidden**0.5
    with torch.no_grad():
        states = head(torch.randn(batch, hidden))
    return Case(vocab, EntityScorer(vocab), head, states, W, ids.clamp(min=0), (ids >= 0).float())


def training_steps(case: Case) -> dict[str, Callable[[], None]]:
    """Forward and backward of the published loss with 128 negatives a query, from the step states on."""
    B, E = len(case.states.z), len(case.vocab)
    candidates = torch.randint(E, (B, 1 + NEGATIVES), generator=torch.Generator().manual_seed(1))

    def step(score: Callable[[StepStates], Tensor]) -> None:
        leaves = StepStates(*(t.detach().requires_grad_() for t in case.states))
        scores = score(leaves)
        self_adversarial_bce(scores[:, 0], scores[:, 1:])[0].backward()

    def published(states: StepStates) -> Tensor:
        mask = case.mask[candidates]
        picked = case.head.logits(states, case.W).transpose(1, 2).gather(1, case.ids[candidates])
        return (picked * mask * case.head.alpha).sum(-1) / mask.sum(-1)

    def ours(states: StepStates) -> Tensor:
        return case.scorer.scores(case.scorer.encode(case.head, states, case.W), candidates)

    return {"published": lambda: step(published), "ours": lambda: step(ours)}


def paired(functions: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Median CPU milliseconds of each, measured in turn, and the median ratio of the pairs."""
    for function in functions.values():
        function()
    times: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            times[name].append(milliseconds(function))
    result = {f"{name}_ms": median(values) for name, values in times.items()}
    ratios = [a / b for a, b in zip(times["published"], times["ours"], strict=True)]
    return result | {"ratio": median(ratios)}


def milliseconds(function: Callable[[], Any], at_least: float = 0.05) -> float:
    """CPU milliseconds of a call, the mean over as many as fill ``at_least`` seconds."""
    start, calls, spent = time.process_time(), 0, 0.0
    while spent < at_least:
        function()
        calls, spent = calls + 1, time.process_time() - start
    return 1e3 * spent / calls


def peak_kib(function: Callable[[StepStates], Tensor], states: StepStates) -> int:
    """KiB that one call adds to the resident memory of this process at its peak."""
    with torch.no_grad():
        function(StepStates(states.z[:2], states.low[:2], states.scale))  # libraries set up their buffers
        Path("/proc/self/clear_refs").write_text("5")
        before = _status("VmRSS")
        function(states)
    return _status("VmHWM") - before


def _status(field: str) -> int:
    return int(Path("/proc/self/status").read_text().split(f"{field}:")[1].split()[0])


def in_fresh_process(arguments: argparse.Namespace, name: str) -> int:
    """``peak_kib`` of one formulation, measured where nothing else ran before."""
    sizes = [f"--{key}={getattr(arguments, key)}" for key in ("entities", "vocab", "hidden", "batch")]
    command = [sys.executable, __file__, *sizes, f"--peak-of={name}"]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def run(arguments: argparse.Namespace, case: Case) -> dict[str, Any]:
    """Times, ratios, memory, and the largest difference of the scores."""
    states, head = case.states, case.head
    with torch.no_grad():
        logits = head.logits(states, case.W)
        encoded = case.scorer.encode(head, states, case.W)
        stages = {
            "gather and sum": paired(
                {
                    "published": lambda: case.gather(logits),
                    "ours": lambda: case.scorer.score(encoded, 0, len(case.vocab)),
                },
                arguments.rounds,
            ),
            "all scores": paired(
                {"published": lambda: case.published(states), "ours": lambda: case.ours(states)},
                arguments.rounds,
            ),
        }
        difference = float((case.published(states) - case.ours(states)).abs().max())
    stages["training step"] = paired(training_steps(case), arguments.rounds)
    peaks = {name: in_fresh_process(arguments, name) for name in ("published", "ours")}
    return {
        "entities": len(case.vocab),
        "vocab": case.vocab.vocab_size,
        "hidden": arguments.hidden,
        "batch": arguments.batch,
        "K": K,
        "slots": len(case.vocab.slots),
        "slot_uses": len(case.vocab.bag_slots),
        "threads": 1,
        "rounds": arguments.rounds,
        "stages": stages,
        "peak_mib": {name: kib / 1024 for name, kib in peaks.items()}
        | {"ratio": peaks["published"] / peaks["ours"]},
        "largest_score_difference": difference,
    }


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--entities", type=int, default=15_000)
    parser.add_argument("--vocab", type=int, default=32_000, help="rows of the LM head")
    parser.add_argument("--hidden", type=int, default=1024)
    parser.add_argument("--batch", type=int, default=64, help="queries")
    parser.add_argument("--rounds", type=int, default=5, help="paired rounds")
    parser.add_argument("--peak-of", choices=("published", "ours"), help="print peak KiB of one and stop")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    case = build(arguments.entities, arguments.vocab, arguments.hidden, arguments.batch)
    if arguments.peak_of:
        emit(peak_kib(getattr(case, arguments.peak_of), case.states), as_json=True)
        return
    result = run(arguments, case)
    rows = [
        (f"{stage}, CPU ms", part["published_ms"], part["ours_ms"], part["ratio"])
        for stage, part in result["stages"].items()
    ]
    peak = result["peak_mib"]
    rows.append(("all scores, peak MiB", peak["published"], peak["ours"], peak["ratio"]))
    title = (
        f"{result['batch']} queries, {result['entities']} entities, V = {result['vocab']}, K = {K}, "
        f"d = {result['hidden']}, {result['slots']} slots used {result['slot_uses']} times; "
        f"scores differ by at most {result['largest_score_difference']:.1e}"
    )
    emit(result, as_json=arguments.json, table=table_of(title, ("", "published", "kgllm", "ratio"), rows))


if __name__ == "__main__":
    main()
