"""How a model is ranked: the settings of the evaluation protocol."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Split = Literal["train", "valid", "test"]

SELECTION_FILTER: tuple[Split, ...] = ("train", "valid")
"""Known answers while a model is selected: a filter with test triples in it would tell about test."""


class EvalConfig(BaseModel):
    """The ranking protocol. The defaults are those of the field: filtered, realistic ties, both sides."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    ties: Literal["optimistic", "realistic", "pessimistic"] = "realistic"
    """Which rank stands for a gold that ties with others; the other two are reported beside it."""

    atol: Annotated[float, Field(ge=0)] = 0.0
    """Scores within atol + rtol · |gold score| of the gold's tie with it; 0 compares exactly."""

    rtol: Annotated[float, Field(ge=0)] = 0.0
    """Relative part of the tie tolerance."""

    filter: tuple[Split, ...] = ("train", "valid", "test")
    """Splits whose triples are no wrong answers in a final report. Empty: raw ranks. Selection during
    training always uses train and valid."""

    sides: Literal["both", "tail", "head"] = "both"
    """Which end of a triple is asked for; both pools the two and reports each."""

    average: Literal["micro", "relation", "query"] = "micro"
    """Micro counts every query once; relation and query (macro) count every relation, every distinct
    query once."""

    hits: tuple[Annotated[int, Field(ge=1)], ...] = (1, 3, 10)
    """The k of Hits@k."""

    batch_queries: Annotated[int, Field(ge=1)] = 256
    """Distinct queries encoded together."""

    chunk_entities: Annotated[int, Field(ge=0)] = 0
    """Entities scored together; 0 chooses the most that keeps a slice of scores below 256 MiB."""

    bootstrap: Annotated[int, Field(ge=0)] = 1000
    """Resamples of the test triples behind each confidence interval; 0 leaves intervals out."""

    trace_top: Annotated[int, Field(ge=0)] = 0
    """Best entities written with each query to ranks.jsonl; 0 writes none."""
