"""A small synthetic release, written once."""

from __future__ import annotations

import pytest

from kgllm.ontology.rf2.synth import Release, Size, write_release


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """400 active concepts, seed 1; not to be changed."""
    return write_release(tmp_path_factory.mktemp("synthetic"), Size(400, seed=1))
