"""Every preset parses and does one step, with a toy model where it asks for a large one."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgllm.training.config import PRESETS, load_config
from kgllm.training.experiment import dry_run
from kgllm.training.tasks import TASKS

SMALL = ["train.micro_batch=16", "train.accumulate=1", "runtime.device=cpu", "runtime.threads=1"]
HF = ["kon.backbone.path=GRAPH/lm", "kon.backbone.dtype=float32"]
MODELS = {
    "kon-7b": HF,
    "kon-paper": HF,
    "kon-7b-frozen": ["kon.backbone.of.path=GRAPH/lm", "kon.backbone.folder=OUT/states"],
}
"""What a preset leaves to its user."""


@pytest.mark.parametrize("preset", sorted(path.stem for path in PRESETS.glob("*.yaml")))
def test_each_preset_does_a_step(graph: Path, tmp_path: Path, preset: str) -> None:
    task = preset.split("-")[0]
    assert task in TASKS
    sets = [
        text.replace("GRAPH", str(graph)).replace("OUT", str(tmp_path)) for text in MODELS.get(preset, [])
    ]
    resolved = load_config(task, preset=preset, sets=[*sets, *SMALL], flags={"data.name": str(graph)})
    found = dry_run(resolved)
    assert found.trainable > 0
    assert 0 < found.metrics["valid/both.realistic.mrr"] <= 1


def test_the_published_global_batch() -> None:
    for preset in ("kon-7b", "kon-paper"):
        config = load_config(
            "kon", preset=preset, sets=["kon.backbone.path=x"], flags={"data.name": "x"}
        ).config
        assert config.train.micro_batch * config.train.accumulate == 1536
