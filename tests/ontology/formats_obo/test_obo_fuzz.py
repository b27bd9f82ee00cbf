"""Whatever stands in a file, reading it ends in tables or in a named error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kgllm.errors import OntologyError
from kgllm.ontology.formats.obo import read_obo
from kgllm.ontology.formats.obo_text import has_good_xrefs, quoted, unquoted, xref_id
from kgllm.ontology.formats.source import open_text
from kgllm.ontology.issues import Issues, Rule
from kgllm.ontology.tables import Role

Need = Callable[[str], Path]

TAGS = [
    *("id", "name", "def", "synonym", "is_a", "relationship", "xref", "alt_id", "is_obsolete", "subset"),
    *("consider", "intersection_of", "union_of", "property_value", "subsetdef", "import", "instance_of"),
]
VALUES = ["T:1", "part_of T:1", '"text"', '"text" []', '"text" EXACT [T:1]', "true", "{", "!", "\\", '"', "["]
line = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["[Term]", "[Typedef]", "[Instance]", "[", "!", ""]),
    st.builds("{}: {}".format, st.sampled_from(TAGS), st.text(max_size=20) | st.sampled_from(VALUES)),
)
quiet = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)


def outcome(path: Path, issues: Issues) -> object:
    """The ids, or the rule that was broken."""
    try:
        tables = read_obo(path, issues)
    except OntologyError as error:
        return error.issue.rule
    return tables.ids.texts(np.arange(len(tables.ids)))


def read_both(path: Path, text: str) -> None:
    """Strict and lenient: the same, but for broken fatal rules."""
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    strict, lenient = outcome(path, Issues()), outcome(path, issues := Issues("report"))
    if isinstance(strict, Rule):
        assert strict.fatal
        assert strict == lenient or strict.code in issues.counts
    else:
        assert strict == lenient


@quiet
@given(lines=st.lists(line, max_size=12))
@example(["[Term]", "id: T:1", "is_a: T:1", "union_of: T:1", "is_obsolete: x"])
@example(["[Term]", "id: \\", "xref: \\", 'def: "\\', "name: \\"])
def test_random_lines(tmp_path: Path, lines: list[str]) -> None:
    read_both(tmp_path / "any.obo", "\n".join(lines))


@quiet
@given(data=st.data())
def test_real_lines_with_a_character_changed(tmp_path: Path, data_root: Need, data: st.DataObject) -> None:
    real = [*open_text(data_root("go-nucleus") / "go-nucleus.obo", Issues())]
    start = data.draw(st.integers(0, len(real) - 20))
    text = "\n".join(["format-version: 1.2", *real[start : start + 20]])
    for _ in range(3):
        at = data.draw(st.integers(0, len(text) - 1))
        text = text[:at] + data.draw(st.sampled_from([*'"\\[]{}:!, \n\t', "", "é", "x"])) + text[at + 1 :]
    read_both(tmp_path / "any.obo", text)


@pytest.mark.parametrize("piece", ['{"', '"\\', "[a", '[a "', "! {", "a, ", "\\", ' {x="'])
def test_long_lines_do_not_hang(tmp_path: Path, piece: str) -> None:
    for tag in ("name: ", 'def: "x" [', 'synonym: "x" ', "xref: ", "property_value: a "):
        read_both(tmp_path / "any.obo", f"[Term]\nid: T:1\n{tag}{piece * 3000}\n")


escaped = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\r"), min_size=1)


@given(text=escaped)
def test_text_in_quotes_survives(text: str) -> None:
    written = text.replace("\\", "\\\\").replace('"', '\\"')
    assert quoted(f'"{written}" EXACT []') == (text, "EXACT []")


@given(text=escaped.map(str.strip).filter(bool))
def test_names_survive_behind_escapes_and_before_comments(text: str) -> None:
    written = "".join(f"\\{letter}" if letter in "\\{}!" else letter for letter in text)
    assert unquoted(written) == text
    assert unquoted(f'{written} {{x="y"}} ! and more') == text


word = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=8)


@given(ids=st.lists(st.builds("{}:{}".format, word, word), max_size=4))
def test_lists_of_references_are_good_until_a_space_is_in_one(ids: list[str]) -> None:
    assert has_good_xrefs(f"[{', '.join(ids)}]")
    assert has_good_xrefs(f'[{",".join(ids)}] {{x="y"}} ! why')
    assert not has_good_xrefs(f"[{', '.join([*ids, 'a b'])}]")
    for id in ids:
        assert xref_id(f'{id} "why" ! so') == (id, True)
        assert xref_id(f"{id} b") == (f"{id} b", False)


def test_terms_of_roles() -> None:
    """The roles of synonyms are in a row; tests and readers count on it."""
    assert [*range(2, 6)] == [Role.EXACT, Role.BROAD, Role.NARROW, Role.RELATED]
