"""Hidden states on disk: equal to the live ones, resumable, refused when they belong to something else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kgllm.data.queries import Queries
from kgllm.errors import CheckpointError, ConfigError, DataError
from kgllm.heads.encoders import CachedConfig, HFConfig, PromptBatch, build_backbone, load_backbone
from kgllm.heads.encoders.cached import CachedBackbone, prompt_keys, write_cache
from kgllm.heads.encoders.hf import HFBackbone
from kgllm.heads.encoders.prompt_table import PromptTable
from kgllm.lm.tokenizer import TextTokenizer

MakeTable = Callable[..., PromptTable]


@pytest.fixture
def live(model_folders: dict[str, Path]) -> HFBackbone:
    return HFBackbone.build(HFConfig(path=model_folders["llama"], tune="frozen"))


@pytest.fixture
def table(make_table: MakeTable, tokenizer: TextTokenizer) -> PromptTable:
    return make_table(tokenizer)


def ask(table: PromptTable, queries: Queries) -> PromptBatch:
    return table.batch(queries.source, queries.relation, queries.side)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("bfloat16", 5e-2)])
def test_t19_cached_states_equal_live_ones(
    model_folders: dict[str, Path],
    table: PromptTable,
    queries: Queries,
    tmp_path: Path,
    dtype: Any,
    tolerance: float,
) -> None:
    config = HFConfig(path=model_folders["llama"], tune="frozen", dtype=dtype)
    live = HFBackbone.build(config)
    calls: list[tuple[int, int]] = []
    write_cache(tmp_path / "c", live, table, queries, batch_size=10, progress=lambda *x: calls.append(x))
    assert calls[0] == (10, 64)
    assert calls[-1] == (64, 64)
    cached = build_backbone(CachedConfig(of=config, folder=tmp_path / "c"), [])
    shuffled = queries.take(np.random.default_rng(1).permutation(64))
    prompts = ask(table, shuffled)
    torch.testing.assert_close(
        cached.prompt_hidden(prompts), live.prompt_hidden(prompts), atol=tolerance, rtol=0
    )
    assert torch.equal(cached.output_weight, live.output_weight)
    assert cached.tokenizer.fingerprint == live.tokenizer.fingerprint
    assert isinstance(cached, CachedBackbone)
    assert not cached.state_dict()


def test_an_interrupted_run_goes_on(
    live: HFBackbone, table: PromptTable, queries: Queries, tmp_path: Path
) -> None:
    def stop(done: int, _: int) -> None:
        if done >= 40:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_cache(tmp_path / "c", live, table, queries, batch_size=8, progress=stop)
    assert not (tmp_path / "c").exists()
    with pytest.raises(CheckpointError, match="no finished cache"):
        CachedBackbone(tmp_path / "c")
    calls: list[int] = []
    write_cache(
        tmp_path / "c", live, table, queries, batch_size=8, progress=lambda done, _: calls.append(done)
    )
    assert calls == [48, 56, 64]
    prompts = ask(table, queries)
    states = CachedBackbone(tmp_path / "c").prompt_hidden(prompts)
    torch.testing.assert_close(states, live.prompt_hidden(prompts), atol=1e-5, rtol=0)
    write_cache(tmp_path / "c", live, table, queries, progress=lambda *_: pytest.fail("it was finished"))


def test_another_content_is_refused(
    live: HFBackbone, table: PromptTable, make_table: MakeTable, queries: Queries, tmp_path: Path
) -> None:
    write_cache(tmp_path / "c", live, table, queries)
    with pytest.raises(CheckpointError, match=r"\(template, prompts differ\)"):
        write_cache(tmp_path / "c", live, make_table(live.tokenizer, "question"), queries)
    with torch.no_grad():
        next(live.parameters()).add_(1)
    with pytest.raises(CheckpointError, match=r"\(backbone differ\)"):
        write_cache(tmp_path / "c", live, table, queries)


def test_an_unknown_prompt_is_an_error(
    live: HFBackbone, table: PromptTable, queries: Queries, tmp_path: Path
) -> None:
    write_cache(tmp_path / "c", live, table, queries)
    strange = PromptBatch(torch.tensor([[1, 2, 3]]), torch.tensor([3]))
    with pytest.raises(DataError, match="1 of 1 prompts are not in the cache"):
        CachedBackbone(tmp_path / "c").prompt_hidden(strange)


def test_a_trainable_backbone_is_refused(
    model_folders: dict[str, Path], table: PromptTable, queries: Queries, tmp_path: Path
) -> None:
    trainable = HFBackbone.build(HFConfig(path=model_folders["llama"], tune="full"))
    with pytest.raises(ConfigError, match="tune=frozen"):
        write_cache(tmp_path / "c", trainable, table, queries)
    with pytest.raises(ValueError, match="never changes"):
        CachedConfig(of=HFConfig(path=tmp_path), folder=tmp_path)


def test_save_is_a_reference(live: HFBackbone, table: PromptTable, queries: Queries, tmp_path: Path) -> None:
    write_cache(tmp_path / "c", live, table, queries)
    CachedBackbone(tmp_path / "c").save(tmp_path / "saved")
    prompts = ask(table, queries)
    loaded = load_backbone(tmp_path / "saved")
    assert torch.equal(loaded.prompt_hidden(prompts), CachedBackbone(tmp_path / "c").prompt_hidden(prompts))
    manifest = tmp_path / "c" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"template": "', '"template": "0'))
    with pytest.raises(CheckpointError, match="is not what"):
        load_backbone(tmp_path / "saved")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.integers(0, 2**31), max_size=6), min_size=1, max_size=8))
def test_keys_are_equal_exactly_for_equal_prompts(rows: list[list[int]]) -> None:
    for width in (6, 9):
        ids = torch.full((len(rows), width), 17)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = torch.tensor(row, dtype=torch.long)
        keys = prompt_keys(PromptBatch(ids, torch.tensor([len(row) for row in rows])))
        for i, one in enumerate(rows):
            for j, other in enumerate(rows):
                assert (keys[i] == keys[j]) == (one == other)
