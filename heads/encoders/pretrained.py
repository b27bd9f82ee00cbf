"""Pretrained models as backbones: what is trained, and what of it is saved."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Protocol

import torch
from torch import nn

from ...errors import CheckpointError, ConfigError, MissingExtraError
from ...lm.tokenizer import TextTokenizer
from .base import BACKBONE_FILE, weights_fingerprint
from .config import EncoderConfig, HFConfig, LoraConfig

Tune = Literal["frozen", "lora", "full"]
Stored = Literal["base", "adapter", "weights"]
"""What a saved folder holds: nothing but a reference, a LoRA adapter, or all weights."""


class Pretrained(Protocol):
    """The parts of a backbone that saving needs. ``lm`` may be peft's wrapper of ``model``."""

    kind: str
    lm: nn.Module
    tokenizer: TextTokenizer

    @property
    def config(self) -> HFConfig | EncoderConfig: ...

    @property
    def model(self) -> Any: ...


def check_folder(path: Path) -> Path:
    """``path`` if a Hugging Face model lies there, else ``ConfigError``."""
    if not (path / "config.json").is_file():
        raise ConfigError(f"backbone.path {path} has no config.json; give a Hugging Face model folder")
    return path


@contextmanager
def quiet() -> Iterator[None]:
    """No progress bars of transformers: they would run through ours."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]


def read_model(auto: str, path: Path, dtype: torch.dtype = torch.float32) -> Any:
    """The model in ``path``, read by the Hugging Face class ``auto``; nothing is downloaded.

    Raises:
        CheckpointError: the weights are missing, torn, or not all there.
    """
    import transformers
    from safetensors import SafetensorError

    try:
        with quiet():
            model, report = getattr(transformers, auto).from_pretrained(
                path, dtype=dtype, local_files_only=True, output_loading_info=True
            )
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"the model in {path} cannot be read ({error}); save it again") from error
    if report["missing_keys"]:
        lost = ", ".join(sorted(report["missing_keys"])[:3])
        raise CheckpointError(f"the model in {path} lacks weights ({lost} …); save it again")
    return model


def prepare(model: Any, tune: Tune, lora: LoraConfig) -> nn.Module:
    """Mark what is trained; with ``lora``, wrap the model so that only adapters are.

    Raises:
        ConfigError: a LoRA target is no layer of the model.
        MissingExtraError: peft is not installed.
    """
    model.requires_grad_(tune == "full")
    if tune != "lora":
        found: nn.Module = model
        return found
    layers = {name.rsplit(".", 1)[-1] for name, m in model.named_modules() if _has_matrix(m)}
    missing = [name for name in lora.targets if name not in layers]
    if missing:
        raise ConfigError(
            f"backbone.lora.targets {', '.join(missing)} are no layers of {type(model).__name__}; "
            f"it has {', '.join(sorted(layers))}"
        )
    with _peft() as peft:
        settings = peft.LoraConfig(
            r=lora.r, lora_alpha=lora.alpha, lora_dropout=lora.dropout, target_modules=list(lora.targets)
        )
        wrapped: nn.Module = peft.get_peft_model(model, settings)
    return wrapped


def base_fingerprint(model: nn.Module) -> str:
    """SHA-256 of the weights beneath any adapters; the same before and after ``prepare``."""
    return weights_fingerprint(
        (name.replace(".base_layer", ""), p) for name, p in model.named_parameters() if "lora_" not in name
    )


def save(backbone: Pretrained, folder: Path) -> None:
    """Write settings, and the weights that differ from the pretrained ones."""
    folder.mkdir(parents=True, exist_ok=True)
    stored: Stored = "weights"
    if hasattr(backbone.lm, "peft_config"):
        stored = "adapter"
        backbone.lm.save_pretrained(folder / "adapter", save_embedding_layers=False)  # type: ignore[operator]
    elif backbone.config.tune == "frozen":
        stored = "base"
    else:
        with quiet():
            backbone.model.save_pretrained(folder)
        backbone.tokenizer.save(folder)
    path = backbone.config.path
    state = {
        "kind": backbone.kind,
        "config": backbone.config.model_dump(mode="json") | {"path": path and str(path.resolve())},
        "stored": stored,
        "base_sha256": None if stored == "weights" else base_fingerprint(backbone.model),
    }
    (folder / BACKBONE_FILE).write_text(json.dumps(state, indent=2), encoding="utf-8")


def load(
    folder: Path, base: Path, config: HFConfig | EncoderConfig, read: Callable[[Path], Any]
) -> tuple[nn.Module, TextTokenizer]:
    """Model and tokenizer that ``save`` wrote.

    Args:
        base: folder of the pretrained model.
        read: loads a model from a folder.

    Raises:
        CheckpointError: the pretrained model is not the one that the adapter was trained on.
    """
    state = json.loads((folder / BACKBONE_FILE).read_text(encoding="utf-8"))
    if state["stored"] == "weights":
        tune: Tune = "frozen" if config.tune == "lora" else config.tune  # adapters have been merged
        return prepare(read(folder), tune, config.lora), TextTokenizer.load(folder)
    model = read(check_folder(base))
    model.requires_grad_(False)
    if base_fingerprint(model) != state["base_sha256"]:
        raise CheckpointError(
            f"{base} is not the model that {folder} was trained on (weights differ); restore it"
        )
    if state["stored"] == "adapter":
        model = _add_adapter(model, folder / "adapter")
    return model, TextTokenizer.load(base)


def _has_matrix(module: nn.Module) -> bool:
    weight = getattr(module, "weight", None)
    return weight is not None and weight.dim() == 2


def _add_adapter(model: nn.Module, folder: Path) -> nn.Module:
    from safetensors import SafetensorError

    if not (folder / "adapter_model.safetensors").is_file():
        raise CheckpointError(f"{folder} holds no adapter_model.safetensors; save the backbone again")
    with _peft() as peft:
        warnings.filterwarnings("error", message="Found missing adapter keys")
        try:
            wrapped: nn.Module = peft.PeftModel.from_pretrained(model, folder, is_trainable=True)
        except (UserWarning, SafetensorError) as error:
            raise CheckpointError(f"the adapter in {folder} is torn ({error}); save it again") from error
    return wrapped


@contextmanager
def _peft() -> Iterator[Any]:
    """peft, without its warnings about itself: names that transformers is giving up, layers it transposes."""
    try:
        import peft
    except ImportError as error:
        raise MissingExtraError("peft", "llm") from error
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=FutureWarning)
        warnings.filterwarnings("ignore", message="fan_in_fan_out")
        yield peft
