"""Local Hugging Face models: what LoRA changes, what is saved, what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from kgllm.data.queries import Queries
from kgllm.errors import CheckpointError, ConfigError, MissingExtraError
from kgllm.heads.encoders import HFConfig, LoraConfig, PromptBatch, load_backbone
from kgllm.heads.encoders.hf import HFBackbone
from kgllm.heads.encoders.pretrained import base_fingerprint
from kgllm.heads.encoders.prompt_table import PromptTable
from kgllm.lm.tokenizer import TextTokenizer

MakeTable = Callable[..., PromptTable]
TARGETS = {
    "llama": ("q_proj", "v_proj", "embed_tokens"),
    "gpt2": ("c_attn",),
    "qwen2": ("q_proj", "down_proj"),
}
every_model = pytest.mark.parametrize("name", TARGETS)


@pytest.fixture
def prompts(make_table: MakeTable, tokenizer: TextTokenizer, queries: Queries) -> PromptBatch:
    return make_table(tokenizer).batch(queries.source, queries.relation, queries.side)


def with_lora(folder: Path, name: str, **settings: object) -> HFBackbone:
    torch.manual_seed(0)
    lora = LoraConfig(r=4, alpha=8, targets=TARGETS[name])
    return HFBackbone.build(HFConfig.model_validate({"path": folder, "lora": lora, **settings}))


def train(backbone: HFBackbone, prompts: PromptBatch, steps: int = 10) -> None:
    backbone.train()
    optimizer = torch.optim.AdamW([p for p in backbone.parameters() if p.requires_grad], lr=0.01)
    for _ in range(steps):
        backbone.prompt_hidden(prompts).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()
    backbone.eval()


@every_model
def test_t20_lora_merged_equals_unmerged_and_the_base_stays(
    model_folders: dict[str, Path], prompts: PromptBatch, name: str
) -> None:
    backbone = with_lora(model_folders[name], name)
    base, weight = base_fingerprint(backbone.model), backbone.output_weight.clone()
    assert not backbone.frozen
    fresh = backbone.eval().prompt_hidden(prompts)
    train(backbone, prompts)
    assert base_fingerprint(backbone.model) == base
    assert torch.equal(backbone.output_weight, weight)
    trained = backbone.prompt_hidden(prompts)
    assert (trained - fresh).abs().max() > 1e-2
    backbone.merge()
    assert backbone.frozen
    torch.testing.assert_close(backbone.prompt_hidden(prompts), trained, atol=1e-5, rtol=1e-5)


@every_model
def test_an_adapter_is_saved_alone_and_comes_back_bit_for_bit(
    model_folders: dict[str, Path], prompts: PromptBatch, tmp_path: Path, name: str
) -> None:
    backbone = with_lora(model_folders[name], name)
    train(backbone, prompts, 2)
    backbone.save(tmp_path)
    assert {p.name for p in tmp_path.rglob("*.safetensors")} == {"adapter_model.safetensors"}
    loaded = load_backbone(tmp_path)
    assert isinstance(loaded, HFBackbone)
    assert torch.equal(loaded.eval().prompt_hidden(prompts), backbone.prompt_hidden(prompts))
    trainable = [n for n, p in loaded.named_parameters() if p.requires_grad]
    assert trainable == [n for n, p in backbone.named_parameters() if p.requires_grad]


@pytest.mark.parametrize("tune", ["frozen", "full", "merged"])
def test_other_ways_of_tuning_come_back_too(
    model_folders: dict[str, Path], prompts: PromptBatch, tmp_path: Path, tune: str
) -> None:
    config = {"tune": "lora" if tune == "merged" else tune}
    backbone = with_lora(model_folders["llama"], "llama", **config).eval()
    if tune != "frozen":
        train(backbone, prompts, 2)
    if tune == "merged":
        backbone.merge()
    backbone.save(tmp_path)
    assert (tmp_path / "model.safetensors").exists() == (tune != "frozen")
    loaded = load_backbone(tmp_path)
    assert isinstance(loaded, HFBackbone)
    assert loaded.frozen == (tune != "full")
    assert torch.equal(loaded.eval().prompt_hidden(prompts), backbone.prompt_hidden(prompts))


def test_an_adapter_refuses_another_base(model_folders: dict[str, Path], tmp_path: Path) -> None:
    backbone = with_lora(model_folders["llama"], "llama")
    backbone.save(tmp_path)
    state = json.loads((tmp_path / "backbone.json").read_text())
    state["config"]["path"] = str(model_folders["qwen2"])
    (tmp_path / "backbone.json").write_text(json.dumps(state))
    with pytest.raises(CheckpointError, match="weights differ"):
        load_backbone(tmp_path)


def test_an_adapter_that_is_not_all_there_is_an_error(model_folders: dict[str, Path], tmp_path: Path) -> None:
    with_lora(model_folders["llama"], "llama").save(tmp_path)
    file = tmp_path / "adapter" / "adapter_model.safetensors"
    weights = load_file(file)
    weights.popitem()
    save_file(weights, file)
    with pytest.raises(CheckpointError, match="missing adapter keys"):
        load_backbone(tmp_path)
    file.write_bytes(file.read_bytes()[:-10])
    with pytest.raises(CheckpointError, match="is torn"):
        load_backbone(tmp_path)
    file.unlink()
    with pytest.raises(CheckpointError, match="holds no adapter_model"):
        load_backbone(tmp_path)


@pytest.mark.parametrize("name", ["llama", "gpt2"])
def test_gradient_checkpointing_gives_equal_gradients(
    model_folders: dict[str, Path], prompts: PromptBatch, name: str
) -> None:
    gradients = []
    for checkpoint in (False, True):
        lora = LoraConfig(r=4, dropout=0.0, targets=TARGETS[name])
        torch.manual_seed(0)
        config = HFConfig(path=model_folders[name], lora=lora, grad_checkpoint=checkpoint)
        backbone = HFBackbone.build(config).train()
        for part in backbone.modules():
            if isinstance(part, torch.nn.Dropout):
                part.p = 0.0  # GPT-2 has its own
        backbone.prompt_hidden(prompts).square().sum().backward()
        gradients.append([p.grad for p in backbone.parameters() if p.requires_grad])
    plain, recomputed = gradients
    assert any(g.abs().max() > 0 for g in plain)
    torch.testing.assert_close(recomputed, plain, atol=1e-4, rtol=1e-5)


def test_bfloat16_weights_give_float32_states(model_folders: dict[str, Path], prompts: PromptBatch) -> None:
    narrow = with_lora(model_folders["llama"], "llama", tune="frozen", dtype="bfloat16")
    wide = with_lora(model_folders["llama"], "llama", tune="frozen")
    assert narrow.output_weight.dtype == torch.bfloat16
    states = narrow.prompt_hidden(prompts)
    assert states.dtype == torch.float32
    torch.testing.assert_close(states, wide.prompt_hidden(prompts), atol=0.3, rtol=0.1)


def test_a_frozen_model_takes_no_gradient_and_no_dropout(
    model_folders: dict[str, Path], prompts: PromptBatch
) -> None:
    backbone = with_lora(model_folders["gpt2"], "gpt2", tune="frozen").train()
    assert not backbone.training
    assert not backbone.prompt_hidden(prompts).requires_grad


def test_bad_settings_are_named(model_folders: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"has no config\.json"):
        HFBackbone.build(HFConfig(path=tmp_path))
    with pytest.raises(ConfigError, match=r"q_proj are no layers of GPT2LMHeadModel; it has .*c_attn"):
        HFBackbone.build(HFConfig(path=model_folders["gpt2"], lora=LoraConfig(targets=("q_proj",))))
    with pytest.raises(ValueError, match="loses small updates"):
        HFConfig(path=tmp_path, tune="full", dtype="bfloat16")
    with pytest.raises(ValueError, match="only borrows"):
        HFConfig(path=tmp_path, lora=LoraConfig(targets=("lm_head",)))


def test_torn_weights_are_named(model_folders: dict[str, Path], tmp_path: Path) -> None:
    source = model_folders["llama"]
    for file in source.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match="cannot be read"):
        HFBackbone.build(HFConfig(path=tmp_path))
    weights.unlink()
    with pytest.raises(CheckpointError, match="cannot be read"):
        HFBackbone.build(HFConfig(path=tmp_path))


def test_peft_is_asked_for_by_name(model_folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "peft", None)
    with pytest.raises(MissingExtraError, match=r"kgllm\[llm\]"):
        with_lora(model_folders["llama"], "llama")
