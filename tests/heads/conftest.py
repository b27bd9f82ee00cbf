"""What tests of the K-ON head share: the float64 reference, a letter tokenizer, and a moved head."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch

from kgllm.heads.kon import KONConfig, KONHead
from kgllm.heads.vocab import EntityVocab

LETTERS = 12
EOS = LETTERS - 1


@pytest.fixture(scope="session")
def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("heads_reference", Path(__file__).with_name("reference.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def letters() -> Callable[[list[str]], list[list[int]]]:
    """Tokenize: one token a letter, a = 0."""
    return lambda names: [[ord(letter) - ord("a") for letter in name] for name in names]


@pytest.fixture(scope="session")
def make_vocab(letters) -> Callable[..., EntityVocab]:
    """``make_vocab(["ab", "cd"], K=3)`` over 12 tokens, of which the last is EOS."""

    def make(names: list[str], **options) -> EntityVocab:
        settings = {"vocab_size": LETTERS, "eos_id": EOS, "allow_collisions": True} | options
        return EntityVocab.build(names, letters, **settings)

    return make


@pytest.fixture(scope="session")
def make_head(reference) -> Callable[..., KONHead]:
    """A head whose every trainable parameter is away from its start and given in closed form."""

    def make(K: int, d: int = 8, V: int = LETTERS, dtype=torch.float64, **options) -> KONHead:
        config = KONConfig(attention_heads=2, score_rank=3, dropout=0.0, **options)
        head = KONHead(d, V, K, config).to(dtype)
        with torch.no_grad():
            for i, parameter in enumerate(head.parameters()):
                if parameter.requires_grad:
                    parameter.copy_(reference.ramp(*parameter.shape, phase=float(i), scale=0.3))
        return head

    return make
