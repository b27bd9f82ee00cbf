"""One tokenizer for prompts and answers, whether trained here or brought by a model.

**The rule of the space.** K-ON reads a name in the prompt and scores the same name as an answer, so the
name must have the same tokens in both places, and it must be the tokens a language model has seen in
running text. Hence every text is tokenised by itself, *as it stands after a space*: "Paris" is encoded
like the last word of "in Paris". Byte-level BPE needs the space written out, SentencePiece and
WordPiece add or ignore it; ``TextTokenizer`` finds out which by trying.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import CheckpointError, ConfigError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Mark = Literal["bos", "eos", "sep", "tail", "head"]

_PLAIN_MARKS = {"sep": ";", "tail": "tail", "head": "head"}
"""What a mark is written as where the tokenizer has no special token for it."""
_PROBES = ("x Paris", "x house", "x 42")


@dataclass(frozen=True)
class Specials:
    """Special tokens by role; ``None`` where the tokenizer has none."""

    eos: str
    pad: str
    bos: str | None = None
    sep: str | None = None


class TextTokenizer:
    """Encodes texts as they stand after a space; see the module's docstring.

    Special tokens never come out of a text: an entity called ``<eos>`` is spelled in ordinary tokens.

    Args:
        backend: a ``tokenizers.Tokenizer``; it is copied, without truncation and padding.
        specials: the special tokens of the backend by role.

    Raises:
        ConfigError: a special token is not in the vocabulary.
    """

    def __init__(self, backend: Tokenizer, specials: Specials) -> None:
        from tokenizers import Tokenizer

        self._backend = Tokenizer.from_str(backend.to_str())
        self._backend.no_truncation()
        self._backend.no_padding()
        self._backend.encode_special_tokens = True
        self._specials = specials
        self.eos_id = self._id(specials.eos)
        self.pad_id = self._id(specials.pad)
        self.bos_id = None if specials.bos is None else self._id(specials.bos)
        self.sep_id = None if specials.sep is None else self._id(specials.sep)
        self.vocab_size: int = self._backend.get_vocab_size()
        self._space = "" if all(self._adds_space(probe) for probe in _PROBES) else " "

    def encode(self, texts: Iterable[str]) -> list[list[int]]:
        """Token ids of each text as it stands after a space, no special tokens.

        One thread on purpose: a pool of Rust threads would make every later fork of the process print
        a warning, and is no faster on short names.
        """
        encode = self._backend.encode
        return [encode(self._space + text, add_special_tokens=False).ids for text in texts]

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ``ids`` without special tokens; undoes ``encode`` for byte-level tokenizers."""
        text: str = self._backend.decode(list(ids), skip_special_tokens=True)
        return text.removeprefix(self._space)

    def mark(self, name: Mark) -> list[int]:
        """Tokens of a prompt mark: its special token, else a plain word; no token for a missing bos."""
        ids = {"bos": self.bos_id, "eos": self.eos_id, "sep": self.sep_id}
        found = ids[name] if name in ids else self._added.get(f"<{name}>")
        if found is not None:
            return [found]
        return self.encode([_PLAIN_MARKS[name]])[0] if name in _PLAIN_MARKS else []

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of vocabulary, merges, text normalisation and special tokens."""
        state = json.loads(self._backend.to_str())
        model = state["model"]
        merges = [m.split(" ") if isinstance(m, str) else m for m in model.get("merges", [])]
        content = {
            "vocab": model["vocab"],
            "merges": merges,
            "added": sorted(self._added.items()),
            "steps": [state["normalizer"], state["pre_tokenizer"]],
            "specials": vars(self._specials),
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def save(self, folder: Path) -> None:
        """Write ``tokenizer.json`` and ``tokenizer_config.json``, which AutoTokenizer reads too."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "tokenizer.json").write_text(self._backend.to_str(), encoding="utf-8")
        named = {f"{role}_token": token for role, token in vars(self._specials).items() if token is not None}
        config = {"tokenizer_class": "PreTrainedTokenizerFast", **named}
        (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> TextTokenizer:
        """The tokenizer that ``save`` wrote, or that of any Hugging Face folder with a ``tokenizer.json``.

        Raises:
            CheckpointError: there is no readable ``tokenizer.json``.
            ConfigError: the tokenizer has no end-of-text token.
        """
        from tokenizers import Tokenizer

        path = Path(folder) / "tokenizer.json"
        if not path.is_file():
            raise CheckpointError(f"{folder} holds no tokenizer.json; save the model's fast tokenizer there")
        try:
            backend = Tokenizer.from_str(path.read_text(encoding="utf-8"))
        except Exception as error:  # tokenizers raises bare Exception
            raise CheckpointError(f"{path} is not a tokenizer: {error}; save it again") from error
        return cls(backend, _specials(Path(folder)))

    def __reduce__(self) -> tuple[type[TextTokenizer], tuple[Tokenizer, Specials]]:
        # A copied or pickled backend forgets encode_special_tokens; __init__ sets it again.
        return TextTokenizer, (self._backend, self._specials)

    @cached_property
    def _added(self) -> dict[str, int]:
        return {token.content: i for i, token in self._backend.get_added_tokens_decoder().items()}

    def _id(self, token: str) -> int:
        found: int | None = self._backend.token_to_id(token)
        if found is None:
            raise ConfigError(
                f"special token {token!r} is not in the tokenizer's vocabulary; correct its config"
            )
        return found

    def _adds_space(self, probe: str) -> bool:
        """Whether a word alone already has the tokens it has in running text."""
        first, word = probe.split(" ")
        running, start, alone = (
            self._backend.encode(text, add_special_tokens=False).ids for text in (probe, first, word)
        )
        return bool(running == start + alone)


def train_bpe(texts: Iterable[str], vocab_size: int) -> TextTokenizer:
    """A byte-level BPE tokenizer, which spells any Unicode text without loss.

    A function of the multiset of ``texts`` and of ``vocab_size`` alone: neither order nor the number of
    threads matters. The vocabulary may end up smaller when the texts give no more merges.

    Raises:
        ConfigError: ``vocab_size`` has no room for the 256 bytes and the special tokens.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    specials = Specials(eos="<eos>", pad="<pad>", bos="<bos>", sep="<sep>")
    tokens = ["<pad>", "<bos>", "<eos>", "<sep>", "<tail>", "<head>"]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    if vocab_size < len(alphabet) + len(tokens):
        least = len(alphabet) + len(tokens)
        raise ConfigError(f"vocab_size is {vocab_size}; a byte-level tokenizer needs at least {least}")
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size, special_tokens=tokens, initial_alphabet=alphabet, show_progress=False
    )
    with _one_thread():
        backend.train_from_iterator((" " + text for text in texts), trainer)
    return TextTokenizer(backend, specials)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep the Rust thread pool unused, so that a later fork is safe; the environment is put back."""
    name = "TOKENIZERS_PARALLELISM"
    before = os.environ.get(name)
    os.environ[name] = "false"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _specials(folder: Path) -> Specials:
    """Special tokens of a Hugging Face folder; a BERT-like [CLS] … [SEP] serves as bos … eos."""
    named: dict[str, Any] = {}
    for file in ("special_tokens_map.json", "tokenizer_config.json"):
        path = folder / file
        named |= json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

    def token(*roles: str) -> str | None:
        for role in roles:
            found = named.get(f"{role}_token")
            if found is not None:
                return str(found["content"] if isinstance(found, dict) else found)
        return None

    eos = token("eos", "sep")
    if eos is None:
        raise ConfigError(
            f"the tokenizer in {folder} has no eos_token; name one in its tokenizer_config.json"
        )
    return Specials(eos=eos, pad=token("pad") or eos, bos=token("bos", "cls"), sep=token("sep"))
