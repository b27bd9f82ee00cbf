"""K-ON as a whole: shared prefix, new entities, what a folder holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from kgllm.errors import CheckpointError
from kgllm.heads.base import QueryBatch
from kgllm.heads.encoders import ScratchConfig, build_backbone
from kgllm.heads.kon import KONConfig
from kgllm.heads.model import KonModel, KonTexts
from kgllm.heads.pretrained import load_pretrained

NAMES = ("river", "old bridge", "white tower", "market", "harbour", "guild hall")
RELATIONS = ("next to", "older than")
QUERIES = QueryBatch(torch.tensor([0, 5, 2]), torch.tensor([0, 1, 1]), torch.tensor([0, 1, 0]))


@pytest.fixture
def make() -> Callable[..., KonModel]:
    def build(template: str = "compact", **head: object) -> KonModel:
        torch.manual_seed(0)
        scratch = ScratchConfig(d=16, layers=1, heads=2, vocab_size=290)
        backbone = build_backbone(scratch, [*NAMES, *RELATIONS])
        config = KONConfig(attention_heads=2, **head)
        model = KonModel(backbone, config, KonTexts(NAMES, RELATIONS, template))
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(0.3 * torch.randn_like(parameter))
        return model.eval()

    return build


@torch.no_grad()
def scores(model: KonModel, queries: QueryBatch = QUERIES) -> Tensor:
    return model.score(model.encode(queries), 0, model.num_entities)


def test_inside_sharing_prefix_the_scores_are_the_same(make: Callable[..., KonModel]) -> None:
    model = make("expert")
    plain = scores(model)
    with model.sharing_prefix():
        assert (scores(model) - plain).abs().max() <= 1e-5
    assert torch.equal(scores(model), plain)


def test_short_prefixes_are_not_shared(make: Callable[..., KonModel]) -> None:
    model = make("compact")
    plain = scores(model)
    with model.sharing_prefix():
        assert torch.equal(scores(model), plain)


def test_a_prefix_is_forgotten_after_an_error(make: Callable[..., KonModel]) -> None:
    model = make("expert")
    with pytest.raises(RuntimeError, match="stop"), model.sharing_prefix():
        raise RuntimeError("stop")
    model.train()
    model.score(model.encode(QUERIES), 0, 3).sum().backward()  # with a prefix this would be refused


def test_a_prefix_is_for_evaluation_only(make: Callable[..., KonModel]) -> None:
    model = make("expert").train()
    with pytest.raises(ValueError, match="evaluation mode"), model.sharing_prefix():
        pass


def test_new_entities_are_asked_about_and_predicted(make: Callable[..., KonModel], tmp_path: Path) -> None:
    """Old scores keep every bit; the grown model survives a folder."""
    model = make()
    before = scores(model)
    model.add_entities(["new bridge", "river"])
    assert model.num_entities == 8
    after = scores(model)
    assert torch.equal(after[:, :6], before)
    assert torch.equal(after[:, 7], after[:, 0])  # the same name again
    asked = QueryBatch(torch.tensor([6]), torch.tensor([0]), torch.tensor([0]))
    found = scores(model, asked)
    assert found.isfinite().all()
    model.save_pretrained(tmp_path)
    assert torch.equal(scores(load_pretrained(tmp_path), asked), found)


def test_scores_are_equal_in_any_slices_and_batches(make: Callable[..., KonModel]) -> None:
    model = make()
    whole = scores(model)
    with torch.no_grad():
        encoded = model.encode(QUERIES)
        parts = [model.score(encoded, a, b) for a, b in ((0, 1), (1, 5), (5, 6))]
    assert torch.equal(torch.cat(parts, 1), whole)
    for row in range(3):
        one = QueryBatch(*(column[row : row + 1] for column in QUERIES))
        assert (scores(model, one) - whole[row : row + 1]).abs().max() <= 1e-5


def test_a_reworded_prompt_is_refused(make: Callable[..., KonModel], tmp_path: Path) -> None:
    make().save_pretrained(tmp_path)
    info = json.loads((tmp_path / "model.json").read_text())
    info["template_sha256"] = "0" * 64
    (tmp_path / "model.json").write_text(json.dumps(info))
    with pytest.raises(CheckpointError, match=r"another wording of prompt 'compact'; train it again"):
        load_pretrained(tmp_path)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        CheckpointError, match=r"holds no model\.json; give a folder that save_pretrained wrote"
    ):
        load_pretrained(tmp_path)
