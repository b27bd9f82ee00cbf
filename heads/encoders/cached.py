"""Hidden states of a frozen backbone, computed once and read from disk ever after.

A state is found by the content of its prompt: a 64-bit hash of the token ids. So the rest of the program
hands over prompts as it would to the live backbone, and equal prompts share a row.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ...data.queries import Queries
from ...errors import CheckpointError, ConfigError, DataError
from ...lm.tokenizer import TextTokenizer
from .base import BACKBONE_FILE, Backbone, NotCausal, PromptBatch
from .config import CachedConfig
from .prompt_table import PromptTable

Keys = NDArray[np.uint64]


@dataclass(frozen=True)
class Manifest:
    """What a cache was computed from; any difference makes it another cache.

    Attributes:
        backbone, template, prompts: SHA-256 of the weights, of the template, of all prompts' hashes.
        rows, hidden_size: shape of the array of states.
        dtype: ``float32`` or ``bfloat16``; as wide as the backbone's weights.
    """

    backbone: str
    template: str
    prompts: str
    rows: int
    hidden_size: int
    dtype: str


class CachedBackbone(NotCausal, nn.Module):
    """Looks hidden states up. It has no parameters and, once written, needs no model.

    Args:
        folder: a finished cache, written by ``write_cache``.

    Raises:
        CheckpointError: the cache is missing or unfinished.
    """

    kind = "cached"
    frozen = True
    output_weight: Tensor

    def __init__(self, folder: Path) -> None:
        super().__init__()
        if not (folder / "manifest.json").is_file():
            raise CheckpointError(
                f"{folder} holds no finished cache of hidden states; write it with write_cache"
            )
        from safetensors.torch import load_file

        self.folder = folder.resolve()
        self.manifest = Manifest(**json.loads((folder / "manifest.json").read_text(encoding="utf-8")))
        self.tokenizer = TextTokenizer.load(folder)
        self._hidden = np.load(folder / "hidden.npy", mmap_mode="r")
        keys: Keys = np.load(folder / "keys.npy")
        self._rows = np.argsort(keys)
        self._keys = keys[self._rows]
        weight = load_file(folder / "output_weight.safetensors")["weight"]
        self.register_buffer("output_weight", weight, persistent=False)
        self.vocab_size, self.hidden_size = weight.shape
        self.fingerprint = self.manifest.backbone

    @classmethod
    def build(cls, config: CachedConfig, _texts: Sequence[str] = ()) -> CachedBackbone:
        """The finished cache in ``config.folder``."""
        return cls(config.folder)

    def prompt_hidden(self, prompts: PromptBatch) -> Tensor:
        """(B, d) float32 states, on the device of W.

        Raises:
            DataError: a prompt was not among those cached.
        """
        wanted = prompt_keys(prompts)
        at = np.minimum(np.searchsorted(self._keys, wanted), len(self._keys) - 1)
        missing = np.flatnonzero(self._keys[at] != wanted)
        if len(missing):
            raise DataError(
                f"{len(missing)} of {len(wanted)} prompts are not in the cache {self.folder}; "
                "write it again with all queries, or use the live backbone"
            )
        found = torch.from_numpy(self._hidden[self._rows[at]])
        if self.manifest.dtype == "bfloat16":
            found = found.view(torch.bfloat16)
        return found.to(self.output_weight.device).float()

    def save(self, folder: Path) -> None:
        """A reference to the cache and its hash; the states are not copied."""
        folder.mkdir(parents=True, exist_ok=True)
        state = {"kind": self.kind, "folder": str(self.folder), "manifest": asdict(self.manifest)}
        (folder / BACKBONE_FILE).write_text(json.dumps(state, indent=2), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> CachedBackbone:
        """What ``save`` wrote; refuses a cache that has been replaced since."""
        state = json.loads((folder / BACKBONE_FILE).read_text(encoding="utf-8"))
        cache = cls(Path(state["folder"]))
        if asdict(cache.manifest) != state["manifest"]:
            raise CheckpointError(f"the cache {cache.folder} is not what {folder} used; write it again")
        return cache


def write_cache(
    folder: Path,
    backbone: Backbone,
    table: PromptTable,
    queries: Queries,
    *,
    batch_size: int = 256,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Compute h of every query and write it to ``folder``, which appears only when it is complete.

    An interrupted run goes on where it stopped; a finished cache of the same content is left alone.

    Args:
        backbone: a frozen one.
        queries: those that training, evaluation and prediction will ask; duplicates cost space only.
        progress: called with (queries done, queries in all).

    Raises:
        ConfigError: the backbone is not frozen.
        CheckpointError: ``folder`` holds another cache.
    """
    if not backbone.frozen:
        raise ConfigError("hidden states of a trainable backbone change; set backbone.of.tune=frozen")
    starts = range(0, len(queries), batch_size)
    keys = np.concatenate([prompt_keys(_batch(table, queries, start, batch_size)) for start in starts])
    manifest = _describe(backbone, table, keys)
    if folder.exists():
        _require_same(folder, manifest)
        return
    partial = folder.with_name(folder.name + ".partial")
    hidden, done = _open(partial, manifest)
    for start in range(done, len(queries), batch_size):
        states = _states(backbone, _batch(table, queries, start, batch_size))
        done = start + len(states)
        hidden[start:done] = states
        hidden.flush()
        _write_json(partial / "progress.json", {"done": done})
        if progress is not None:
            progress(done, len(queries))
    _finish(partial, folder, backbone, keys)


