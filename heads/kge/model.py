"""Entity and relation vectors with one interaction; a ``QueryScorer``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from ...errors import CheckpointError, ConfigError
from ..base import QueryBatch
from ..pretrained import WEIGHTS_FILE, read_info, read_weights, write_info
from .interactions import INTERACTIONS


class KgeConfig(BaseModel):
    """Settings of an embedding model."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    model: Literal["complex", "distmult", "transe", "rotate"] = "complex"
    """Scoring function."""
    dim: int = Field(default=400, ge=2)
    """Reals per entity vector; complex models use half as many complex numbers."""
    init: float = Field(default=1e-3, gt=0)
    """Standard deviation of the initial vectors of dot-product models."""
    margin: float = Field(default=6.0, gt=0)
    """γ of distance models: a score is γ minus the distance; also sets their initial range."""


class KgeModel(nn.Module):
    """Vectors for ``num_entities`` entities and, for each side, ``num_relations`` relations.

    Raises:
        ConfigError: a complex model with an odd ``dim``.
    """

    def __init__(self, num_entities: int, num_relations: int, config: KgeConfig) -> None:
        super().__init__()
        self.num_entities, self.num_relations, self.config = num_entities, num_relations, config
        self.interaction = INTERACTIONS[config.model]
        if self.interaction.complex_valued and config.dim % 2:
            raise ConfigError(
                f"kge.dim = {config.dim}: {config.model} needs an even number; use an even kge.dim"
            )
        self.entities = nn.Parameter(torch.empty(num_entities, config.dim))
        self.relations = nn.Parameter(torch.empty(2 * num_relations, config.dim))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Small normal vectors; distance models uniform in ±(γ + 2)/d as in the RotatE paper's code."""
        if self.interaction.distance:
            reach = (self.config.margin + 2.0) / self.config.dim
            nn.init.uniform_(self.entities, -reach, reach)
            nn.init.uniform_(self.relations, -1.0 if self.config.model == "rotate" else -reach, reach)
        else:
            nn.init.normal_(self.entities, std=self.config.init)
            nn.init.normal_(self.relations, std=self.config.init)

    def relation_rows(self, queries: QueryBatch) -> Tensor:
        """(B,) rows of ``relations``: head queries use the reciprocal half."""
        return queries.relation + queries.side * self.num_relations

    def encode(self, queries: QueryBatch) -> Tensor:
        """(B, d) query vectors."""
        return self.interaction.combine(
            self.entities[queries.source], self.relations[self.relation_rows(queries)]
        )

    def score(self, encoded: Tensor, start: int, stop: int) -> Tensor:
        """(B, stop − start) float32 scores; see ``QueryScorer``."""
        with torch.autocast(encoded.device.type, enabled=False):
            scores = self.interaction.against(encoded.float(), self.entities[start:stop].float())
        return scores + self.config.margin if self.interaction.distance else scores

    def score_candidates(self, encoded: Tensor, candidates: Tensor) -> Tensor:
        """(B, N) scores of chosen entities. ``candidates``: (B, N) int64."""
        scores = self.interaction.pairwise(encoded, self.entities[candidates])
        return scores + self.config.margin if self.interaction.distance else scores

    def n3(self, queries: QueryBatch, gold: Tensor) -> Tensor:
        """() Σ over the batch of ‖s‖₃³ + ‖r‖₃³ + ‖o‖₃³ (Lacroix et al., ICML 2018, eq. 7)."""
        rows = (
            self.entities[queries.source],
            self.relations[self.relation_rows(queries)],
            self.entities[gold],
        )
        return torch.stack([self.interaction.modulus(x).pow(3).sum() for x in rows]).sum()

    def save_pretrained(self, folder: Path) -> None:
        """Write weights and settings."""
        from safetensors.torch import save_file

        folder.mkdir(parents=True, exist_ok=True)
        weights = {name: value.detach().cpu().contiguous() for name, value in self.state_dict().items()}
        save_file(weights, folder / WEIGHTS_FILE)
        sizes = {"num_entities": self.num_entities, "num_relations": self.num_relations}
        write_info(folder, "kge", {"config": self.config.model_dump(mode="json"), **sizes})

    @classmethod
    def from_pretrained(cls, folder: Path) -> KgeModel:
        """The model that ``save_pretrained`` wrote, in evaluation mode.

        Raises:
            CheckpointError: a file is missing or damaged, or weights and settings do not fit.
        """
        info, weights = read_info(Path(folder)), read_weights(Path(folder))
        model = cls(info["num_entities"], info["num_relations"], KgeConfig.model_validate(info["config"]))
        try:
            model.load_state_dict(weights)
        except RuntimeError as error:
            problem = " ".join(str(error).split())
            raise CheckpointError(
                f"{folder}: weights and settings do not fit: {problem}; save it again"
            ) from error
        return model.eval()
