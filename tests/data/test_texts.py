"""Names, descriptions, aliases: files in, policies out."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgllm.data import DataConfig, entity_names, load_dataset, relation_names
from kgllm.data.names import name_entities, number_names, random_names
from kgllm.data.texts import read_aliases, read_descriptions, read_names, readable, readable_relation
from kgllm.errors import DataError, ReadError

Write = Callable[[Mapping[str, str]], Path]
TRIPLES = {"train.txt": "a\tr_x\tb\nb\tr_x\tc\n", "valid.txt": "a\tr_x\tc\n", "test.txt": "c\tr_x\tb\n"}


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("<http://dbpedia.org/resource/AC/DC>", "AC/DC"),
        ("http://dbpedia.org/resource/Caf%C3%A9_Royal", "Café Royal"),
        ("http://www.w3.org/2000/01/rdf-schema#seeAlso", "seeAlso"),
        ("western_africa", "western africa"),
        ("plain", "plain"),
        ("_", "_"),
    ],
)
def test_readable_labels(label: str, name: str) -> None:
    assert readable(label) == name


def test_readable_relations_part_camel_case() -> None:
    assert (
        readable_relation("<http://dbpedia.org/ontology/formerBroadcastNetwork>")
        == "former broadcast network"
    )
    assert readable_relation("isPartOfUSState") == "is part of us state"
    assert readable_relation("intergovorgs3") == "intergovorgs3"


def test_name_files_with_two_and_three_columns_and_glosses(tmp_path: Path) -> None:
    path = tmp_path / "names.txt.gz"
    path.write_bytes(gzip.compress(b"a\tstool, solid, excretory\r\nb\tB\tthe letter\nc\t\n"))
    table = read_names(path, "gloss")
    assert table.names == {"a": "stool", "b": "B", "c": ""}
    assert table.descriptions == {"a": "solid, excretory", "b": "the letter"}
    assert read_names(path).names["a"] == "stool, solid, excretory"


def test_json_texts(tmp_path: Path) -> None:
    path = tmp_path / "texts.json.gz"
    entry = {"label": " Denton ", "description": "a city", "alternatives": ["Denton, Texas", None]}
    path.write_bytes(gzip.compress(json.dumps({"/m/1": entry, "/m/2": {"label": None}}).encode()))
    assert read_names(path).names == {"/m/1": "Denton"}
    assert read_descriptions(path) == {"/m/1": "a city"}
    assert read_aliases(path) == {"/m/1": ("Denton, Texas",)}


@pytest.mark.parametrize("text", ["{", "[1]", '{"a": 1}'])
def test_json_of_another_shape_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "texts.json"
    path.write_text(text)
    with pytest.raises(ReadError, match=r"texts\.json"):
        read_names(path)


def test_aliases_add_up_and_descriptions_may_hold_tabs(tmp_path: Path) -> None:
    path = tmp_path / "rows.txt"
    path.write_text("a\tx\ty\na\tz\n")
    assert read_aliases(path) == {"a": ("x", "y", "z")}
    path.write_text("a\tx\ty\n")
    assert read_descriptions(path) == {"a": "x\ty"}


def test_one_entity_with_two_names_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_text("a\tAlpha\nb\tBeta\na\tAleph\n")
    with pytest.raises(
        ReadError, match=r"names\.txt:3: 'a' has two different texts, 'Alpha' before and 'Aleph'"
    ):
        read_names(path)
    path.write_text("a\tAlpha\nb\n")
    with pytest.raises(ReadError, match=r"names\.txt:2: expected a label and its text"):
        read_names(path)


def test_without_names_the_labels_are_the_names(write: Write) -> None:
    config = DataConfig(name=str(write(TRIPLES)))
    dataset = load_dataset(config)
    assert entity_names(dataset, config) == ["a", "b", "c"]
    assert relation_names(dataset) == ["r x"]


def test_files_named_in_the_settings_are_found_in_the_folder_or_as_given(
    write: Write, tmp_path: Path
) -> None:
    folder = write({**TRIPLES, "n.tsv": "a\tAlpha\nb\tBeta\nc\tGamma\nzzz\tno such entity\n"})
    (tmp_path / "d.tsv").write_text("a\tfirst\n")
    config = DataConfig(name=str(folder), names=Path("n.tsv"), descriptions=tmp_path / "d.tsv")
    dataset = load_dataset(config)
    assert entity_names(dataset, config) == ["Alpha", "Beta", "Gamma"]
    assert dataset.texts.descriptions == {"a": "first"}
    assert "zzz" not in dataset.texts.entity_names
    with pytest.raises(ReadError, match=r"nowhere\.tsv: cannot be read"):
        load_dataset(DataConfig(name=str(folder), names=Path("nowhere.tsv")))


def test_missing_names_are_an_error_with_a_remedy_or_become_labels(write: Write) -> None:
    folder = write({**TRIPLES, "entity2text.txt": "a\tAlpha\nb\t\n"})
    dataset = load_dataset(folder)
    with pytest.raises(DataError, match=r"2 of 3 entities have no name, .* 'b'; .*data\.missing_names=id"):
        entity_names(dataset, DataConfig(name=str(folder)))
    naming = name_entities(dataset, DataConfig(name=str(folder), missing_names="id"))
    assert (naming.names, naming.missing) == (["Alpha", "b", "c"], 2)


def test_shared_names_are_an_error_numbered_or_kept(write: Write) -> None:
    folder = write({**TRIPLES, "entity2text.txt": "a\tGeorgia\nb\tGeorgia\nc\tTexas\n"})
    dataset = load_dataset(folder)
    with pytest.raises(DataError, match=r"2 entities share .* 'Georgia' names 2; .*duplicate_names=number"):
        entity_names(dataset, DataConfig(name=str(folder)))
    numbered = name_entities(dataset, DataConfig(name=str(folder), duplicate_names="number"))
    assert (numbered.names, numbered.numbered, numbered.shared) == (["Georgia", "Georgia (2)", "Texas"], 1, 0)
    kept = name_entities(dataset, DataConfig(name=str(folder), duplicate_names="keep"))
    assert (kept.names, kept.numbered, kept.shared) == (["Georgia", "Georgia", "Texas"], 0, 2)


def test_numbering_passes_over_numbers_that_are_taken() -> None:
    assert number_names(["x", "x (2)", "x", "x"]) == ["x", "x (2)", "x (3)", "x (4)"]
    assert number_names(["x", "x", "x (2)"]) == ["x", "x (3)", "x (2)"]


@given(st.lists(st.sampled_from(["x", "x (2)", "x (3)", "x (2) (2)", "y"])))
def test_numbered_names_are_distinct_and_first_bearers_keep_theirs(names: list[str]) -> None:
    numbered = number_names(names)
    assert len(set(numbered)) == len(names)
    assert all(numbered[names.index(name)] == name for name in names)
    assert all(new.startswith(old) for new, old in zip(numbered, names, strict=True))


CATALOGUE_NAMES = [  # set, folder, name of entity 0, name of relation 0, entities without a name, numbered
    ("umls", "umls", "idea or concept", "measures", 0, 0),
    ("nations", "nations", "brazil", "accusation", 0, 0),
    ("countries-s1", "countries", "afghanistan", "locatedin", 0, 0),
    ("codex-s", "codex-s", "Boston", "field of work", 858, 0),
    ("wn18rr", "wn18rr", "tombstone", "member of domain usage", 0, 12_873 - 4_477),
    ("fb15k-237", "fb15k-237", "Ska", "soccer football team current roster. soccer", 0, 499 - 223),
    ("db15k-clean", "db15k", "Anarchism", "see also", 0, 0),
]


@pytest.mark.parametrize("row", CATALOGUE_NAMES, ids=lambda row: row[0])
def test_catalogue_sets_have_distinct_names_by_their_own_policy(
    data_root: Callable[[str], Path], row: tuple[str, str, str, str, int, int]
) -> None:
    name, folder, entity, relation, missing, numbered = row
    data_root(folder)
    dataset = load_dataset(DataConfig(name=name, audit="off"))
    naming = name_entities(dataset, DataConfig(name=name))
    assert naming.names[0] == entity
    assert relation_names(dataset)[0].startswith(relation)
    assert (naming.missing, naming.numbered) == (missing, numbered)
    assert len(set(naming.names)) == len(dataset.entities)


def test_texts_of_wn18rr_and_fb15k_237(data_root: Callable[[str], Path]) -> None:
    data_root("wn18rr"), data_root("fb15k-237")
    wordnet = load_dataset(DataConfig(name="wn18rr", audit="off")).texts
    assert wordnet.entity_names["14854262"] == "stool"
    assert wordnet.descriptions["14854262"] == "solid excretory product evacuated from the bowels"
    freebase = load_dataset(DataConfig(name="fb15k-237", audit="off")).texts
    assert freebase.descriptions["/m/010016"] == "city in Texas, United States"
    assert freebase.aliases["/m/010016"] == ("Denton, Texas",)


def test_random_names_are_distinct_and_repeatable() -> None:
    names = random_names(1000, seed=3)
    assert names == random_names(1000, seed=3)
    assert len(set(names)) == 1000
    assert not set(names) & set(random_names(1000, seed=4))
