"""For every test: where the public data lies, and a run in which nothing may be skipped."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

MAY_SKIP = re.compile(r"needs a (GPU|CUDA device)")
"""Reasons that ``--no-skips`` accepts: what a machine cannot have, never what it could install."""


@pytest.fixture(scope="session")
def data_root() -> Callable[[str], Path]:
    """``data_root("umls")`` is the folder of that public set; the test is skipped where it is missing."""

    def need(name: str) -> Path:
        root = os.environ.get("KGLLM_DATA")
        folder = Path(root) / name if root else None
        if folder is None or not folder.exists():
            pytest.skip(f"data set {name} is not in KGLLM_DATA")
        return folder

    return need


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--no-skips", action="store_true", help="fail when a test is skipped for a curable reason"
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--no-skips") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(NoSkips(), "no-skips")


class NoSkips:
    """Turns a green run into a failed one when it skipped what could have run."""

    def __init__(self) -> None:
        self.skipped: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not hasattr(report, "wasxfail"):
            self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.skipped and isinstance(report.longrepr, tuple) and not MAY_SKIP.search(report.longrepr[2]):
            self.skipped.append(f"{report.nodeid}: {report.longrepr[2]}")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.skipped and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for line in self.skipped:
            terminalreporter.write_line(f"skipped in a run without skips: {line}", red=True)
