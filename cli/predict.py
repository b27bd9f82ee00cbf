"""``kgllm predict``: the best answers to one query."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import ConfigError
from .output import Json, emit, table_of


def predict(
    run: Annotated[Path, typer.Argument(help="Run folder of kgllm train.")],
    relation: Annotated[str, typer.Option(help="Name or label of the relation.")],
    head: Annotated[str | None, typer.Option(help="Name or label of the head; asks for the tail.")] = None,
    tail: Annotated[str | None, typer.Option(help="Name or label of the tail; asks for the head.")] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="How many answers.")] = 10,
    new: Annotated[bool, typer.Option("--new", help="Leave out answers that the data set holds.")] = False,
    json: Json = False,
) -> None:
    """Name the best answers to (head, relation, ?) or (?, relation, tail).

    Example: kgllm predict runs/kon-world-s0 --head Portugal --relation 'pays with' -k 3
    """
    if (head is None) == (tail is None):
        raise ConfigError("give either --head (asks for the tail) or --tail (asks for the head)")
    from ..training.predict import Question, predict_run

    question = Question(head or tail or "", relation, asks_tail=head is not None)
    found = predict_run(run, question, k, new=new)
    rows = [(i, a.name, a.label, a.score, a.probability, a.known) for i, a in enumerate(found, start=1)]
    title = f"({head}, {relation}, ?)" if head is not None else f"(?, {relation}, {tail})"
    columns = ["", "answer", "label", "score", "share", "in data"]
    emit([a.to_dict() for a in found], as_json=json, table=table_of(title, columns, rows))
