"""The error tree of kgllm. Every failure a user can cause ends in one of these.

    KgllmError                      base; ``exit_code`` is what the command line returns
    ├── ConfigError                 wrong settings; lists every problem at once        (exit 2)
    ├── DataError                   a data set is unfit: empty split, missing name …   (exit 1)
    │   ├── ReadError               one bad line: file, line number, text, remedy
    │   ├── AuditError              the split auditor refuses the data set
    │   └── FetchError              a download failed or its checksum differs
    ├── VocabError                  entity names do not fit the token slots (K, tokenizer)
    ├── ScoreError                  a model produced NaN or infinite scores
    ├── TrainingError               training cannot go on: non-finite steps, no batches
    ├── CheckpointError             a checkpoint is missing, torn or of another model
    │   └── TokenizerMismatchError  a checkpoint was made with another tokenizer
    ├── GraphError                  a graph store cannot do what was asked
    │   ├── NotFoundError           no such entity, store or file
    │   ├── BadRowsError            rows of a load or an upsert are wrong; holds the report
    │   ├── SchemaError             an unknown label, relation or property; suggests near names
    │   ├── QueryError              a query was not answered
    │   │   ├── QuerySyntaxError    it is not Cypher
    │   │   ├── QueryRefusedError   it is outside the read subset, or over a limit
    │   │   ├── QueryTimeoutError   it took too long
    │   │   └── QueryFailedError    it went wrong while running: division by zero, wrong types
    │   └── StoreError              the store itself
    │       ├── StoreBusyError      somebody else writes to it
    │       ├── StoreReadOnlyError  it was opened for reading
    │       ├── StoreCorruptError   its files are damaged and cannot be rebuilt
    │       ├── StoreUnavailableError   the server does not answer, or refuses the password
    │       ├── EngineCrashedError  the engine died; the store is whole and can be used on
    │       └── DiskFullError       no space; nothing acknowledged is lost
    ├── OntologyError               an ontology's file breaks a rule; ``issue`` says which and where
    │   ├── UnknownFormatError      nothing that can be read, or not what was asked for
    │   ├── EclError                an expression constraint is wrong; ``at`` is the position
    │   │   └── EclUnsupportedError it is right, but outside the core profile; names the feature
    │   └── LicenceError            content that may not be passed on without a licence
    └── MissingExtraError           an optional dependency is not installed

A message says what was found, what was expected and what to do, in one line.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

__all__ = [
    "AuditError",
    "BadRowsError",
    "CheckpointError",
    "ConfigError",
    "DataError",
    "DiskFullError",
    "EclError",
    "EclUnsupportedError",
    "EngineCrashedError",
    "FetchError",
    "GraphError",
    "KgllmError",
    "LicenceError",
    "MissingExtraError",
    "NotFoundError",
    "OntologyError",
    "QueryError",
    "QueryFailedError",
    "QueryRefusedError",
    "QuerySyntaxError",
    "QueryTimeoutError",
    "ReadError",
    "SchemaError",
    "ScoreError",
    "StoreBusyError",
    "StoreCorruptError",
    "StoreError",
    "StoreReadOnlyError",
    "StoreUnavailableError",
    "TokenizerMismatchError",
    "TrainingError",
    "UnknownFormatError",
    "VocabError",
]


class KgllmError(Exception):
    """Base of all errors that are not bugs; the command line prints them in one line."""

    exit_code = 1


class ConfigError(KgllmError):
    """Settings are wrong. ``problems`` holds one sentence for each mistake."""

    exit_code = 2

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("; ".join(self.problems))


class DataError(KgllmError):
    """A data set cannot be used as it is."""


class ReadError(DataError):
    """One line of one file is malformed.

    Args:
        path: the file.
        line: 1-based line number, or ``None`` when the whole file is at fault.
        problem: what was found and what was expected.
        text: the offending text, shortened for display.
        fix: what the reader should do.
    """

    def __init__(
        self, path: Path | str, line: int | None, problem: str, *, text: str = "", fix: str = ""
    ) -> None:
        self.path, self.line, self.problem, self.text, self.fix = path, line, problem, text, fix
        where = f"{path}:{line}" if line is not None else f"{path}"
        shown = f" in {_shorten(text)!r}" if text else ""
        super().__init__(f"{where}: {problem}{shown}" + (f"; {fix}" if fix else ""))


class AuditError(DataError):
    """The auditor refuses a data set, for example because its splits overlap."""


class FetchError(DataError):
    """A download failed, or what arrived is not what the catalogue promises."""


class VocabError(KgllmError):
    """Entity names do not fit the token slots of a K-ON head."""


class ScoreError(KgllmError):
    """A model returned NaN or infinite scores, so no rank can be trusted."""


class TrainingError(KgllmError):
    """Training cannot go on."""


class CheckpointError(KgllmError):
    """A checkpoint is missing, incomplete, or belongs to another configuration."""


class TokenizerMismatchError(CheckpointError):
    """A checkpoint was made with a tokenizer other than the one given."""


class GraphError(KgllmError):
    """A graph store cannot do what was asked."""


class NotFoundError(GraphError):
    """There is no such entity, store or file."""


class BadRowsError(GraphError):
    """Rows of a load or an upsert are wrong, so nothing was written. ``report`` is the ``RejectReport``."""

    def __init__(self, message: str, report: object) -> None:
        self.report = report
        super().__init__(message)


class SchemaError(GraphError):
    """A label, relation or property that the graph does not have.

    ``suggestions`` are the nearest names it has.
    """

    def __init__(self, message: str, suggestions: Sequence[str] = ()) -> None:
        self.suggestions = tuple(suggestions)
        near = f"; did you mean {', '.join(self.suggestions)}?" if self.suggestions else ""
        super().__init__(message + near)


class QueryError(GraphError):
    """A query was not answered."""


class QuerySyntaxError(QueryError):
    """The text is not Cypher. ``at`` is the offset of the first character that does not fit."""

    def __init__(self, message: str, at: int = -1) -> None:
        self.at = at
        super().__init__(message)


class QueryRefusedError(QueryError):
    """Cypher outside the read subset, or over a limit.

    ``reason`` is a short code, the same for the same cause.
    """

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


class QueryTimeoutError(QueryError):
    """A query took longer than its limit; the store stays usable."""


class QueryFailedError(QueryError):
    """A query went wrong while it ran: division by zero, a value of the wrong type, a number out of range."""


class StoreError(GraphError):
    """The store itself cannot work."""


class StoreBusyError(StoreError):
    """Another process or handle writes to the store."""


class StoreReadOnlyError(StoreError):
    """A change was asked of a store that was opened for reading."""


class StoreCorruptError(StoreError):
    """The files of a store are damaged beyond what it can rebuild by itself."""


class StoreUnavailableError(StoreError):
    """The server does not answer, refuses the password, or is not what its address promises."""


class EngineCrashedError(StoreError):
    """The engine process died while it worked; the next call starts a new one."""


class DiskFullError(StoreError):
    """No space is left; nothing that was acknowledged is lost."""


class OntologyError(KgllmError):
    """An ontology cannot be read or used as it is.

    ``issue`` is the :class:`~kgllm.ontology.issues.Issue` where a file breaks a rule, else ``None``.
    """

    exit_code = 2

    def __init__(self, problem: object) -> None:
        self.issue = None if isinstance(problem, str) else problem
        remedy = getattr(getattr(problem, "rule", None), "remedy", "")
        super().__init__(f"{problem}" + (f"; {remedy}" if remedy else ""))


class UnknownFormatError(OntologyError):
    """A file is of no format that can be read, or not of the format it is said to be."""


class EclError(OntologyError):
    """An expression constraint is wrong. ``at`` is the offset of the first character that does not fit."""

    def __init__(self, message: str, at: int = -1) -> None:
        self.at = at
        super().__init__(message)


class EclUnsupportedError(EclError):
    """An expression constraint is right, but outside the core profile. ``feature`` names what is."""

    def __init__(self, feature: str, message: str, at: int = -1) -> None:
        self.feature = feature
        super().__init__(message, at)


class LicenceError(OntologyError):
    """Content that its licence forbids to pass on was asked for without saying that one holds a licence."""


class MissingExtraError(KgllmError):
    """An optional dependency is not installed.

    Args:
        package: what could not be imported.
        extra: the extra of kgllm that brings it.
    """

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed; run: pip install 'kgllm[{extra}]'")


def _shorten(text: str, limit: int = 80) -> str:
    text = text.rstrip("\r\n")
    return text if len(text) <= limit else text[: limit - 1] + "…"
