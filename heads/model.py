"""K-ON as a whole: backbone, head and entity vocabulary, from a query to scores of all entities."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..data.prompts import prompt_template
from ..errors import CheckpointError, ConfigError, TokenizerMismatchError
from ..lm.tokenizer import TextTokenizer
from .base import QueryBatch
from .encoders import Backbone, PromptBatch, load_backbone
from .encoders.causal import Prefix
from .encoders.prompt_table import PromptTable
from .kon import KONConfig, KONHead, StepStates
from .pretrained import WEIGHTS_FILE, read_info, read_weights, write_info
from .score import Encoded, EntityScorer
from .vocab import EntityVocab

WORTH_SHARING = 8
"""Tokens of common prefix from which on running them once outweighs the slower attention to a cache."""


@dataclass(frozen=True)
class KonTexts:
    """The texts a K-ON model knows.

    Attributes:
        entities, relations: names by id.
        template: name of the prompt template; see ``data.prompts.PROMPTS``.
    """

    entities: tuple[str, ...]
    relations: tuple[str, ...]
    template: str = "compact"


class KonModel(nn.Module):
    """Scores all entities as answers to a link-prediction query; a ``QueryScorer``.

    Data flow: query → prompt → backbone h (B, d) → head ẑ (B, K, d) → slot table (S, B) → scores (B, E).

    Args:
        backbone: gives h and lends W; see ``heads.encoders``.
        config: of the head; ``K`` and ``eos`` shape the vocabulary.
        texts: names and prompt.
        vocab: of a saved model; ``None`` builds it from ``texts.entities``.

    Raises:
        VocabError: the names do not fit K.
        ConfigError: head and backbone do not fit.
    """

    def __init__(
        self, backbone: Backbone, config: KONConfig, texts: KonTexts, vocab: EntityVocab | None = None
    ) -> None:
        super().__init__()
        self.backbone: Any = backbone
        self.config, self.texts = config, texts
        tokenizer = backbone.tokenizer
        self.vocab = vocab or EntityVocab.build(
            texts.entities,
            tokenizer.encode,
            vocab_size=backbone.vocab_size,
            eos_id=tokenizer.eos_id if config.eos else None,
            K=config.K,
            allow_collisions=config.allow_collisions,
        )
        self.head = KONHead(
            backbone.hidden_size,
            backbone.vocab_size,
            self.vocab.K,
            config,
            num_relations=len(texts.relations),
        )
        self.scorer = EntityScorer(self.vocab)
        self.prompts = PromptTable(
            prompt_template(texts.template), tokenizer, self.vocab.names, texts.relations
        )
        self._prefix: Prefix | None = None

    @property
    def num_entities(self) -> int:
        """Entities that a query is scored against."""
        return len(self.vocab)

    def prompt(self, queries: QueryBatch) -> PromptBatch:
        """Tokenised prompts of B queries, on the queries' device."""
        columns = (column.cpu().numpy() for column in queries)
        return self.prompts.batch(*columns).to(queries.source.device)

    def states(self, hidden: Tensor, queries: QueryBatch) -> StepStates:
        """Step states of the head.

        Args:
            hidden: (B, d) state at the last prompt token.
        """
        states: StepStates = self.head(hidden, queries.relation)
        return states

    def encode(self, queries: QueryBatch) -> Encoded:
        """Backbone pass and slot table of B queries; see ``QueryScorer``."""
        prompts = self.prompt(queries)
        if self._prefix is None:
            return self.tables(self.states(self.backbone.prompt_hidden(prompts), queries))
        return self.tables(self.states(self.backbone.prompt_hidden(prompts, self._prefix), queries))

    @contextmanager
    def sharing_prefix(self) -> Iterator[None]:
        """Inside, ``encode`` runs the text that all prompts begin with only once.

        For evaluation mode without gradients; the weights must not change inside. Does nothing where the
        backbone is not causal or the common text is short.
        """
        ids = torch.from_numpy(self.prompts.prefix)
        if self.backbone.causal and len(ids) >= WORTH_SHARING:
            self._prefix = self.backbone.shared_prefix(ids.to(self.backbone.output_weight.device))
        try:
            yield
        finally:
            self._prefix = None

    def tables(self, states: StepStates) -> Encoded:
        """The slot table of step states, differentiable."""
        return self.scorer.encode(self.head, states, self.backbone.output_weight)

    def score(self, encoded: Encoded, start: int, stop: int) -> Tensor:
        """(B, stop − start) float32 scores; see ``QueryScorer``."""
        return self.scorer.score(encoded, start, stop)

    def add_entities(self, names: Sequence[str]) -> None:
        """Append entities by name. They can be asked about and predicted at once, without training.

        Scores of the entities that were there before do not change.

        Raises:
            VocabError: a name has no tokens.
            ConfigError: the backbone is a cache, which knows no new prompts.
        """
        if self.backbone.kind == "cached":
            raise ConfigError(
                "a cached backbone cannot read new names; use the live backbone (kon.backbone.of)"
            )
        device = self.scorer.lengths.device
        self.vocab = self.vocab.add_entities(names, self.backbone.tokenizer.encode)
        self.scorer = EntityScorer(self.vocab).to(device)
        self.prompts = PromptTable(
            self.prompts.template, self.backbone.tokenizer, self.vocab.names, self.texts.relations
        )

    def save_pretrained(self, folder: Path) -> None:
        """Write all that ``from_pretrained`` needs: head, vocabulary, texts, backbone, tokenizer identity."""
        from safetensors.torch import save_file

        folder.mkdir(parents=True, exist_ok=True)
        self.backbone.save(folder / "backbone")
        tensors, info = self.vocab.to_state()
        head = {f"head.{name}": value.detach().cpu() for name, value in self.head.state_dict().items()}
        slots = {f"vocab.{name}": value for name, value in tensors.items()}
        save_file({name: value.contiguous() for name, value in (head | slots).items()}, folder / WEIGHTS_FILE)
        (folder / "vocab.json").write_text(json.dumps(info, ensure_ascii=False), encoding="utf-8")
        write_info(
            folder,
            "kon",
            {
                "head": self.config.model_dump(mode="json"),
                "relations": list(self.texts.relations),
                "template": self.texts.template,
                "template_sha256": self.prompts.template.fingerprint,
                "tokenizer_sha256": self.backbone.tokenizer.fingerprint,
            },
        )

    @classmethod
    def from_pretrained(cls, folder: Path, tokenizer: TextTokenizer | None = None) -> KonModel:
        """The model that ``save_pretrained`` wrote, in evaluation mode.

        Args:
            tokenizer: the tokenizer you mean to use with it; compared with the model's.

        Raises:
            CheckpointError: a file is missing or damaged, or the prompt's text has changed since.
            TokenizerMismatchError: the tokenizer is not the one the model was trained with.
        """
        folder = Path(folder)
        info, weights = read_info(folder), read_weights(folder)
        backbone = load_backbone(folder / "backbone")
        for found in (backbone.tokenizer, tokenizer):
            require_tokenizer(found, info["tokenizer_sha256"], folder)
        if prompt_template(info["template"]).fingerprint != info["template_sha256"]:
            raise CheckpointError(
                f"{folder} was trained with another wording of prompt {info['template']!r}; train it again"
            )
        slots = {name.removeprefix("vocab."): t for name, t in weights.items() if name.startswith("vocab.")}
        vocab = EntityVocab.from_state(slots, _read_json(folder / "vocab.json"))
        texts = KonTexts(vocab.names, tuple(info["relations"]), info["template"])
        model = cls(backbone, KONConfig.model_validate(info["head"]), texts, vocab)
        head = {name.removeprefix("head."): t for name, t in weights.items() if name.startswith("head.")}
        try:
            model.head.load_state_dict(head)
        except RuntimeError as error:
            problem = " ".join(str(error).split())
            raise CheckpointError(
                f"{folder}: head and settings do not fit: {problem}; save it again"
            ) from error
        return model.eval()


def require_tokenizer(tokenizer: TextTokenizer | None, expected: str, where: Path | str) -> None:
    """Raise ``TokenizerMismatchError`` unless the tokenizer's fingerprint is ``expected``."""
    if tokenizer is not None and tokenizer.fingerprint != expected:
        raise TokenizerMismatchError(
            f"{where} was made with another tokenizer (sha256 {expected[:12]}…, found "
            f"{tokenizer.fingerprint[:12]}…), so token ids would mean other words; "
            "restore that tokenizer or train again"
        )


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read ({error}); save the model again") from error
    return content
