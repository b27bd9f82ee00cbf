"""Conditions that patterns ask for beside their shape."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ... import ast
from .context import quoted
from .typed import NotEmittable, Typed

__all__ = ["always", "conjuncts", "label_test", "no_loop", "one_of", "where"]


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


def no_loop(name: str, ends: tuple[Typed, Typed], rel: ast.RelPattern) -> str:
    """True, or a run-time error of the engine where the relationship is, or holds, a self-loop."""
    types = [quoted(type_) for type_ in rel.types]
    if rel.length is not None:
        loops = "e -> struct_extract(e, '_SRC') = struct_extract(e, '_DST')"
        is_loop = f"size(list_filter(rels({name}), {loops})) > 0"
    else:
        is_loop = f"id({ends[0].text}) = id({ends[1].text})"
        if types:
            is_loop += f" AND {one_of(f'{name}.rel', types)}"
    return f"(1 / (CASE WHEN {is_loop} THEN 0 ELSE 1 END) = 1)"


def conjuncts(condition: ast.Expression | None) -> Iterator[ast.Expression]:
    """The parts of ``condition`` that AND joins."""
    if isinstance(condition, ast.Binary) and condition.operator == "AND":
        yield from conjuncts(condition.left)
        yield from conjuncts(condition.right)
    elif condition is not None:
        yield condition


def where(conditions: Sequence[str], hops: Sequence[str]) -> str:
    """`` WHERE …``, or nothing.

    Between two relationships that it walks one after the other, the engine must not filter: from the second
    start on it then drops rows, or makes some up. So where there are several ``hops``, all that concerns
    more than a single node becomes one condition, which it can only test at the end.
    """
    early = list(conditions)
    if len(hops) > 1:
        early = [text for text in conditions if _is_early(text)]
        late = [text for text in conditions if not _is_early(text)]
        named = {*_VARIABLE.findall(" ".join(late))}
        late += [f"id({hop}) IS NOT NULL" for hop in hops if hop not in named]
        early.append(f"CASE WHEN {' AND '.join(late)} THEN true ELSE false END")
    return f" WHERE {' AND '.join(early)}" if early else ""


def _is_early(text: str) -> bool:
    names = {*_VARIABLE.findall(text)}
    return "{ MATCH " in text or (len(names) < 2 and all(name.startswith("v") for name in names))


_VARIABLE = re.compile(r"\b[vrp]\d+\b")
