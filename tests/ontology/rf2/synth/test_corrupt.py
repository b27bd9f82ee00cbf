"""Every corruption plants what it says and nothing else, and the loader says exactly that."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

import pytest

from kgllm.errors import OntologyError
from kgllm.ontology.issues import Issues
from kgllm.ontology.rf2 import rules
from kgllm.ontology.rf2.load import Rf2Options, load_rf2
from kgllm.ontology.rf2.rows import FileKind
from kgllm.ontology.rf2.synth import Release
from kgllm.ontology.rf2.synth.corrupt import CORRUPTIONS, Planted, corrupt
from kgllm.ontology.rf2.synth.faults.logic import LOGIC
from kgllm.ontology.rf2.synth.faults.package import PACKAGE
from kgllm.ontology.rf2.synth.faults.shape import SHAPE
from kgllm.ontology.rf2.synth.faults.values import VALUES

SEEDS = (0, 1)
FATAL = [name for name, corruption in CORRUPTIONS.items() if corruption.rule.fatal]
WARNINGS = [name for name in CORRUPTIONS if name not in FATAL]
LINES = [name for name in CORRUPTIONS if name not in PACKAGE]
ROWS = [name for name in FATAL if name in {*SHAPE, *VALUES, *LOGIC} - {"header"}]
NOT_PLANTED = {"before-first"}
"""A wrong question, not a wrong file."""
REMOVED = {"no-release": {"Full", "Snapshot", "Delta"}, "delta-alone": {"Full", "Snapshot"}}


@pytest.fixture(params=SEEDS)
def seed(request: pytest.FixtureRequest) -> int:
    found: int = request.param
    return found


@pytest.fixture
def copy(small: Release, tmp_path: Path) -> Path:
    """The release, to be spoiled."""
    return Path(shutil.copytree(small.path, tmp_path / small.path.name))


def options(planted: Planted) -> Rf2Options:
    return Rf2Options(release=planted.release, require_root=planted.require_root)


@pytest.fixture(scope="session")
def normal(small: Release) -> dict[str, Counter[str]]:
    """What the loader counts in the release as it is, by release type."""
    found = {}
    for release in ("snapshot", "full"):
        issues = Issues()
        load_rf2(small.path, Rf2Options(release=release), issues)
        found[release] = issues.counts
    orphaned = small.expected["descriptions_of_inactive"] + small.expected["definitions_of_inactive"]
    for counts in found.values():
        assert counts == Counter({"description-of-inactive": orphaned})
    return found


def content(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_every_rule_can_be_broken() -> None:
    codes = {rule.code for rule in vars(rules).values() if isinstance(rule, rules.Rule)}
    assert {corruption.rule.code for corruption in CORRUPTIONS.values()} == codes - NOT_PLANTED


@pytest.mark.parametrize("name", FATAL)
def test_fatal_faults_are_named_with_their_place(name: str, copy: Path, seed: int) -> None:
    planted = corrupt(copy, name, seed)
    with pytest.raises(OntologyError) as caught:
        load_rf2(planted.path, options(planted))
    issue = caught.value.issue
    assert (issue.rule.code, issue.file) == (planted.rule, planted.file)
    assert issue.line in (planted.lines or {0})
    assert not planted.text or issue.text[:100] == planted.text[:100]


@pytest.mark.parametrize("name", WARNINGS)
def test_warnings_come_alone_and_have_a_place(
    name: str, copy: Path, seed: int, normal: dict[str, Counter[str]]
) -> None:
    planted = corrupt(copy, name, seed)
    issues = Issues()
    load_rf2(planted.path, options(planted), issues)
    assert issues.counts == normal[planted.release] + Counter({planted.rule: 1})
    places = {(issue.file, issue.line): issue for issue in issues.found[planted.rule]}
    issue = places[planted.file, planted.line]
    assert not planted.text or issue.text[:100] == planted.text[:100]


@pytest.mark.parametrize("name", ROWS)
def test_all_but_the_row_at_fault_still_loads(name: str, small: Release, copy: Path) -> None:
    planted = corrupt(copy, name, 3)
    issues = Issues("report")
    tables = load_rf2(planted.path, options(planted), issues)
    assert issues.counts[planted.rule] == 1
    assert len(tables.ids) >= small.rows[FileKind.CONCEPT].snapshot - 1
    assert len(tables.terms.concept) >= 0.98 * small.rows[FileKind.DESCRIPTION].snapshot
    assert len(tables.isa.child) >= 0.9 * small.expected["is_a"]


@pytest.mark.parametrize("name", LINES)
def test_one_place_of_one_file_changes(name: str, small: Release, copy: Path, seed: int) -> None:
    before = content(small.path)
    corrupt(copy, name, seed)
    after = content(copy)
    assert before.keys() == after.keys()
    (changed,) = (path for path in before if before[path] != after[path])
    old, new = before[changed].splitlines(keepends=True), after[changed].splitlines(keepends=True)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
    rest = min(len(old), len(new)) - same
    ends = zip(reversed(old[-rest:] if rest else []), reversed(new[-rest:] if rest else []), strict=True)
    same += sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], ends))
    assert len(old) - same <= 1 or (name == "lf-only" and b"\r" not in after[changed])


@pytest.mark.parametrize("name", PACKAGE)
def test_other_files_stay(name: str, small: Release, copy: Path, seed: int) -> None:
    before = content(small.path)
    planted = corrupt(copy, name, seed)
    after = content(copy)
    changed = {path for path in before | after if before.get(path) != after.get(path)}
    if planted.path != copy:
        assert planted.path == copy.with_name(f"{copy.name}.zip")
        assert not changed
    elif name in REMOVED:
        assert changed == {path for path in before if path.split("/")[0] in REMOVED[name]}
    else:
        assert 1 <= len(changed) <= 2


@pytest.mark.parametrize("name", LINES[::4])
def test_equal_seeds_plant_the_same(name: str, small: Release, copy: Path) -> None:
    again = Path(shutil.copytree(small.path, copy.parent / "again" / copy.name))
    assert corrupt(copy, name, 5) == replace(corrupt(again, name, 5), path=copy)
    assert content(copy) == content(again)


def test_unknown_corruption(copy: Path) -> None:
    with pytest.raises(OntologyError, match="there are no-release, missing-file"):
        corrupt(copy, "rust")
