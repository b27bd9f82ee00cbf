"""The report of a run: one page, no matter which parts the run has."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

from kgllm.data.dataset import Dataset
from kgllm.errors import DataError
from kgllm.kg.vocab import Vocab
from kgllm.training.ranking.config import EvalConfig
from kgllm.training.ranking.evaluation import RunFacts, evaluate
from kgllm.training.ranking.table import RankTable
from kgllm.training.report.figures import VARIABLES, rank_histogram, relation_bars
from kgllm.training.report.page import write_report

NAMES = {"e0": "Ada & <b>Co</b>", "r0": "knows $x$ of", "r1": "認識"}


@pytest.fixture
def run(tmp_path):
    """A run folder with everything: 40 ranked queries, curves, a control, traces."""
    triples = np.array([(i % 5, i % 2, (i + 1) % 5) for i in range(20)])
    labels = Vocab(f"e{i}" for i in range(6)), Vocab(("r0", "r1"))
    dataset = Dataset("toy", *labels, triples, triples, triples, notes=("a remade split",))
    triple, side = np.divmod(np.arange(40), 2)
    greater = np.where(triple == 7, 5, triple % 3)
    zero = np.zeros(40, dtype=np.int64)
    columns = (*triples[triple].T, greater, zero, zero + 6, -np.ones(40, dtype=np.float32))
    table = RankTable(triple, side, *columns)
    top = (np.tile(np.arange(3), (40, 1)), np.tile([3.0, 2.0, 1.0], (40, 1)))
    config = EvalConfig(bootstrap=20)
    controls = {"random": {"test/both.realistic.mrr": 0.25}}
    facts = RunFacts("K-ON", 3, "names", "best valid MRR", controls=controls)
    evaluate(table, dataset, "test", config, facts, top).write(tmp_path)
    events = [{"event": "train", "step": s, "loss": 3.0 - s, "lr": {}} for s in (1, 2)]
    events += [{"event": "train", "step": 3, "loss": None}]
    events += [{"event": "eval", "step": 2, "split": "valid", "metrics": {"valid/both.realistic.mrr": 0.5}}]
    lines = [json.dumps(event) for event in events]
    (tmp_path / "metrics.jsonl").write_text("\n".join([*lines, '{"event": "tr']))
    (tmp_path / "config.yaml").write_text("task: kon\n")
    return tmp_path


class Page(HTMLParser):
    """Text and tags of a page."""

    def __init__(self, html):
        super().__init__()
        self.text, self.tags = "", []
        self.feed(html)

    def handle_data(self, data):
        self.text += data

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def page(run, names=None):
    return write_report(run, names).read_text(encoding="utf-8")


def test_the_page_shows_metrics_controls_protocol_and_configuration(run):
    text = Page(page(run)).text
    metrics = json.loads((run / "metrics.json").read_text())["metrics"]
    for shown in (
        f"{metrics['test/both.realistic.mrr']:.3f}",
        *("K-ON on toy", "control: random", "0.250", "Training loss from 2.000 to 1.000"),
        *("a remade split", "best valid MRR", "task: kon", "train, valid, test"),
    ):
        assert shown in text
    assert "nan" not in text.lower()


def test_the_worst_example_comes_first_with_what_was_ranked_instead(run):
    worst = Page(page(run)).text.split("Worst ranked")[1].split("Protocol")[0]
    first, second = " ".join(worst.split()).split("of 6")[1:3]
    assert first.startswith(" e2 r1 ? e3-1.000 e0 3.000 · e1 2.000")  # triple 7 is (e2, r1, e3)
    assert second.startswith(" ? r1 e3 e2-1.000")


def test_names_are_shown_and_escaped(run):
    html = page(run, NAMES)
    assert "<b>Co</b>" not in html
    text = Page(html).text
    assert "Ada & <b>Co</b>" in text
    assert "knows $x$ of" in text
    assert "認識" in text


def test_the_page_needs_nothing_else_and_its_pictures_have_words(run):
    parsed = Page(page(run))
    assert not [a for _, attrs in parsed.tags for a in attrs if a == "src"]
    assert not [tag for tag, _ in parsed.tags if tag in ("script", "link", "img")]
    figures = [attrs for tag, attrs in parsed.tags if tag == "figure"]
    assert len(figures) == 3
    assert all(attrs["role"] == "img" and len(attrs["aria-label"]) > 20 for attrs in figures)


def test_the_same_run_gives_the_same_page(run):
    assert page(run) == page(run)


@pytest.mark.parametrize("missing", ["metrics.jsonl", "metrics.json", "ranks.jsonl", "config.yaml"])
def test_a_missing_part_is_left_out(run, missing):
    (run / missing).unlink()
    assert "</html>" in page(run)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match="train or evaluate first"):
        write_report(tmp_path)


def test_figures_are_valid_and_take_their_colours_from_the_page():
    svg = relation_bars([("a < b", 3, 0.5), ("x" * 80, 1, 1.0)])
    ElementTree.fromstring(svg)
    assert all(color not in svg for color in VARIABLES)
    assert set(re.findall(r"var\((--\w+)\)", svg)) <= set(VARIABLES.values())


@pytest.mark.parametrize("highest", [1, 2, 1.5, 127, 128, 40_000])
def test_every_rank_falls_into_a_bin(highest):
    ranks = np.array([1.0, highest])
    svg = rank_histogram({"tail": ranks, "head": ranks[:1]})
    ElementTree.fromstring(svg)
    top = 2 ** int(np.ceil(np.log2(highest + 1)))
    assert (f">{top // 2}–{top - 1}<" if top > 2 else ">1<") in svg
