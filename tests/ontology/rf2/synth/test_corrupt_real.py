"""Every corruption, planted in a release with a real history: its rule, file and line, and the rest loads."""

from __future__ import annotations

import gzip
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from kgllm.errors import OntologyError
from kgllm.ontology.issues import Issues
from kgllm.ontology.rf2.load import Rf2Options, load_rf2
from kgllm.ontology.rf2.synth.corrupt import CORRUPTIONS, corrupt
from kgllm.ontology.rf2.synth.faults.package import PACKAGE

FATAL = [name for name, corruption in CORRUPTIONS.items() if corruption.rule.fatal]
WARNINGS = [name for name in CORRUPTIONS if name not in FATAL and name != "status-changed"]
"""Here the status of many concepts has changed before, so a change back is no fault."""
STOPS = {name for name in PACKAGE if "archive" in name or "member" in name}
STOPS |= {"no-release", "delta-alone", "several-editions", "wrong-suffix"}
"""Faults that no load survives."""
CONCEPTS = 15_391


@pytest.fixture(scope="session")
def doid(data_root: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release with its files unpacked."""
    source, root = data_root("rf2-doid"), tmp_path_factory.mktemp("doid") / "doid"
    for path in source.glob("*/**/*.txt*"):
        target = root / path.relative_to(source).with_name(path.name.removesuffix(".gz"))
        target.parent.mkdir(parents=True, exist_ok=True)
        content = path.read_bytes()
        target.write_bytes(gzip.decompress(content) if path.suffix == ".gz" else content)
    return root


@pytest.fixture(scope="session")
def normal(doid: Path) -> dict[str, Counter[str]]:
    """What the loader counts in the release as it is, by release type."""
    found = {}
    for release in ("snapshot", "full"):
        issues = Issues()
        load_rf2(doid, Rf2Options(release), issues)
        found[release] = issues.counts
    return found


@pytest.fixture
def copy(doid: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(doid, tmp_path / "doid"))


@pytest.mark.parametrize("name", FATAL)
def test_fatal_faults_are_named_and_the_rest_loads(name: str, copy: Path) -> None:
    planted = corrupt(copy, name)
    options = Rf2Options(planted.release, require_root=planted.require_root)
    with pytest.raises(OntologyError) as caught:
        load_rf2(planted.path, options)
    issue = caught.value.issue
    assert (issue.rule.code, issue.file) == (planted.rule, planted.file)
    assert issue.line in (planted.lines or {0})
    if name in STOPS:
        with pytest.raises(OntologyError):
            load_rf2(planted.path, options, Issues("report"))
    else:
        issues = Issues("report")
        assert len(load_rf2(planted.path, options, issues).ids) >= CONCEPTS - 1
        assert issues.counts[planted.rule] == 1


@pytest.mark.parametrize("name", WARNINGS)
def test_warnings_are_counted_with_their_place(
    name: str, copy: Path, normal: dict[str, Counter[str]]
) -> None:
    planted = corrupt(copy, name)
    issues = Issues()
    load_rf2(planted.path, Rf2Options(planted.release), issues)
    assert issues.counts - normal[planted.release] == Counter({planted.rule: 1})
    kept = issues.found[planted.rule]
    assert len(kept) < issues.counts[planted.rule] or (planted.file, planted.line) in {
        (issue.file, issue.line) for issue in kept
    }
