"""Hidden states for ``kon.backbone.kind: cached``, computed by the first run that wants them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ....data.dataset import Dataset
from ....data.prompts import prompt_template
from ....data.queries import AnswerTable, Queries
from ....heads.encoders import CachedConfig, build_backbone
from ....heads.encoders.cached import write_cache
from ....heads.encoders.prompt_table import PromptTable
from ....heads.model import KonTexts
from ... import dist
from ...run_folder import write_atomically
from ...task import Runtime

MADE_OF = "made_of.sha256"


def ensure_cache(config: CachedConfig, texts: KonTexts, dataset: Dataset, runtime: Runtime) -> None:
    """See to it that ``config.folder`` holds the state of every query of ``dataset``.

    Rank 0 computes what is missing; the others wait, up to half an hour. A finished cache of the same
    settings, texts and triples is taken without loading the model, which must not have been replaced.

    Raises:
        CheckpointError: the folder holds a cache of something else.
    """
    queries = _all_queries(dataset)
    wanted, note = _identity(config, texts, queries), config.folder / MADE_OF
    if runtime.rank == 0 and not (note.is_file() and note.read_text(encoding="utf-8") == wanted):
        backbone: Any = build_backbone(config.of, ())
        backbone.to(runtime.device)
        template = prompt_template(texts.template)
        table = PromptTable(template, backbone.tokenizer, texts.entities, texts.relations)
        with _bar() as progress:
            write_cache(config.folder, backbone, table, queries, progress=progress)
        write_atomically(note, wanted)
    dist.any_rank(False, runtime.world)


def _all_queries(dataset: Dataset) -> Queries:
    """The distinct queries of all splits."""
    triples = np.concatenate([dataset.split(name) for name in ("train", "valid", "test")])
    return AnswerTable.build(triples, len(dataset.entities), len(dataset.relations)).queries


def _identity(config: CachedConfig, texts: KonTexts, queries: Queries) -> str:
    digest = hashlib.sha256()
    template = prompt_template(texts.template).fingerprint
    for text in (config.of.model_dump_json(), template, *texts.entities, *texts.relations):
        digest.update(text.encode() + b"\0")
    for column in (queries.source, queries.relation, queries.side):
        digest.update(np.ascontiguousarray(column).data)
    return digest.hexdigest()


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """Progress for whoever looks at a terminal."""
    from rich import console, progress

    stderr = console.Console(stderr=True)
    with progress.Progress(console=stderr, disable=not stderr.is_terminal) as bar:
        task = bar.add_task("hidden states", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
