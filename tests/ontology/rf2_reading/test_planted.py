"""Synthetic releases with one fault planted by another hand: the reader names it, and reads the rest."""

from __future__ import annotations

import shutil

import pytest

from kgllm.errors import OntologyError
from kgllm.ontology.issues import Issues
from kgllm.ontology.rf2.package import discover
from kgllm.ontology.rf2.reading import read_kind
from kgllm.ontology.rf2.rows import FileKind
from kgllm.ontology.rf2.synth import Size, write_release
from kgllm.ontology.rf2.synth.corrupt import CORRUPTIONS, corrupt
from kgllm.ontology.rf2.synth.faults.logic import LOGIC

MEANING = {*LOGIC, "full-as-snapshot"}
"""Faults that show only when rows are compared."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return write_release(tmp_path_factory.mktemp("sound"), Size(concepts=150)).path


def read_all(path, on_error):
    """Rows of each kind, the issues, and the one that stopped the reading."""
    issues, rows = Issues(on_error), {}
    try:
        package = discover(path, issues=issues)
        rows = {kind: len(read_kind(package, kind, issues)) for kind in FileKind}
    except OntologyError as error:
        return rows, issues, error.issue
    return rows, issues, None


def test_a_sound_release_has_no_issues(sound):
    rows, issues, stopped = read_all(sound, "strict")
    assert (issues.total, stopped) == (0, None)
    assert rows[FileKind.CONCEPT] > 200


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", sorted(CORRUPTIONS.keys() - MEANING))
def test_a_planted_fault_is_named_where_it_is(sound, tmp_path, name, seed):
    root = tmp_path / sound.name
    shutil.copytree(sound, root)
    planted = corrupt(root, name, seed)
    fatal = CORRUPTIONS[name].rule.fatal
    _, issues, issue = read_all(planted.path, "strict")
    assert (issue is not None) is fatal
    found = issue or issues.samples(planted.rule)[0]
    assert (found.rule.code, found.file) == (planted.rule, planted.file)
    assert found.line in (planted.lines or (0,))
    assert planted.text in found.text
    rows, issues, stopped = read_all(planted.path, "report")
    if stopped is None:
        whole = read_all(sound, "report")[0]
        assert issues.counts == {planted.rule: 1}
        assert sum(rows[kind] < whole[kind] for kind in rows) <= 1
