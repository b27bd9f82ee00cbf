"""The door to a data set: find, read, audit, and split where asked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..errors import AuditError
from .audit import audit
from .audit_report import AuditReport
from .config import DataConfig
from .dataset import Dataset
from .lines import Form
from .read import read_dataset
from .split import made_here, resplit, save_split


def load_dataset(config: DataConfig | str | Path) -> Dataset:
    """Load a data set by catalogue name or path, audited as the settings say.

    A catalogue set is looked up in ``KGLLM_DATA``, then in the user's cache; ``world`` is built there when it
    is missing. A set without valid or test triples is split deterministically, and says so in its notes. A
    split made here is kept in the user's cache, as a folder that loads by its path.

    Args:
        config: the settings, or just the name or path.

    Raises:
        ReadError: a file is missing or a line is malformed.
        DataError: an empty split, or a relation that train lacks.
        AuditError: the splits overlap and ``audit`` is strict.
    """
    config = config if isinstance(config, DataConfig) else DataConfig(name=str(config))
    dataset, forms = read_dataset(config)
    if config.audit != "off":
        dataset = _audited(dataset, config, forms)
    if made_here(dataset):
        save_split(dataset)
    return dataset


def _audited(dataset: Dataset, config: DataConfig, forms: tuple[Form, ...]) -> Dataset:
    """The data set, re-split where asked, with what the auditor says in its notes."""
    report = audit(dataset, forms)
    if report.errors and config.resplit_if_leaky:
        dataset = resplit(dataset, config.resplit_fraction, config.resplit_seed)
        report = audit(dataset, forms)
    if report.errors and config.audit == "strict":
        raise AuditError(refusal(report, remade=config.resplit_if_leaky))
    said = (finding.message for finding in report.findings if finding.severity != "info")
    return replace(dataset, notes=(*dataset.notes, *(text for text in said if text not in dataset.notes)))


def refusal(report: AuditReport, *, remade: bool = False) -> str:
    """Why a strict audit refuses, in one line, and what can be done (a re-split only if it was not yet)."""
    found = "; ".join(finding.message for finding in report.errors)
    again = "" if remade else "make a clean valid split with --set data.resplit_if_leaky=true, or "
    return f"{report.name}: {found}; {again}go on regardless with --set data.audit=warn"
