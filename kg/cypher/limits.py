"""What a query of the read subset may cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The defaults suit text that a language model wrote; a curator at a terminal may raise them.

    Args:
        rows: most rows a query gives back; a LIMIT of this size is added, or a larger one lowered.
        seconds: wall time after which the engine is stopped.
        hops: highest upper bound of a variable-length relationship; an unbounded ``*`` is always refused.
        patterns: most relationships and nodes of one query, all MATCH clauses together.
        products: most MATCH clauses or patterns in one query that share no variable with what is bound
            before them.
        range: most elements of ``range()``, where its bounds are known from the text.
        depth: deepest nesting of expressions.
        characters: longest text.
        known_names: whether a label, relation type or property that the graph lacks is an error; else it
            matches nothing, as in Neo4j.
    """

    rows: int = 1000
    seconds: float = 30.0
    hops: int = 5
    patterns: int = 40
    products: int = 1
    range: int = 10_000
    depth: int = 60
    characters: int = 20_000
    known_names: bool = True
