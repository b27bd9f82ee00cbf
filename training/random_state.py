"""Seeds, and the states of all random generators as text."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn


def seed_everything(seed: int) -> None:
    """Seed Python, numpy, torch and every GPU."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def random_states() -> dict[str, str]:
    """States of the Python, numpy, torch and GPU generators as hexadecimal text."""
    version, words, gauss = random.getstate()
    kind, keys, position, has_gauss, cached = np.random.get_state(legacy=True)
    gauss_hex = "" if gauss is None else gauss.hex()
    states = {
        "python": f"{version}:{_words(words)}:{gauss_hex}",
        "numpy": f"{kind}:{_words(keys)}:{position}:{has_gauss}:{float(cached).hex()}",
        "torch": _hex(torch.get_rng_state()),
    }
    if torch.cuda.is_available():
        states |= {f"cuda:{i}": _hex(state) for i, state in enumerate(torch.cuda.get_rng_state_all())}
    return states


def restore_random_states(states: Mapping[str, str]) -> None:
    """Undo everything drawn since ``random_states`` gave ``states``; GPUs that are not here are left out."""
    version, words, gauss = states["python"].split(":")
    python = tuple(int(word) for word in np.frombuffer(bytes.fromhex(words), dtype="<u4"))
    random.setstate((int(version), python, float.fromhex(gauss) if gauss else None))
    kind, keys, position, has_gauss, cached = states["numpy"].split(":")
    key_array = np.frombuffer(bytes.fromhex(keys), dtype="<u4")
    np.random.set_state((kind, key_array, int(position), int(has_gauss), float.fromhex(cached)))
    torch.set_rng_state(_tensor(states["torch"]))
    for i in range(torch.cuda.device_count()):
        if f"cuda:{i}" in states:
            torch.cuda.set_rng_state(_tensor(states[f"cuda:{i}"]), i)


@contextmanager
def undisturbed(model: nn.Module) -> Iterator[None]:
    """Evaluation mode, no gradients; afterwards each module's mode and all random states are as before."""
    modes = {module: module.training for module in model.modules()}
    states = random_states()
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, training in modes.items():
            module.training = training
        restore_random_states(states)


def _words(words: Any) -> str:
    return np.asarray(words, dtype="<u4").tobytes().hex()


def _hex(state: torch.Tensor) -> str:
    return state.cpu().numpy().tobytes().hex()


def _tensor(text: str) -> torch.Tensor:
    return torch.frombuffer(bytearray.fromhex(text), dtype=torch.uint8)
