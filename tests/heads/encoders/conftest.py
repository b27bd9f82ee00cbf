"""A small graph's names, their tokenizer, and tiny random Hugging Face models made on the spot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from kgllm.data.prompts import prompt_template
from kgllm.data.queries import Queries
from kgllm.heads.encoders.prompt_table import PromptTable
from kgllm.lm.tokenizer import TextTokenizer, train_bpe

ENTITIES = [
    "aspirin",
    "acetylsalicylic acid",
    "headache",
    "fever of unknown origin",
    "x",
    "New York City",
] * 4
RELATIONS = ["treats", "is a kind of", "occurs together with"]


@pytest.fixture(scope="session")
def texts() -> list[str]:
    return ENTITIES + RELATIONS


@pytest.fixture(scope="session")
def tokenizer(texts: list[str]) -> TextTokenizer:
    return train_bpe(texts, 290)


@pytest.fixture(scope="session")
def queries() -> Queries:
    """64 queries of both sides, of many lengths."""
    draw = np.random.default_rng(0)
    return Queries(*(draw.integers(0, n, 64) for n in (len(ENTITIES), len(RELATIONS), 2)))


@pytest.fixture(scope="session")
def make_table() -> Callable[..., PromptTable]:
    def make(tokenizer: TextTokenizer, template: str = "compact") -> PromptTable:
        return PromptTable(prompt_template(template), tokenizer, ENTITIES, RELATIONS)

    return make


@pytest.fixture(scope="session")
def model_folders(tokenizer: TextTokenizer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Random models: rotary, absolute, and rotary with biases and shared key heads; two are tied."""
    from transformers import AutoModelForCausalLM, GPT2Config, LlamaConfig, Qwen2Config

    # wide initial weights, so that attention looks at more than the average token
    common: dict[str, Any] = {"vocab_size": tokenizer.vocab_size, "initializer_range": 0.3}
    block: dict[str, Any] = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2}
    configs = {
        "llama": LlamaConfig(num_attention_heads=2, tie_word_embeddings=False, **block, **common),
        "gpt2": GPT2Config(n_embd=32, n_layer=2, n_head=2, n_positions=200, **common),
        "qwen2": Qwen2Config(
            num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=True, **block, **common
        ),
    }
    folders = {}
    for name, config in configs.items():
        torch.manual_seed(0)
        folders[name] = tmp_path_factory.mktemp(name)
        AutoModelForCausalLM.from_config(config, dtype=torch.float32).save_pretrained(folders[name])
        tokenizer.save(folders[name])
    return folders


@pytest.fixture
def folder(request: pytest.FixtureRequest, model_folders: dict[str, Path]) -> Path:
    """The folder of the architecture that a test names by indirect parametrisation."""
    return model_folders[request.param]
