"""Prompt templates: what they say, what they refuse, when their fingerprint changes."""

from __future__ import annotations

import pytest

from kgllm.data.prompts import PROMPTS, Phrase, PromptTemplate, prompt_template
from kgllm.data.queries import Side
from kgllm.errors import ConfigError


def test_compact_reads_as_specified() -> None:
    template = prompt_template("compact")
    assert template.render(Side.TAIL, "Paris", "capital of") == "[bos] Paris [sep] capital of [tail]"
    assert template.render(Side.HEAD, "France", "capital of") == "[bos] France [sep] capital of [head]"


def test_phrases_keep_order_and_kind() -> None:
    template = PromptTemplate("t", tail="[bos] Say: {relation} of {source} [sep]", head="{source}{relation}")
    assert template.phrases(Side.TAIL) == (
        Phrase("mark", "bos"),
        Phrase("text", "Say:"),
        Phrase("slot", "relation"),
        Phrase("text", "of"),
        Phrase("slot", "source"),
        Phrase("mark", "sep"),
    )
    assert [p.kind for p in template.phrases(Side.HEAD)] == ["slot", "slot"]


@pytest.mark.parametrize("template", PROMPTS.values(), ids=str)
def test_the_two_sides_differ_and_names_with_markup_stay_as_they_are(template: PromptTemplate) -> None:
    tail, head = (template.render(side, "a {relation} [sep] b", "r") for side in Side)
    assert tail != head
    assert "a {relation} [sep] b" in tail


def test_expert_puts_constant_text_first() -> None:
    tail, head = (prompt_template("expert").phrases(side) for side in Side)
    assert tail[0] == head[0]
    assert tail[1].kind == head[1].kind == "text"
    assert tail[2].kind == "slot"


def test_fingerprint_depends_on_both_texts_only() -> None:
    one = PromptTemplate("a", "{source} {relation}", "{relation} {source}")
    assert one.fingerprint == PromptTemplate("b", "{source} {relation}", "{relation} {source}").fingerprint
    assert one.fingerprint != PromptTemplate("a", "{source} {relation} ?", "{relation} {source}").fingerprint
    assert one.fingerprint != PromptTemplate("a", "{source} {relation}", "{relation} {source} ?").fingerprint


@pytest.mark.parametrize("text", ["{source}", "{source} {relation} {relation}", "{source} {relation} {hint}"])
def test_slots_are_checked(text: str) -> None:
    with pytest.raises(ConfigError, match="once each"):
        PromptTemplate("t", tail="{source} {relation}", head=text)


def test_unknown_template_lists_the_choices() -> None:
    with pytest.raises(ConfigError, match="compact, expert, question"):
        prompt_template("chatty")
