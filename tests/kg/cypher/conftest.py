"""A small graph of films, and the check of queries to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kgllm.errors import QuerySyntaxError
from kgllm.kg.cypher import ast
from kgllm.kg.cypher.check import check
from kgllm.kg.cypher.limits import Limits
from kgllm.kg.cypher.parse.parser import parse
from kgllm.kg.schema import LabelInfo, SchemaInfo

PERSON, FILM = ("Person",), ("Film",)
SCHEMA = SchemaInfo(
    labels={
        "Person": LabelInfo(3, {"name": "str", "born": "date", "height": "float"}),
        "Film": LabelInfo(2, {"title": "str", "year": "int", "tags": "list"}),
        "Studio": LabelInfo(1, {"name": "str"}),
    },
    relations={
        "ACTED_IN": LabelInfo(4, {"roles": "list", "minutes": "int"}, PERSON, FILM),
        "DIRECTED": LabelInfo(2, {}, PERSON, FILM),
        "KNOWS": LabelInfo(2, {"since": "date"}, PERSON, PERSON),
    },
    nodes=6,
    edges=8,
)


@pytest.fixture(scope="session")
def checked() -> Callable[..., ast.Query]:
    """``checked(text, limits, **parameters)`` is the checked tree."""

    def run(text: str, limits: Limits | None = None, **parameters: object) -> ast.Query:
        return check(parse(text), SCHEMA, parameters, limits)

    return run


@pytest.fixture(scope="session")
def problem(checked: Callable[..., ast.Query]) -> Callable[..., str]:
    """The message with which the check calls a query wrong."""

    def run(text: str, limits: Limits | None = None, **parameters: object) -> str:
        with pytest.raises(QuerySyntaxError) as caught:
            checked(text, limits, **parameters)
        return str(caught.value)

    return run
