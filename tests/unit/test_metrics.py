"""The measures of `halte evaluate`, on cases small enough to count by hand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.commands import Refused
from bot.evaluation import metrics, report
from bot.evaluation.baseline import as_understanding, intent_of
from bot.evaluation.metrics import Case
from bot.understanding.messages import Labelled
from bot.understanding.understanding import Reading, Understanding


def read(
    act: str = "tell", forms: Sequence[tuple[str, float]] = (), flags: Sequence[str] = (), language: str = "nl"
) -> Understanding:
    """What a made-up understander answers."""
    return Understanding(language, act, 0.9, tuple(Reading(*form) for form in forms), tuple(flags), act != "other")


PAIRS = [
    (Case("a", "nl", "tell", ("doxing", "threats"), ("danger",)), read(forms=[("threats", 0.9)], flags=["danger"])),
    (Case("b", "nl", "tell", ("doxing",), ()), read(forms=[("threats", 0.8), ("doxing", 0.6)])),
    (Case("c", "fr", "other", (), ()), read("other", [("doxing", 0.55)], ["minor"], "fr")),
    (Case("d", "fr", "deny", (), ("danger",)), read("affirm", language="nl")),
]


def test_forms_per_label_micro_and_macro() -> None:
    forms = metrics.measure(PAIRS)["forms"]
    assert forms["labels"]["doxing"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 2, "read": 2}
    assert forms["labels"]["threats"]["f1"] == pytest.approx(2 / 3)
    assert forms["micro"]["precision"] == 0.5 and forms["micro"]["recall"] == pytest.approx(2 / 3)
    assert forms["macro"]["f1"] == pytest.approx((0.5 + 2 / 3) / 2)


def test_top1_and_false_alarms() -> None:
    forms = metrics.measure(PAIRS)["forms"]
    assert (forms["with_forms"], forms["top1_accuracy"]) == (2, 0.5)
    assert (forms["without_forms"], forms["false_alarms"], forms["false_alarm_rate"]) == (2, 1, 0.5)


def test_calibration_counts_reported_forms_only() -> None:
    calibration = metrics.calibration([(0.95, True), (0.95, False), (1.0, True), (0.32, False)])
    assert calibration["readings"] == 4
    assert [row["readings"] for row in calibration["bins"]] == [1, 3]
    assert calibration["ece"] == pytest.approx(0.32 / 4 + abs(2.9 / 3 - 2 / 3) * 3 / 4)
    assert metrics.calibration([])["ece"] is None


def test_crisis_recall_and_false_alarms() -> None:
    crisis = metrics.measure(PAIRS)["crisis"]
    assert (crisis["danger"]["support"], crisis["danger"]["recall"], crisis["danger"]["false_alarms"]) == (2, 0.5, 0)
    assert (crisis["minor"]["recall"], crisis["minor"]["false_alarms"]) == (None, 1)
    assert (crisis["any"]["found"], crisis["any"]["false_alarms"]) == (1, 1)


def test_act_language_and_exact_match() -> None:
    figures = metrics.measure(PAIRS)
    assert figures["act"]["accuracy"] == 0.75
    assert figures["act"]["confusions"] == [{"gold": "deny", "read": "affirm", "count": 1}]
    assert figures["language"]["accuracy"] == 0.75
    assert figures["exact"] == {"forms": 0.25, "flags": 0.5, "all": 0.0}
    assert figures["understood"] == 0.75


def test_languages_apart_and_together() -> None:
    groups = metrics.by_language(PAIRS)
    assert {name: group["messages"] for name, group in groups.items()} == {"nl": 2, "fr": 2, "all": 4}


def test_missing_labels_are_not_scored() -> None:
    figures = metrics.measure([(Case("a", flags=()), read()), (Case("b", act="tell"), read())])
    assert figures["act"]["messages"] == 1 and figures["flags"]["messages"] == 1
    assert figures["forms"]["messages"] == 0 and figures["forms"]["top1_accuracy"] is None
    assert figures["language"]["accuracy"] is None and figures["exact"]["all"] is None


def test_files_with_and_without_labels(tmp_path: Path) -> None:
    nlu = tmp_path / "nl" / "x.yml"
    nlu.parent.mkdir()
    nlu.write_text(
        'version: "3.1"\nnlu:\n  - intent: tell\n    metadata: {forms: [doxing], flags: []}\n'
        "    examples: |\n      - een\n      - twee\n  - intent: greet\n    examples: |\n      - dag\n",
        encoding="utf-8",
    )
    lines = tmp_path / "x.jsonl"
    lines.write_text('{"text": "drie", "forms": [{"form": "doxing"}], "language": "fr"}\n\n', encoding="utf-8")
    cases = report.cases_of([nlu, lines])
    assert [case.text for case in cases] == ["een", "twee", "dag", "drie"]
    assert cases[0] == Case("een", "nl", "tell", ("doxing",), ())
    assert cases[2] == Case("dag", "nl", "greet", None, None)
    assert cases[3] == Case("drie", "fr", None, ("doxing",), None)


@pytest.mark.parametrize(
    "name, content",
    [("a.yml", "nlu: ["), ("a.yml", "stories: []"), ("a.jsonl", "no json"), ("a.jsonl", '{"act": "tell"}'),
     ("a.jsonl", '{"text": "x", "forms": "doxing"}'), ("a.jsonl", "")],
)  # fmt: skip
def test_unreadable_files_are_refused(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(Refused, match="a\\."):
        report.cases_of([tmp_path / name])
    with pytest.raises(Refused):
        report.cases_of([tmp_path / "missing.yml"])


def test_report_prints_tables_and_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    async def fake(text: str) -> Understanding:
        return {case.text: answer for case, answer in PAIRS}[text]

    pairs = asyncio.run(report.read_all(fake, [case for case, _ in PAIRS]))
    assert pairs == PAIRS
    systems = {"halte": metrics.by_language(pairs), "rasa": metrics.by_language(pairs, ("act", "forms"))}
    text = report.as_text(systems)
    assert "doxing" in text and "danger" in text and "deny" in text
    print(json.dumps(systems))
    assert json.loads(capsys.readouterr().out)["halte"]["all"]["messages"] == 4


def test_baseline_maps_to_act_and_at_most_one_form() -> None:
    told = Labelled("x", "nl", "tell", ("doxing", "threats"))
    assert intent_of(told) == "tell__doxing"
    assert intent_of(Labelled("x", "nl", "ask_law", ("doxing",))) == "ask_law"
    ranking = [{"name": "tell__doxing", "confidence": 0.4}, {"name": "greet", "confidence": 0.1}]
    sure = as_understanding({"intent": ranking[0], "intent_ranking": ranking})
    assert (sure.act, [reading.form for reading in sure.forms], sure.understood) == ("tell", ["doxing"], True)
    unsure = {"name": "nlu_fallback", "confidence": 0.7}
    fallen = as_understanding({"intent": unsure, "intent_ranking": [unsure] + ranking})
    assert (fallen.act, fallen.forms, fallen.understood) == ("tell", (), False)
