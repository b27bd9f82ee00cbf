"""An invented ontology in OWL: the reader of kgllm, owlready2 and rdflib, CPU seconds and peak memory.

    python benchmarks/owl.py [--classes 45000 --rounds 3 --json]

The same triples in RDF/XML and in N-Triples. kgllm makes concepts, names, links and relations of them; the
others only store the triples, and making classes of them would cost them more. Each reads a file in a fresh
process, in turns; memory counts everything that the process has loaded. Figures are medians of the rounds.
"""

from __future__ import annotations

import argparse
import random
import statistics
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.sax.saxutils import escape

from measuring import apart, measured, peaks

from kgllm.cli.output import emit, table_of
from kgllm.ontology.formats.owl import read_owl
from kgllm.ontology.formats.rdf.rdfxml import rdfxml_triples
from kgllm.ontology.formats.rdf.triples import OWL, RDF, RDFS, Literal, Node
from kgllm.ontology.issues import Issues

SEED = 0
SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprst" for vowel in "aeiou"]
OBO, OIO = "http://purl.obolibrary.org/obo/", "http://www.geneontology.org/formats/oboInOwl#"
TARGETS: dict[str, dict[str, float]] = {"xml": {"rdflib": 0.25, "owlready2": 2.0}, "nt": {}}
"""Parts of their CPU time."""


def rdf_xml(classes: int) -> Iterator[str]:
    """Classes with 1.6 parents, a definition and a synonym; every third has a relation."""
    draw = random.Random(SEED)
    words = ["".join(draw.choices(SYLLABLES, k=draw.randint(2, 4))) for _ in range(5000)]

    def text(tag: str, count: int) -> str:
        name = escape(" ".join(draw.choices(words, k=count)))
        return f'    <{tag} rdf:datatype="http://www.w3.org/2001/XMLSchema#string">{name}</{tag}>\n'

    def iri(number: int) -> str:
        return f"{OBO}INV_{number:07d}"

    yield f'<?xml version="1.0"?>\n<rdf:RDF xmlns:obo="{OBO}" xmlns:oio="{OIO}" xmlns:owl="{OWL}"\n'
    yield f'    xmlns:rdf="{RDF}" xmlns:rdfs="{RDFS}">\n'
    yield f'<owl:Ontology rdf:about="{OBO}inv.owl"/>\n<owl:ObjectProperty rdf:about="{OBO}INV_part"/>\n'
    for number in range(classes):
        yield f'<owl:Class rdf:about="{iri(number)}">\n'
        for parent in {draw.randrange(number) for _ in range(draw.choice((1, 1, 2, 2, 2)) if number else 0)}:
            yield f'    <rdfs:subClassOf rdf:resource="{iri(parent)}"/>\n'
        if number % 3 == 1:
            yield "    <rdfs:subClassOf>\n        <owl:Restriction>\n"
            yield f'            <owl:onProperty rdf:resource="{OBO}INV_part"/>\n'
            yield f'            <owl:someValuesFrom rdf:resource="{iri(draw.randrange(number))}"/>\n'
            yield "        </owl:Restriction>\n    </rdfs:subClassOf>\n"
        yield text("obo:IAO_0000115", 12) + text("oio:hasExactSynonym", 3) + text("rdfs:label", 3)
        yield "</owl:Class>\n\n"
    yield "</rdf:RDF>\n"


def n_triples(content: bytes) -> Iterator[str]:
    """The same as N-Triples; the invented texts need no escapes."""

    def node(one: Node) -> str:
        if isinstance(one, Literal):
            return f'"{one.text}"^^<{one.datatype}>'
        return one if one.startswith("_:") else f"<{one}>"

    for subject, predicate, target, _ in rdfxml_triples(content, "", Issues()):
        yield f"{node(subject)} <{predicate}> {node(target)} .\n"


def ours(path: Path, _: str) -> dict[str, float]:
    """What ``read_owl`` takes."""
    return measured(lambda: read_owl(path, Issues())) | peaks()


def owlready2(path: Path, _: str) -> dict[str, float]:
    """What owlready2 takes to load the file into its quad store, in memory."""
    from owlready2 import World

    def load() -> None:
        with path.open("rb") as file:
            World().get_ontology("http://invented.example/").load(fileobj=file, only_local=True)

    return measured(load) | peaks()


def rdflib(path: Path, syntax: str) -> dict[str, float]:
    """What rdflib takes to parse the file into a graph."""
    from rdflib import Graph

    return measured(lambda: Graph().parse(path, format=syntax)) | peaks()


READERS = {"kgllm": ours, "owlready2": owlready2, "rdflib": rdflib}


def compare(classes: int, rounds: int) -> dict[str, Any]:
    """Both syntaxes with each reader."""
    result: dict[str, Any] = {"seed": SEED, "classes": classes}
    with TemporaryDirectory() as folder:
        paths = {syntax: Path(folder) / f"invented.{syntax}" for syntax in ("xml", "nt")}
        paths["xml"].write_text("".join(rdf_xml(classes)))
        paths["nt"].write_text("".join(n_triples(paths["xml"].read_bytes())))
        for syntax, path in paths.items():
            runs = [
                {name: apart(read, path, syntax) for name, read in READERS.items()} for _ in range(rounds)
            ]
            result[syntax] = {"bytes": path.stat().st_size} | {name: medians(runs, name) for name in READERS}
            for name, target in TARGETS[syntax].items():
                result[syntax][name]["target"] = target
    return result


def medians(runs: list[dict[str, dict[str, float]]], name: str) -> dict[str, float]:
    """CPU seconds and memory of a reader, and what part of them kgllm takes."""
    found: dict[str, float] = {}
    for key in ("cpu_s", "caller_mb"):
        found[key] = statistics.median(run[name][key] for run in runs)
        if name != "kgllm":
            found[f"{key}_ratio"] = statistics.median(run["kgllm"][key] / run[name][key] for run in runs)
    return found


def main() -> None:
    """Parse, run, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--classes", type=int, default=45_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    result = compare(arguments.classes, arguments.rounds)
    keys = ("cpu_s", "cpu_s_ratio", "target", "caller_mb", "caller_mb_ratio")
    rows = [
        (f"{syntax}, {name}", *(result[syntax][name].get(key, "") for key in keys))
        for syntax in TARGETS
        for name in READERS
    ]
    title = f"OWL, {result['classes']:,} classes"
    columns = ("", "CPU s", "kgllm's part", "target", "MB", "kgllm's part")
    emit(result, as_json=arguments.json, table=table_of(title, columns, rows))


if __name__ == "__main__":
    main()