def prompt_keys(prompts: PromptBatch) -> Keys:
    """(B,) uint64 hashes of the token ids and their positions; padding does not count.

    Two of n prompts share one by chance with probability n² ÷ 2⁶⁵: 2·10⁻⁹ for 200,000.
    """
    ids = prompts.input_ids.cpu().numpy().astype(np.uint64)
    kept = np.arange(ids.shape[1]) < prompts.lengths.cpu().numpy()[:, None]
    mixed = _mix((np.arange(1, ids.shape[1] + 1, dtype=np.uint64) << np.uint64(32)) ^ ids)
    return _mix((mixed * kept).sum(axis=1, dtype=np.uint64))


def _mix(x: Keys) -> Keys:
    """A bijection of 64-bit words in which every input bit moves every output bit (Steele et al. 2014)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _batch(table: PromptTable, queries: Queries, start: int, size: int) -> PromptBatch:
    part = queries.take(slice(start, start + size))
    return table.batch(part.source, part.relation, part.side)


def _describe(backbone: Backbone, table: PromptTable, keys: Keys) -> Manifest:
    narrow = backbone.output_weight.dtype == torch.bfloat16
    return Manifest(
        backbone=backbone.fingerprint,
        template=table.template.fingerprint,
        prompts=hashlib.sha256(keys.tobytes()).hexdigest(),
        rows=len(keys),
        hidden_size=backbone.hidden_size,
        dtype="bfloat16" if narrow else "float32",
    )


def _open(partial: Path, manifest: Manifest) -> tuple[Any, int]:
    """The array to fill, and how many of its rows an earlier run has filled."""
    wanted = asdict(manifest)
    file, progress = partial / "hidden.npy", partial / "progress.json"
    if progress.is_file() and json.loads((partial / "manifest.json").read_text(encoding="utf-8")) == wanted:
        return np.load(file, mmap_mode="r+"), json.loads(progress.read_text(encoding="utf-8"))["done"]
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    _write_json(partial / "manifest.json", wanted)
    dtype = np.int16 if manifest.dtype == "bfloat16" else np.float32
    shape = (manifest.rows, manifest.hidden_size)
    return np.lib.format.open_memmap(file, mode="w+", dtype=dtype, shape=shape), 0


@torch.no_grad()
def _states(backbone: Backbone, prompts: PromptBatch) -> NDArray[Any]:
    """float32 as it is; bfloat16, which numpy lacks, as the int16 of the same bits."""
    weight = backbone.output_weight
    states = backbone.prompt_hidden(prompts.to(weight.device)).cpu()
    narrow = weight.dtype == torch.bfloat16
    found: NDArray[Any] = (states.bfloat16().view(torch.int16) if narrow else states).numpy()
    return found


def _finish(partial: Path, folder: Path, backbone: Backbone, keys: Keys) -> None:
    from safetensors.torch import save_file

    np.save(partial / "keys.npy", keys)
    weight = backbone.output_weight.detach().cpu().contiguous()
    save_file({"weight": weight}, partial / "output_weight.safetensors")
    backbone.tokenizer.save(partial)
    (partial / "progress.json").unlink(missing_ok=True)
    partial.rename(folder)


def _require_same(folder: Path, manifest: Manifest) -> None:
    found = asdict(CachedBackbone(folder).manifest)
    differ = [name for name, value in asdict(manifest).items() if found[name] != value]
    if differ:
        raise CheckpointError(
            f"{folder} is a cache of other content ({', '.join(differ)} differ); "
            "remove it or set another backbone.folder"
        )


def _write_json(path: Path, content: dict[str, Any]) -> None:
    """Write and rename, so that a crash leaves the old file or the new one."""
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps(content, indent=2), encoding="utf-8")
    draft.replace(path)
