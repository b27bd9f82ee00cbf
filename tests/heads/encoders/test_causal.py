"""Hidden states of causal backbones: equal to the plain model's, whatever stands beside them in a batch."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from kgllm.data.queries import Queries
from kgllm.errors import ConfigError
from kgllm.heads.encoders import HFConfig, PromptBatch, ScratchConfig
from kgllm.heads.encoders.causal import CausalBackbone
from kgllm.heads.encoders.hf import HFBackbone
from kgllm.heads.encoders.prompt_table import PromptTable
from kgllm.heads.encoders.scratch import ScratchBackbone
from kgllm.lm.tokenizer import TextTokenizer

MakeTable = Callable[..., PromptTable]
every_model = pytest.mark.parametrize("folder", ["llama", "gpt2", "qwen2"], indirect=True)
K = 4


@pytest.fixture
def backbone(folder: Path) -> CausalBackbone:
    return HFBackbone.build(HFConfig(path=folder, tune="full")).eval()


@pytest.fixture
def prompts(make_table: MakeTable, tokenizer: TextTokenizer, queries: Queries) -> PromptBatch:
    return make_table(tokenizer).batch(queries.source, queries.relation, queries.side)


@pytest.fixture
def answers(tokenizer: TextTokenizer, texts: list[str], queries: Queries) -> tuple[Tensor, Tensor]:
    """(64, K) ids, −1 behind the end, and their mask: names with EOS, cut at K."""
    ids = torch.full((len(queries), K), -1)
    for row, tokens in enumerate(tokenizer.encode([texts[i] for i in queries.source])):
        kept = [*tokens, tokenizer.eos_id][:K]
        ids[row, : len(kept)] = torch.tensor(kept)
    return ids, ids >= 0


def rows(prompts: PromptBatch, index: Tensor | slice) -> PromptBatch:
    return PromptBatch(prompts.input_ids[index], prompts.lengths[index])


@every_model
@torch.no_grad()
def test_states_equal_those_of_the_plain_model(
    backbone: CausalBackbone, prompts: PromptBatch, answers: tuple[Tensor, Tensor]
) -> None:
    states = backbone.trajectory(prompts, *answers)
    for i in range(8):
        prompt = prompts.input_ids[i, : prompts.lengths[i]]
        for k in range(int(answers[1][i].sum())):
            given = torch.cat([prompt, answers[0][i, :k]])[None]
            logits = backbone.model(given).logits[0, -1]
            torch.testing.assert_close(states[i, k] @ backbone.output_weight.T, logits, atol=1e-5, rtol=1e-5)


@every_model
@torch.no_grad()
def test_t11_padding_batch_size_and_order_change_nothing(
    backbone: CausalBackbone, prompts: PromptBatch, answers: tuple[Tensor, Tensor]
) -> None:
    ids, mask = answers
    hidden, states = backbone.prompt_hidden(prompts), backbone.trajectory(prompts, ids, mask)
    torch.testing.assert_close(hidden, states[:, 0], atol=1e-5, rtol=0)

    def check(batch: PromptBatch, index: Tensor | slice) -> None:
        torch.testing.assert_close(backbone.prompt_hidden(batch), hidden[index], atol=1e-5, rtol=0)
        again = backbone.trajectory(batch, ids[index], mask[index])
        torch.testing.assert_close(again[mask[index]], states[index][mask[index]], atol=1e-5, rtol=0)

    width = prompts.input_ids.shape[1]
    shift = (torch.arange(width) + prompts.lengths[:, None]) % width
    left = PromptBatch.pack(prompts.input_ids.gather(1, shift), prompts.attention_mask.flip(1))
    check(left, slice(None))
    wider = torch.nn.functional.pad(prompts.input_ids, (0, 5), value=7)
    check(PromptBatch(wider, prompts.lengths), slice(None))
    check(rows(prompts, order := torch.randperm(64)), order)
    for i in range(0, 64, 7):
        alone = PromptBatch(prompts.input_ids[i : i + 1, : prompts.lengths[i]], prompts.lengths[i : i + 1])
        check(alone, slice(i, i + 1))


@every_model
@torch.no_grad()
def test_t18_shared_prefix_equals_the_plain_forward(
    backbone: CausalBackbone, make_table: MakeTable, tokenizer: TextTokenizer, queries: Queries
) -> None:
    table = make_table(tokenizer, "expert")
    prompts = table.batch(queries.source, queries.relation, queries.side)
    prefix = backbone.shared_prefix(torch.from_numpy(table.prefix))
    plain = backbone.prompt_hidden(prompts)
    for _ in range(2):  # a prefix may be used again
        torch.testing.assert_close(backbone.prompt_hidden(prompts, prefix), plain, atol=1e-5, rtol=0)
    torch.testing.assert_close(
        backbone.prompt_hidden(rows(prompts, slice(3, 4)), prefix), plain[3:4], atol=1e-5, rtol=0
    )


@every_model
def test_a_prefix_is_refused_where_it_would_lie(backbone: CausalBackbone, prompts: PromptBatch) -> None:
    prefix = backbone.shared_prefix(torch.tensor([1]))
    with pytest.raises(ValueError, match="no gradient"):
        backbone.prompt_hidden(prompts, prefix)
    with pytest.raises(ValueError, match="at least one token"):
        backbone.shared_prefix(torch.tensor([], dtype=torch.long))
    backbone.train()
    with pytest.raises(ValueError, match="evaluation mode"):
        backbone.shared_prefix(torch.tensor([1]))


@pytest.mark.parametrize("folder", ["gpt2"], indirect=True)
def test_a_prompt_beyond_the_context_is_refused(backbone: CausalBackbone) -> None:
    long = PromptBatch(torch.ones(1, 201, dtype=torch.long), torch.tensor([201]))
    with pytest.raises(ConfigError, match="201 tokens, the model takes 200"):
        backbone.prompt_hidden(long)


def test_a_foreign_tokenizer_is_refused(model_folders: dict[str, Path], texts: list[str]) -> None:
    from transformers import AutoModelForCausalLM

    from kgllm.lm.tokenizer import train_bpe

    lm = AutoModelForCausalLM.from_pretrained(model_folders["llama"], local_files_only=True)
    with pytest.raises(ConfigError, match="belongs to the model"):
        CausalBackbone(lm, train_bpe([*texts, "many more words than before"], 295))


def test_logits_that_are_not_a_product_are_refused(tokenizer: TextTokenizer) -> None:
    from transformers import AutoModelForCausalLM, CohereConfig

    config = CohereConfig(
        vocab_size=tokenizer.vocab_size, hidden_size=32, intermediate_size=32, num_hidden_layers=1,
        num_attention_heads=2, logit_scale=0.5, bos_token_id=1, eos_token_id=2, pad_token_id=0,
    )  # fmt: skip
    with pytest.raises(ConfigError, match="CohereForCausalLM does not compute logits"):
        CausalBackbone(AutoModelForCausalLM.from_config(config), tokenizer)


def test_scratch_starts_alike_and_saves_bit_for_bit(
    texts: list[str], prompts: PromptBatch, tmp_path: Path
) -> None:
    config = ScratchConfig(d=32, layers=2, heads=2, vocab_size=290)
    built = []
    for _ in range(2):
        torch.manual_seed(3)
        built.append(ScratchBackbone.build(config, texts))
    one, two = built
    assert one.fingerprint == two.fingerprint
    one.save(tmp_path)
    loaded = ScratchBackbone.load(tmp_path)
    assert loaded.fingerprint == one.fingerprint
    assert loaded.tokenizer.fingerprint == one.tokenizer.fingerprint
    assert loaded.config == config
    with torch.no_grad():
        assert torch.equal(loaded.eval().prompt_hidden(prompts), one.eval().prompt_hidden(prompts))
    assert not list(tmp_path.glob("*.bin"))


def test_scratch_ties_its_weights_and_drops_out_in_training_only(
    texts: list[str], prompts: PromptBatch
) -> None:
    backbone = ScratchBackbone.build(ScratchConfig(d=32, heads=2, dropout=0.3, vocab_size=290), texts)
    assert backbone.output_weight is backbone.model.get_input_embeddings().weight
    backbone.eval()
    assert torch.equal(backbone.prompt_hidden(prompts), backbone.prompt_hidden(prompts))
    backbone.train()
    assert not torch.equal(backbone.prompt_hidden(prompts), backbone.prompt_hidden(prompts))
    backbone.prompt_hidden(prompts).sum().backward()
    assert all(p.grad is not None for p in backbone.parameters())


def test_scratch_takes_any_architecture(
    model_folders: dict[str, Path], texts: list[str], prompts: PromptBatch
) -> None:
    config = ScratchConfig(hf_config=model_folders["gpt2"] / "config.json", vocab_size=290)
    backbone = ScratchBackbone.build(config, texts)
    assert type(backbone.model).__name__ == "GPT2LMHeadModel"
    assert backbone.prompt_hidden(prompts).shape == (64, 32)
    with pytest.raises(ConfigError, match="does not exist"):
        ScratchBackbone.build(ScratchConfig(hf_config=Path("nowhere.json")), texts)


def test_head_widths_are_checked() -> None:
    with pytest.raises(ValueError, match="multiple of 8"):
        ScratchConfig(d=50, heads=4)


def test_a_deep_copy_is_independent(texts: list[str], prompts: PromptBatch) -> None:
    """Running averages of the weights are kept in a deep copy of the model."""
    backbone = ScratchBackbone.build(ScratchConfig(d=32, heads=2, dropout=0.3, vocab_size=290), texts)
    twin = copy.deepcopy(backbone).eval()
    before = twin.prompt_hidden(prompts)
    with torch.no_grad():
        backbone.output_weight.add_(1)
    assert torch.equal(twin.prompt_hidden(prompts), before)
    assert twin.output_weight is twin.model.get_input_embeddings().weight
