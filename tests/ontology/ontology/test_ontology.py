"""The methods of an ontology, on the invented weather; errors with what may have been meant."""

from __future__ import annotations

import json

import pytest

from kgllm.errors import ConfigError, EclError, NotFoundError, OntologyError
from kgllm.ontology.concept import Mapping, Past, Reference, Relation
from kgllm.ontology.ontology import Ontology
from kgllm.ontology.resolve import Match
from kgllm.ontology.tables import Tables


@pytest.fixture
def weather(tables: Tables) -> Ontology:
    return Ontology(tables)


def test_names(weather: Ontology) -> None:
    assert weather.label("W:2") == "rain"
    assert weather.label("W:2", ["de"]) == "Regen"
    assert weather.label("W:2", ["de-AT", "en"]) == "Regen"
    assert weather.label("wet") == "wet"  # it has no term
    assert weather.labels(["W:5", "wet", "W:1"]) == ["drizzle", "wet", "weather"]
    assert weather.synonyms("W:2") == ["Regen", "rainfall", "wet weather"]
    assert weather.definition("W:1") == "The state of the air."
    assert weather.definition("W:2") == weather.fsn("W:2") == weather.semantic_tag("W:2") == ""


def test_hierarchy(weather: Ontology) -> None:
    assert weather.parents("W:5") == ["W:2", "W:6"]
    assert weather.children("W:1") == ["W:2", "W:3", "W:4", "W:6"]
    assert weather.ancestors("W:5") == ["W:1", "W:2", "W:6"]
    assert weather.descendants("W:2", itself=True) == ["W:2", "W:5"]
    assert weather.roots() == ["W:1"]
    assert weather.subsumes("W:1", "W:5")
    assert not weather.subsumes("W:5", "W:1")
    assert weather.lca("W:5", "W:4") == ["W:1"]
    assert weather.depth("W:5") == (2, 2)
    assert weather.ecl("<< W:2 MINUS W:5") == ["W:2"]
    with pytest.raises(EclError):
        weather.ecl("< W:77")


def test_similarity(weather: Ontology) -> None:
    assert weather.similarity("W:2", "W:2") == 1
    assert 0 < weather.similarity("W:2", "W:5") < 1
    assert weather.similarity("W:2", "W:4", "lin") == 0
    assert weather.similarity("W:2", "W:5", "jaccard") == 2 / 4
    with pytest.raises(OntologyError, match="there is no measure 'cosine'; there are resnik"):
        weather.similarity("W:2", "W:5", "cosine")


def test_subset(weather: Ontology) -> None:
    part = weather.subset(ecl="<< W:2")
    assert part.ecl("*") == ["W:2", "W:5"]
    assert weather.subset(roots=["W:6"]).ecl("*") == ["W:5", "W:6"]
    assert weather.subset(roots=["W:6"], ancestors=True).roots() == ["W:1"]
    with pytest.raises(ConfigError, match="either an expression constraint or roots"):
        weather.subset()


def test_relations_and_history(weather: Ontology) -> None:
    assert weather.relations("W:2") == [
        Relation(0, Reference("falls_from", "falls from"), Reference("W:4", "rain cloud")),
        Relation(0, Reference("intensity", "intensity"), '"2.5"'),
    ]
    assert weather.replacements("W:7") == [
        Past("replaced by", Reference("W:2", "rain")),
        Past("consider", Reference("W:6", "light weather")),
    ]
    assert weather.replacements("W:1") == []


def test_ids_of_all_kinds(weather: Ontology) -> None:
    assert weather.resolve("W:2") == weather.resolve("W:22") == weather.resolve("RAIN") == "W:2"
    assert weather.resolve("http://purl.obolibrary.org/obo/W_2") == "W:2"
    assert weather.label("W:22") == "rain"
    assert weather.resolve("pluvial event") == "W:8"
    assert "W:22" in weather
    assert "W:23" not in weather


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("w_3", r"did you mean W:3 \|X-ray aurora\|\?"),
        ("W:9", r"W:1 \|weather\|, W:2"),
        ("rain c", r"did you mean W:4 \|rain cloud\|\?"),
        ("drizle", r"did you mean drizzle\?"),
        ("qqqqqq", "search for it by its words"),
    ],
)
def test_an_unknown_concept_and_what_may_have_been_meant(weather: Ontology, text: str, hint: str) -> None:
    with pytest.raises(NotFoundError, match=hint):
        weather.resolve(text)
    with pytest.raises(NotFoundError, match=hint):
        weather.parents(text)


