"""``halte evaluate --full``: what it adds to the figures, compares and keeps, on cases counted by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.evaluation import full
from bot.evaluation.full import BEGIN, CONFUSED, END, confused_forms, difference, missed, summary, write
from bot.evaluation.metrics import Case, Pair, by_language
from bot.recognition.taxonomy import CRISES
from bot.understanding.understanding import Reading, Understanding


def read(
    forms: Sequence[str] = (), flags: Sequence[str] = (), act: str = "tell", language: str = "nl"
) -> Understanding:
    """What a made-up understander answers."""
    return Understanding(language, act, 0.9, tuple(Reading(form, 0.9) for form in forms), tuple(flags))


def told(forms: Sequence[str] | None, found: Sequence[str]) -> Pair:
    return Case("x", "nl", "tell", None if forms is None else tuple(forms), ()), read(found)


# --- forms read in the place of others


@pytest.mark.parametrize(
    "pairs, expected",
    [
        ([], []),
        ([told(["doxing"], ["doxing"])], []),
        ([told(["doxing"], ["threats"])], [("doxing", "threats", 1)]),
        ([told(["doxing"], [])], []),  # missed, and nothing in its place
        ([told([], ["threats"])], []),  # a false alarm
        ([told(None, ["threats"])], []),  # nobody said
        ([told(["doxing"], ["doxing", "threats"])], []),  # one too many is no confusion
        ([told(["doxing", "threats"], ["doxing", "economic"])], [("threats", "economic", 1)]),
        (
            [told(["doxing", "threats"], ["economic"])],
            [("doxing", "economic", 1), ("threats", "economic", 1)],
        ),
        (
            [told(["threats"], ["doxing"]), told(["doxing"], ["threats"]), told(["threats"], ["doxing"])],
            [("threats", "doxing", 2), ("doxing", "threats", 1)],  # most frequent first, direction kept
        ),
    ],
)
def test_confused_forms(pairs: list[Pair], expected: list[tuple[str, str, int]]) -> None:
    assert confused_forms(pairs) == [{"gold": gold, "read": other, "count": count} for gold, other, count in expected]


def test_confused_forms_are_few_and_in_the_same_order_in_every_run() -> None:
    letters = "zyxwvutsrqponmlkjihgfedcba"
    found = confused_forms([told(letters, ["1"]), told(["m"], ["1"])])
    assert [one["gold"] for one in found] == ["m", *[letter for letter in sorted(letters) if letter != "m"]][:CONFUSED]
    assert len(found) == CONFUSED


# --- missed signals


def test_missed_signals() -> None:
    cases = [
        (Case("a", "nl", "tell", (), ("danger",)), read(flags=["danger"])),
        (Case("b", "nl", "tell", (), ("danger",)), read()),
        (Case("c", "nl", "tell", (), ("danger", "suicide")), read(flags=["danger"])),
        (Case("d", "fr", "tell", (), ("danger", "minor")), read(flags=["suicide"])),
        (Case("e", "fr", "tell", (), ()), read(flags=["danger", "suicide", "minor"])),  # false alarms
        (Case("f", "fr", "tell", (), None), read()),  # nobody said
        (Case("g", "fr", "tell", (), ("witness", "physical")), read()),  # these do not interrupt
    ]
    assert missed(cases) == {"danger": ["b", "d"], "suicide": ["c"], "minor": ["d"]}
    assert missed([]) == {flag: [] for flag in CRISES}


# --- what changed


@pytest.mark.parametrize(
    "new, old, shown",
    [
        ({"act": {"nl": 0.9}}, {"act": {"nl": 0.8}}, ["act, nl", "0.800", "0.900", "+0.100"]),
        ({"act": {"nl": 0.8}}, {"act": {"nl": 0.9}}, ["act, nl", "0.900", "0.800", "-0.100"]),
        ({"act": {"nl": 0.9, "fr": 0.5}}, {"act": {"nl": 0.9, "fr": 0.4}}, ["act, fr", "0.400", "0.500", "+0.100"]),
        ({"act": {"nl": 0.9006}}, {"act": {"nl": 0.9}}, ["act, nl", "0.900", "0.901", "+0.001"]),
        ({"act": {"nl": 0.0}}, {"act": {"nl": 1.0}}, ["act, nl", "1.000", "0.000", "-1.000"]),
    ],
)
def test_difference(new: dict[str, dict[str, float]], old: dict[str, dict[str, float]], shown: list[str]) -> None:
    header, row = difference(new, old).splitlines()
    assert header.split() == ["CHANGED", "was", "is", "difference"]
    assert row.split("  ")[0] == shown[0] and row.split()[-3:] == shown[1:]


@pytest.mark.parametrize(
    "new, old",
    [
        ({}, {}),
        ({"act": {"nl": 0.9}}, {"act": {"nl": 0.9}}),
        ({"act": {"nl": 0.9004}}, {"act": {"nl": 0.9}}),  # too little to show
        ({"act": {"nl": 0.9}}, {}),  # a new row
        ({"act": {"nl": 0.9}}, {"act": {"fr": 0.1}}),  # a new group
        ({"act": {"nl": 0.9}}, {"act": {"nl": None}}),  # nothing to compare with
        ({"act": {"nl": None}}, {"act": {"nl": 0.9}}),
        ({"messages": {"nl": 900}}, {"messages": {"nl": 800}}),  # a number of messages is no figure
    ],
)
def test_no_difference(new: dict[str, dict[str, float]], old: dict[str, dict[str, float]]) -> None:
    assert difference(new, old) == "Nothing changed."


PAIRS: list[Pair] = [
    (Case("a", "nl", "tell", ("doxing",), ("danger",)), read(["doxing"], ["danger"])),
    (Case("b", "nl", "tell", ("doxing",), ("danger",)), read(["threats"])),
    (Case("c", "fr", "other", (), ()), read([], ["minor"], "greet", "fr")),
]


def test_summary_is_flat_and_of_our_own_system() -> None:
    rows = summary({"halte": by_language(PAIRS), "rasa": by_language([])})
    assert rows["messages"] == {"nl": 2, "fr": 1, "all": 3}
    assert rows["act accuracy"] == {"nl": 1, "fr": 0, "all": pytest.approx(2 / 3)}
    assert rows["danger recall"] == {"nl": 0.5, "fr": None, "all": 0.5}
    assert rows["minor false alarms"] == {"nl": 0, "fr": 1, "all": pytest.approx(1 / 3)}
    assert rows["F1 doxing"]["nl"] == pytest.approx(2 / 3) and rows["F1 danger"]["all"] == pytest.approx(2 / 3)


def test_a_better_run_differs_in_the_rows_that_it_made_better() -> None:
    better = [PAIRS[0], (PAIRS[1][0], read(["doxing"])), PAIRS[2]]
    shown = difference(summary({"halte": by_language(better)}), summary({"halte": by_language(PAIRS)}))
    labels = {line.split(",")[0] for line in shown.splitlines()[1:]}
    assert {"F1 doxing", "forms micro recall", "exactly the forms"} <= labels
    assert not labels & {"act accuracy", "F1 danger", "danger recall", "messages"}
    assert not any(", fr" in line for line in shown.splitlines())


# --- everything together

NAMES = ["as written", "typos, 20 % of letters", "without accents", "all capitals", "Dutch-French code-switch"]


def test_extras_measure_every_disturbance_and_the_marked_reasons() -> None:
    """An understander that knows one sentence by heart: it is right as long as nothing is disturbed."""
    heart = "Mon copain m'a menacée, j'ai peur"

    async def recognise(text: str) -> Understanding:
        return read(["threats"], ["danger"], language="fr") if text == heart else read(act="other")

    cases = [Case(heart, "fr", "tell", ("threats",), ("danger",))]
    pairs = [(cases[0], read(["threats"], ["danger"], language="fr"))]
    found = full.extras(recognise, cases, pairs)
    right = {"forms_macro_f1": 1, "act_accuracy": 1, "crisis_recall": 1}
    wrong = {"forms_macro_f1": 0, "act_accuracy": 0, "crisis_recall": 0}
    assert set(NAMES) < set(found["robustness"]) and len(found["robustness"]) == 10
    for name, figures in found["robustness"].items():
        assert figures["fr"] == figures["all"]
        assert figures["fr"] == (right if name == "as written" else wrong), name
    assert found["confused_forms"] == [] and found["missed"] == {flag: [] for flag in CRISES}
    for language in ("nl", "fr"):
        assert found["reasons"][language]["marked"] >= 150 and found["reasons"][language]["read"] == 0
    json.dumps(found)  # it is kept as JSON

    shown = full.extra_tables(found)
    assert all(name in shown for name in NAMES)
    assert shown.splitlines()[0].split("  ")[0] == "DISTURBED" and "forms F1 nl" not in shown


def test_extra_tables_show_confused_forms_and_missed_messages() -> None:
    found = {
        "questions": {"nl": {"asked": 2, "right": 0.5, "wrong": 0.0, "missed": 0.5, "other": 1, "false_alarms": 0.0}},
        "robustness": {"as written": {"all": {"forms_macro_f1": 0.5, "act_accuracy": None, "crisis_recall": 0.25}}},
        "reasons": {"nl": {"marked": 3, "read": 0}},
        "confused_forms": confused_forms([told(["doxing"], ["threats"])]),
        "missed": missed([(Case("hij komt", "nl", "tell", (), ("danger",)), read())]),
    }
    lines = [line.split() for line in full.extra_tables(found).splitlines()]
    assert "as written 0.500 – 0.250".split() in lines
    assert "nl 3 0 – – – –".split() in lines
    assert "doxing read as threats 1".split() in lines
    assert "danger: hij komt".split() in lines


# --- keeping it


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A report of our own; the figures beside it."""
    monkeypatch.setattr(full, "REPORT", tmp_path / "evaluation.md")
    monkeypatch.setattr(full, "FIGURES", tmp_path / "evaluation.json")
    return tmp_path / "evaluation.md"


def test_write_replaces_what_is_between_the_marks(report: Path) -> None:
    report.write_text(f"# Vóór\n\n{BEGIN}\nold\n{END}\n\nAfter, {END} once more.\n", encoding="utf-8")
    figures = {"halte": {"nl": {"act": 0.5, "é": None}}}
    for text in ("FIRST  0.500", "SECOND  0.600\n\nTHIRD"):
        write(text, figures)
        assert report.read_text(encoding="utf-8") == (
            f"# Vóór\n\n{BEGIN}\n```\n{text}\n```\n{END}\n\nAfter, {END} once more.\n"
        )
    kept = report.with_suffix(".json").read_text(encoding="utf-8")
    assert json.loads(kept) == figures and "é" in kept and kept.endswith("}\n")


def test_write_refuses_a_report_without_marks(report: Path) -> None:
    report.write_text("# No marks\n", encoding="utf-8")
    with pytest.raises(ValueError):
        write("FIRST", {})
    assert report.read_text(encoding="utf-8") == "# No marks\n"
