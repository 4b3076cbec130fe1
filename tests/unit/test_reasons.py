"""Whether the quoted words are those that a person marked: figures counted by hand, and the marked messages."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from bot.evaluation.reasons import ENOUGH, Marked, figures, read_marked
from bot.settings import ROOT
from bot.understanding.messages import Labelled, read
from bot.understanding.understanding import Reading, Understanding

TEXT = "hij leest mijn mails en volgt mijn auto overal"


def pair(spans: dict[str, list[str]], evidence: dict[str, list[str]]) -> tuple[Marked, Understanding]:
    """A marked message, and what was read in it."""
    forms = tuple(Reading(form, 0.9, tuple(parts)) for form, parts in evidence.items())
    return (
        Marked(TEXT, "nl", {form: tuple(parts) for form, parts in spans.items()}),
        Understanding("nl", "tell", 0.9, forms),
    )


@pytest.mark.parametrize(
    "marked, shown, right, precision, recall, quoted",
    [
        (["leest mijn mails"], ["leest mijn mails"], 1, 1, 1, 3),
        (["leest mijn mails"], ["LEEST, mijn mails!"], 1, 1, 1, 3),
        (["leest mijn mails"], ["volgt overal"], 0, 0, 0, 2),
        (["leest mijn mails"], [], 0, 0, 0, 0),
        (["hij leest mijn mails"], ["mails"], 1, 1, 1 / 4, 1),  # all that is quoted is marked
        (["mails"], ["hij leest mijn mails"], 1, 1 / 4, 1, 4),  # all that is marked is quoted
        (["hij leest mijn mails"], ["mails", "volgt"], 1, 1 / 2, 1 / 4, 2),  # half is enough
        (["hij leest mijn mails"], ["mails", "volgt overal"], 0, 1 / 3, 1 / 4, 3),  # less is not
        (["leest mijn mails", "volgt mijn auto"], ["leest mijn mails"], 1, 1, 3 / 5, 3),  # "mijn" counts once
        (["mails"], ["mails", "leest mijn mails"], 1, 1 / 3, 1, 4),  # quoted twice, as it is shown
    ],
)
def test_one_form(
    marked: list[str], shown: list[str], right: float, precision: float, recall: float, quoted: float
) -> None:
    assert figures([pair({"account_control": marked}, {"account_control": shown})]) == {
        "marked": 1, "read": 1, "right": right, "word_precision": pytest.approx(precision),
        "word_recall": pytest.approx(recall), "words_quoted": quoted,
    }  # fmt: skip


def test_forms_that_were_not_read_are_counted_and_not_judged() -> None:
    found = figures(
        [
            pair({"account_control": ["leest mijn mails"], "location_tracking": ["volgt"]}, {"location_tracking": []}),
            pair({"location_tracking": ["volgt"]}, {"location_tracking": ["volgt"], "threats": ["overal"]}),
            pair({"doxing": ["auto"]}, {}),
        ]
    )
    assert found == {
        "marked": 4, "read": 2, "right": 0.5, "word_precision": 0.5, "word_recall": 0.5, "words_quoted": 0.5,
    }  # fmt: skip


def test_the_words_of_one_form_are_not_a_reason_for_another() -> None:
    spans = {"account_control": ["leest mijn mails"], "location_tracking": ["volgt", "auto"]}
    turned = {"account_control": spans["location_tracking"], "location_tracking": spans["account_control"]}
    assert figures([pair(spans, spans)])["right"] == 1
    assert figures([pair(spans, turned)])["right"] == 0


@pytest.mark.parametrize("pairs, marked", [([], 0), ([pair({"doxing": ["auto"]}, {"threats": ["auto"]})], 1)])
def test_nothing_read_has_no_shares(pairs: list[tuple[Marked, Understanding]], marked: int) -> None:
    assert figures(pairs) == {"marked": marked, "read": 0}


def test_half_is_enough() -> None:
    assert ENOUGH == 0.5  # as docs and the module say


def test_reading_marked_messages(tmp_path: Path) -> None:
    (tmp_path / "nl.jsonl").write_text(
        '{"text": "a b c", "spans": {"doxing": ["a", "c"]}}\n{"text": "d", "spans": {}}\n', encoding="utf-8"
    )
    (tmp_path / "fr.jsonl").write_text('{"text": "é", "spans": {"threats": ["é"]}}\n', encoding="utf-8")
    (tmp_path / "notes.txt").write_text("no messages", encoding="utf-8")
    assert read_marked(tmp_path) == [
        Marked("é", "fr", {"threats": ("é",)}),
        Marked("a b c", "nl", {"doxing": ("a", "c")}),
        Marked("d", "nl", {}),
    ]


# --- the marked messages of the repository

MARKED = read_marked(ROOT / "tests" / "messages" / "reasons")


@pytest.fixture(scope="module")
def tested() -> dict[tuple[str, str], Labelled]:
    return {(message.language, message.text): message for message in read(ROOT / "tests" / "messages" / "test")}


@pytest.mark.parametrize("language", ["nl", "fr"])
def test_enough_are_marked(language: str) -> None:
    assert sum(marked.language == language for marked in MARKED) >= 150


def test_marked_messages_are_in_the_test_split(tested: dict[tuple[str, str], Labelled]) -> None:
    assert [marked.text for marked in MARKED if (marked.language, marked.text) not in tested] == []


def test_no_message_is_marked_twice() -> None:
    assert [text for text, times in Counter(marked.text for marked in MARKED).items() if times > 1] == []


def test_spans_are_verbatim() -> None:
    wrong = [
        (form, part, marked.text)
        for marked in MARKED
        for form, parts in marked.spans.items()
        for part in parts
        if part not in marked.text or part != part.strip() or not part
    ]
    assert wrong == []


def test_every_message_and_every_marked_form_has_a_span() -> None:
    assert [marked.text for marked in MARKED if not marked.spans or not all(marked.spans.values())] == []


def test_marked_forms_exist_and_all_are_marked() -> None:
    forms = {path.stem for path in (ROOT / "data" / "content" / "forms").glob("*.yml")}
    for language in ("nl", "fr"):
        assert {form for marked in MARKED if marked.language == language for form in marked.spans} == forms


def test_marking_does_not_contradict_the_labels(tested: dict[tuple[str, str], Labelled]) -> None:
    """Another hand may leave a form unmarked, but a span for a form that the message has not is a mistake."""
    wrong = [
        (marked.text, form)
        for marked in MARKED
        for form in marked.spans
        if form not in tested[marked.language, marked.text].forms
    ]
    assert wrong == []


def test_marking_every_span_scores_full_marks() -> None:
    perfect = [
        (m, Understanding(m.language, "tell", 1.0, tuple(Reading(form, 1.0, parts) for form, parts in m.spans.items())))
        for m in MARKED
    ]
    found = figures(perfect)
    assert found["read"] == found["marked"] == sum(len(marked.spans) for marked in MARKED)
    assert (found["right"], found["word_precision"], found["word_recall"]) == (1, 1, 1)
