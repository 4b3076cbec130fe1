"""Patterns of the content files: what they find, and when a negation undoes it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.understanding.lexicon import Lexicon

CASES = yaml.safe_load(Path(__file__).with_name("lexicon_cases.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("pattern, text, quote", CASES["finds"])
def test_pattern(pattern: str, text: str, quote: str | None) -> None:
    assert [sign.quote for sign in Lexicon({"label": [pattern]}).find(text)] == ([quote] if quote else [])


@pytest.mark.parametrize("pattern, text, negated", CASES["negated"])
def test_negation(pattern: str, text: str, negated: bool) -> None:
    assert [sign.negated for sign in Lexicon({"label": [pattern]}).find(text)] == [negated]


def test_a_sign_says_where_it_stands() -> None:
    text = "Eerst dit. Hij volgt mij, altijd."
    (sign,) = Lexicon({"label": ["volgt mij"]}).find(text)
    assert text[sign.start : sign.end] == sign.quote == "volgt mij"


def test_the_longest_pattern_wins() -> None:
    signs = Lexicon({"label": ["foto", "foto doorgestuurd"]}).find("mijn foto doorgestuurd")
    assert [sign.quote for sign in signs] == ["foto doorgestuurd"]


def test_characters_of_regular_expressions_are_only_characters() -> None:
    assert Lexicon({"label": ["c++ (of [zo])"]}).find("c of zo") != []
    assert Lexicon({"label": [" ", ""]}).find("iets") == []
