"""Looking at a message as words and clauses."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.understanding.text import Words, clauses, clean, fold

CASES = yaml.safe_load(Path(__file__).with_name("text_cases.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("text, folded", CASES["folded"])
def test_words_are_folded(text: str, folded: str) -> None:
    assert Words.of(text).folded == folded


@pytest.mark.parametrize("text", [text for text, _ in CASES["folded"]])
def test_every_word_remembers_where_it_stood(text: str) -> None:
    words = Words.of(text)
    for word, start, (begin, end) in zip(words.folded.split(), words.starts, words.spans, strict=True):
        assert words.folded[start:].startswith(word)
        assert fold(text[begin:end]) == word


@pytest.mark.parametrize("text, parts", CASES["clauses"])
def test_clauses(text: str, parts: list[str]) -> None:
    assert clauses(text) == parts


@pytest.mark.parametrize(
    "text, expected",
    [
        ("hal\u200blo", "hallo"),
        ("\u202ehallo\u202c", "hallo"),
        ("a\u00adb", "ab"),
        ("  twee \n\t regels ", "twee regels"),
        ("e\u0301te\u0301", "été"),
    ],
)
def test_clean_takes_out_what_cannot_be_seen(text: str, expected: str) -> None:
    assert clean(text) == expected


def test_clauses_of_a_very_long_message_end() -> None:
    assert len(clauses("hij volgt mij overal en " * 2000)) == 2000
