"""Batches of prompts equal what one gets by tokenising phrase by phrase."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kgllm.data.prompts import PROMPTS, PromptTemplate
from kgllm.data.queries import Queries, Side
from kgllm.heads.encoders import PromptBatch
from kgllm.heads.encoders.prompt_table import PromptTable
from kgllm.lm.tokenizer import TextTokenizer

MakeTable = Callable[..., PromptTable]


def naive(template: PromptTemplate, tokenizer: TextTokenizer, side: Side, names: dict[str, str]) -> list[int]:
    ids: list[int] = []
    for kind, value in template.phrases(side):
        text = names[value] if kind == "slot" else value
        ids += tokenizer.mark(value) if kind == "mark" else tokenizer.encode([text])[0]
    return ids


@pytest.mark.parametrize("name", PROMPTS)
def test_batch_equals_phrase_by_phrase(
    make_table: MakeTable, tokenizer: TextTokenizer, queries: Queries, texts: list[str], name: str
) -> None:
    table = make_table(tokenizer, name)
    batch = table.batch(queries.source, queries.relation, queries.side)
    rows = zip(queries.source, queries.relation, queries.side, strict=True)
    for i, (source, relation, side) in enumerate(rows):
        names = {"source": texts[source], "relation": texts[-3:][relation]}
        expected = naive(PROMPTS[name], tokenizer, Side(side), names)
        row = batch.input_ids[i].tolist()
        assert row[: batch.lengths[i]] == expected
        assert set(row[batch.lengths[i] :]) <= {tokenizer.pad_id}
    assert batch.input_ids.shape[1] == batch.lengths.max()
    np.testing.assert_array_equal(
        table.lengths(queries.source, queries.relation, queries.side), batch.lengths.numpy()
    )


def test_a_name_has_the_same_tokens_as_prompt_and_as_answer(
    make_table: MakeTable, tokenizer: TextTokenizer, texts: list[str]
) -> None:
    table = make_table(tokenizer)
    sources = np.arange(len(texts) - 3)
    batch = table.batch(sources, np.zeros_like(sources), np.zeros_like(sources))
    for row, answer in zip(batch.input_ids.tolist(), tokenizer.encode(texts), strict=False):
        assert row[1 : 1 + len(answer)] == answer
        assert row[1 + len(answer)] == tokenizer.sep_id


def test_prefix_is_what_all_prompts_begin_with(
    make_table: MakeTable, tokenizer: TextTokenizer, queries: Queries
) -> None:
    table = make_table(tokenizer, "expert")
    ids = table.batch(queries.source, queries.relation, queries.side).input_ids.numpy()
    width = len(table.prefix)
    assert width > 20
    assert (ids[:, :width] == table.prefix).all()
    assert len(np.unique(ids[:, width])) == 2  # then the sides part
    np.testing.assert_array_equal(make_table(tokenizer, "compact").prefix, [tokenizer.bos_id])


def test_no_queries_make_an_empty_batch(make_table: MakeTable, tokenizer: TextTokenizer) -> None:
    none = np.empty(0, dtype=np.int64)
    assert make_table(tokenizer).batch(none, none, none).input_ids.shape == (0, 0)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.booleans(), min_size=7, max_size=7), min_size=1, max_size=5))
def test_pack_moves_padding_to_the_right(mask: list[list[bool]]) -> None:
    keep = torch.tensor(mask)
    ids = torch.arange(keep.numel()).reshape(keep.shape)
    batch = PromptBatch.pack(ids, keep.long())
    for row, packed, length, kept in zip(ids, batch.input_ids, batch.lengths, keep, strict=True):
        assert packed[:length].tolist() == row[kept].tolist()
    assert batch.attention_mask.sum(1).tolist() == keep.sum(1).tolist()