def test_search(weather: Ontology) -> None:
    assert weather.search("nimb") == [Match("W:4", "rain cloud", "nimbus")]
    assert weather.search("event") == []
    assert [hit.id for hit in weather.search("event", inactive=True)] == ["W:8", "W:7"]
    assert weather.corrections("nimbis") == {"nimbis": ["nimbus"]}


def test_a_concept_page(weather: Ontology) -> None:
    rain = weather.concept("W:2")
    assert (rain.id, rain.label, rain.kind, rain.active, rain.dialect) == ("W:2", "rain", "class", True, "")
    assert rain.parents == (Reference("W:1", "weather"),)
    assert rain.children == (Reference("W:5", "drizzle"),)
    assert rain.aliases == ("W:22",)
    assert rain.mappings == (Mapping(Reference("ICD", "ICD"), "X30"), Mapping(Reference("MET", "MET"), "R-1"))
    assert rain.subsets == (Reference("wet", "wet"),)
    assert rain.came == (Past("same as", Reference("W:8", "pluvial event")),)
    assert rain.axioms == ("rain = weather and falls_from some cloud",)
    page = json.loads(json.dumps(rain.to_json()))
    assert page["synonyms"][1] == {"text": "rainfall", "scope": "exact", "language": "en"}
    assert page["relations"][0]["target"] == {"id": "W:4", "label": "rain cloud"}
    old = weather.concept("W:7")
    assert [past.concept.id for past in old.went] == ["W:8", "W:6"]
    assert not old.active


def test_stats(weather: Ontology) -> None:
    counts = weather.stats()
    assert json.loads(json.dumps(counts)) == counts
    assert counts["concepts"] == {
        "active": 9, "inactive": 2, "defined": 0, "class": 6, "relation": 2, "subset": 1
    }  # fmt: skip
    assert counts["is_a"] == {"links": 6, "roots": 1, "leaves": 3, "depth": 2}
    assert counts["relations"] == {"falls from (falls_from)": 1}
    assert counts["terms"] == {"label": 11, "exact": 3, "related": 1, "definition": 1}
    assert counts["xrefs"] == {"ICD": 1, "MET": 1}
    assert counts["members"] == {"wet": 1}


def test_a_term_of_several_concepts_is_no_name() -> None:
    from kgllm.ontology.builder import Builder
    from kgllm.ontology.issues import Issues
    from kgllm.ontology.tables import Origin, Role

    builder = Builder(Origin("x", "obo"), "x.obo", Issues("report"))
    for id in ("A:1", "A:2"):
        builder.draft(id).terms.append((Role.LABEL, "cell", "en"))
    with pytest.raises(NotFoundError, match=r"'cell' is a term of 2 concepts: A:1 \|cell\|, A:2"):
        Ontology(builder.finish()).resolve("cell")


def test_codes_in_other_schemes(weather: Ontology) -> None:
    assert [one.target for one in weather.map_to("met", "W:2")] == ["R-1"]
    assert weather.map_to("ICD", "W:1") == []
    with pytest.raises(NotFoundError, match="no map to 'UMLS'; it has ICD, MET"):
        weather.map_to("UMLS", "W:1")


def test_a_closure_changes_no_answer(weather: Ontology) -> None:
    asked = ("<< W:2", "< W:1", ">> W:5", "<! W:1 AND >> W:5")
    walked = [weather.ecl(one) for one in asked]
    assert weather.closure.descendants.counts().sum() > 0
    assert [weather.ecl(one) for one in asked] == walked
