"""Fixtures for every test: where the public data lies."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest


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
