"""Why a query is refused: one table of reasons, and the errors that point at a place in the text."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import QueryRefusedError, QuerySyntaxError

__all__ = ["REASONS", "clause_reason", "refused", "syntax_error", "where"]

REASONS: dict[str, str] = {
    # what a text may not contain
    "too-long": "the text is longer than the limit; ask for less at once",
    "too-deep": "expressions are nested more deeply than the limit; use IN [...] or WITH to flatten them",
    "control-character": "control characters other than tab and line ends are not allowed; remove them",
    "lone-surrogate": "half of a surrogate pair is not a character; remove it",
    "unicode-escape-outside-string": "unicode escapes are for strings; write the character itself",
    "several-statements": "one statement at a time, without a semicolon; drop the ';' and what follows it",
    # statements and clauses
    "write": "this would change the graph; only reading is allowed",
    "foreach": "FOREACH changes the graph; use UNWIND or a list comprehension to read",
    "schema-command": "commands that change the schema are not queries; the store keeps its own indexes",
    "admin-command": "commands that administer a database or its users are not queries",
    "show": "SHOW lists what the server has, not what the graph holds; use schema()",
    "call": "procedures may do anything and differ between engines; use MATCH, or the methods of the store",
    "call-subquery": "CALL subqueries are outside the read subset; use WITH, EXISTS { } or COUNT { }",
    "load": "reading files and addresses is not a query; use bulk_load()",
    "copy": "copying files in or out is not a query; use bulk_load() or the export command",
    "export": "exporting or importing a database is not a query; use the export command",
    "attach": "a query sees the store it was given to and no other database",
    "extension": "extensions of the engine can be neither installed nor loaded",
    "transaction": "transactions are opened by the store, not by the text; drop the command",
    "use": "a query sees the store it was given to and no other graph; drop USE",
    "profile": "plans are not answers; drop EXPLAIN or PROFILE",
    "query-option": "options of the engine cannot be set by a query; drop CYPHER ...",
    "hint": "planner hints are outside the read subset; drop USING ...",
    "finish": "a query must return something; end it with RETURN",
    "newer-cypher": "this clause is of a Cypher newer than version 5; use MATCH, WITH, WHERE and UNWIND",
    # patterns
    "quantified-path": "quantified path patterns are outside the read subset; use -[:TYPE*1..3]->",
    "shortest-k": "path selectors are outside the read subset; use shortestPath() or allShortestPaths()",
    "match-mode": "match modes are outside the read subset; a MATCH never uses a relationship twice",
    "path-mode": "path modes of one engine are outside the read subset; use *1..3 and WHERE all(...)",
    "dynamic-label": "labels and types must stand in the text; compare labels(n) or type(r) with the value",
    "type-expression": "relationship types may only be joined by '|'; put the rest into WHERE",
    # expressions
    "collect-subquery": "COLLECT { } is outside the read subset; use collect() or a pattern comprehension",
    "subquery-clauses": "a subquery holds one MATCH with its WHERE; drop RETURN and other clauses",
    "path-expression": "shortestPath() is a pattern, not a value; write MATCH p = shortestPath(...)",
    "type-predicate": "type predicates and casts are outside the read subset; use toInteger() and the like",
    "normalized": "IS NORMALIZED is outside the read subset",
    "concatenation": "'||' is outside the read subset; use + to concatenate",
    "extended-case": "WHEN takes one value to compare with; use CASE WHEN condition THEN ...",
    "trim-from": "trim(... FROM ...) is outside the read subset; use trim(), ltrim() or rtrim()",
    # found after parsing
    "function": "this function is unknown, not deterministic, or reaches outside the graph",
    "engine-id": "ids of the engine are neither stable nor portable; use the property id",
    "unbounded-path": "a variable-length relationship needs an upper bound; write *1..3",
    "too-many-hops": "the upper bound of a variable-length relationship is over the limit",
    "too-many-patterns": "the query has more nodes and relationships than the limit",
    "cartesian-product": "patterns without a variable in common multiply their rows; connect them",
    "range-too-long": "range() would make more elements than the limit",
    "date-field": "of a date only year, month and day can be asked for",
    "computed-limit": "SKIP and LIMIT take an integer or a parameter; compute it before",
}
"""Code of a reason: one sentence that says why, and what to do instead."""

CLAUSES: dict[str, str] = {
    **dict.fromkeys(("MERGE", "SET", "REMOVE", "DELETE", "NODETACH", "INSERT", "COMMENT"), "write"),
    **dict.fromkeys(("GRANT", "DENY", "REVOKE", "START", "STOP", "RENAME", "ENABLE"), "admin-command"),
    **dict.fromkeys(("TERMINATE", "REALLOCATE", "DEALLOCATE", "DRYRUN"), "admin-command"),
    **dict.fromkeys(("BEGIN", "COMMIT", "ROLLBACK", "CHECKPOINT"), "transaction"),
    **dict.fromkeys(("INSTALL", "UNINSTALL", "UPDATE", "FORCE"), "extension"),
    **dict.fromkeys(("EXPORT", "IMPORT"), "export"),
    **dict.fromkeys(("EXPLAIN", "PROFILE"), "profile"),
    **dict.fromkeys(("LET", "FILTER", "FOR", "NEXT", "SEARCH", "WHEN"), "newer-cypher"),
    "FOREACH": "foreach",
    "SHOW": "show",
    "COPY": "copy",
    "ATTACH": "attach",
    "USE": "use",
    "CYPHER": "query-option",
    "FINISH": "finish",
}
"""First word of a clause outside the read subset, where that word alone decides."""

ADMINISTERED = frozenset(
    ("USER", "USERS", "ROLE", "ROLES", "DATABASE", "COMPOSITE", "ALIAS", "SERVER", "CURRENT", "AUTH")
)


def clause_reason(keys: Sequence[str]) -> str | None:
    """The reason why a clause that begins with ``keys``, its first four or so, is refused, or None."""
    match keys:
        case ["CREATE", "(", *_] | ["CREATE", _, "=", *_]:
            return "write"
        case ["CREATE" | "DROP" | "ALTER", *words]:
            return "admin-command" if ADMINISTERED.intersection(words) else "schema-command"
        case ["DETACH", second, *_]:
            return "write" if second == "DELETE" else "attach"
        case ["LOAD", second, *_]:
            return "load" if second in {"CSV", "FROM", "WITH"} else "extension"
        case ["CALL", "{" | "(", *_] | ["OPTIONAL", "CALL", "{" | "(", *_]:
            return "call-subquery"
        case ["CALL", *_] | ["OPTIONAL", "CALL", *_]:
            return "call"
        case ["USING", second, *_]:
            return "transaction" if second == "PERIODIC" else "hint"
    return CLAUSES.get(keys[0])


def where(text: str, at: int) -> str:
    """``line 2, column 7``, both counted from 1."""
    before = text[:at].replace("\r\n", "\n").replace("\r", "\n")
    return f"line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))}"


def refused(reason: str, text: str, at: int, found: str = "") -> QueryRefusedError:
    """The error that refuses ``found``, at offset ``at`` of ``text``, for one of :data:`REASONS`."""
    what = f"{_shorten(found)} is refused: " if found else ""
    return QueryRefusedError(reason, f"{where(text, at)}: {what}{REASONS[reason]}")


def syntax_error(text: str, at: int, message: str) -> QuerySyntaxError:
    """The error for text that is no Cypher, with its line and column."""
    return QuerySyntaxError(f"{where(text, at)}: {message}", at)


def _shorten(found: str, limit: int = 40) -> str:
    found = " ".join(found.split())
    return found if len(found) <= limit else found[: limit - 1] + "…"
