"""Conditions that patterns ask for beside their shape."""

from __future__ import annotations

from .. import ast
from .context import quoted
from .typed import NotEmittable, Typed

__all__ = ["always", "label_test", "no_loop", "one_of"]


def label_test(subject: Typed, labels: ast.LabelExpression) -> str:
    """Whether a node has these labels, or an edge one of these types."""
    match labels:
        case ast.LabelName(name=name) if subject.type == "edge":
            return f"({subject.text}.rel = {quoted(name)})"
        case ast.LabelName(name="Entity"):
            return always(subject)
        case ast.LabelName(name=name):
            return f"list_contains({subject.text}.labels, {quoted(name)})"
        case ast.LabelAnd(parts=parts):
            return f"({' AND '.join(label_test(subject, part) for part in parts)})"
        case ast.LabelOr(parts=parts):
            return f"({' OR '.join(label_test(subject, part) for part in parts)})"
        case ast.LabelNot(part=part):
            return f"(NOT {label_test(subject, part)})"
    raise NotEmittable("the label expression %")


def always(node: Typed) -> str:
    """True of every node, null of no node."""
    return f"({node.text}.id = {node.text}.id)"


def one_of(text: str, types: list[str]) -> str:
    return f"{text} = {types[0]}" if len(types) == 1 else f"{text} IN [{', '.join(types)}]"


def no_loop(name: str, ends: tuple[Typed, Typed], long: bool) -> str:
    """True, or a run-time error of the engine where the relationship is, or holds, a self-loop."""
    if long:
        loops = "e -> struct_extract(e, '_SRC') = struct_extract(e, '_DST')"
        is_loop = f"size(list_filter(rels({name}), {loops})) > 0"
    else:
        is_loop = f"id({ends[0].text}) = id({ends[1].text})"
    return f"(1 / (CASE WHEN {is_loop} THEN 0 ELSE 1 END) = 1)"
