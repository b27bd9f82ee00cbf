"""``kgllm data`` as users call it: results on stdout, everything else on stderr, one line per error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kgllm.cli.app import app
from kgllm.data.catalogue import catalogue
from kgllm.errors import AuditError, ConfigError, DataError, FetchError, KgllmError

GOOD = {"train.txt": "a\tr\tb\nb\tr\tc\nc\tr\ta\n", "valid.txt": "a\tr\tc\n", "test.txt": "c\tr\tb\n"}


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in GOOD.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def _json(*arguments: str) -> Any:
    result = CliRunner().invoke(app, ["data", *arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == 0
    return json.loads(result.stdout)


def _fails(error: type[KgllmError], *arguments: str) -> str:
    result = CliRunner().invoke(app, ["data", *arguments])
    assert isinstance(result.exception, error)
    assert "\n" not in str(result.exception)
    return str(result.exception)


def test_list_names_every_set_as_a_table_and_as_json() -> None:
    rows = _json("list")
    assert [row["name"] for row in rows] == list(catalogue())
    assert all(row["title"] for row in rows)
    shown = CliRunner().invoke(app, ["data", "list"]).stdout
    assert all(name in shown for name in catalogue())


def test_show_gives_licence_policies_and_hashes() -> None:
    entry = _json("show", "wn18rr")
    assert entry["licence"].startswith("WordNet")
    assert entry["duplicate_names"] == "number"
    assert len(entry["files"]["train"]["sha256"]) == 64
    shown = CliRunner().invoke(app, ["data", "show", "wn18rr"]).stdout
    assert "wn18rr/train.txt (3,135,377 bytes)" in shown
    assert "did you mean wn18rr, " in _fails(DataError, "show", "wn18r")


def test_audit_of_a_clean_folder(folder: Path) -> None:
    report = _json("audit", str(folder))
    assert report["counts"]["rows"] == {"train": 3, "valid": 1, "test": 1}
    shown = CliRunner().invoke(app, ["data", "audit", str(folder)])
    assert shown.exit_code == 0
    assert "entities 3 (3 in train), relations 1 (1 in train)" in shown.stdout


def test_audit_prints_its_findings_and_then_refuses_an_overlap(folder: Path) -> None:
    (folder / "valid.txt").write_text("a\tr\tb\n")
    assert "1 are in train, 0 in test, 0 are new" in _fails(AuditError, "audit", str(folder))
    result = CliRunner().invoke(app, ["data", "audit", str(folder), "--json"])
    assert result.exit_code == 1
    (error,) = (f for f in json.loads(result.stdout)["findings"] if f["severity"] == "error")
    assert error["check"] == "overlap"
    assert error["example"] == "(a, r, b)"


def test_audit_takes_a_format_and_refuses_an_unknown_one(folder: Path) -> None:
    assert "found 1 columns separated by '|'" in _fails(DataError, "audit", str(folder), "--format", "pipe")
    message = _fails(ConfigError, "audit", str(folder), "--format", "csv")
    assert message.startswith("data.format: Input should be 'auto', 'tsv'")


def test_build_world_in_a_folder_and_in_the_cache(tmp_path: Path) -> None:
    built = _json("build", "world", "--out", str(tmp_path / "world"))
    assert (tmp_path / "world" / "train.txt").is_file()
    assert built["train"] > 3_000
    first, second = _json("build", "world"), _json("build", "world")
    assert first == second
    assert {key: first[key] for key in ("entities", "train", "test")} == {
        key: built[key] for key in ("entities", "train", "test")
    }
    assert "exists already" in _fails(DataError, "build", "world", "--out", str(tmp_path / "world"))
    assert "'umls' cannot be built" in _fails(ConfigError, "build", "umls")
    assert next(row for row in _json("list") if row["name"] == "world")["here"]


def test_fetch_refuses_what_has_no_url() -> None:
    assert "run: kgllm data build world" in _fails(FetchError, "fetch", "world")


def test_fetch_leaves_good_files_alone(data_root: Callable[[str], Path], tmp_path: Path) -> None:
    (tmp_path / "nations").symlink_to(data_root("nations"))
    result = _json("fetch", "nations", "--out", str(tmp_path))
    assert [Path(path).name for path in result["files"]] == ["train.txt", "valid.txt", "test.txt"]


@pytest.mark.parametrize("verb", ["list", "show", "audit", "fetch", "build"])
def test_every_verb_has_an_example(verb: str) -> None:
    shown = CliRunner().invoke(app, ["data", verb, "--help"]).stdout
    assert f"Example: kgllm data {verb}" in shown
    assert "--json" in shown


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kgllm.cli", "data", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ))


def test_a_process_prints_pure_json_and_one_line_per_error(folder: Path) -> None:
    good = _run("audit", str(folder), "--json")
    assert (good.returncode, good.stderr) == (0, "")
    assert json.loads(good.stdout)["name"] == folder.name
    (folder / "train.txt").write_text("a\tr\tb\nbroken line\n")
    bad = _run("audit", str(folder), "--json")
    assert (bad.returncode, bad.stdout) == (1, "")
    assert bad.stderr.count("\n") == 1
    assert bad.stderr.startswith("error: ReadError: ")
    assert "train.txt:2: found 1 columns" in bad.stderr
    assert _run("audit", str(folder), "--format", "csv").returncode == 2
