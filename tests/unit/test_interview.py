"""Which question comes next, and what follows from an answer."""

from __future__ import annotations

import pytest

from bot.content.catalogue import catalogue
from bot.recognition import interview
from bot.recognition.case import Case

CONTENT = catalogue()


def heard(*forms: str, **facts: str) -> Case:
    case = Case(facts=dict(facts))
    case.hear([(form, 0.9 - 0.1 * index, [f"words {form}"]) for index, form in enumerate(forms)])
    return case


def answer_all(case: Case, answer: str = "no") -> int:
    count = 0
    while (key := interview.next_question(case, CONTENT)) is not None:
        question = None if key == interview.CONFIRM else CONTENT.question(key)
        last = question.options[-1].id if question and question.options else answer
        interview.record(case, CONTENT, key, last)
        count += 1
        assert count < 40
    return count


def test_first_whether_it_is_right_then_the_situation() -> None:
    keys = interview.plan(heard("doxing"), CONTENT)
    assert keys[:5] == ["confirm", "intake.fear", "intake.age", "intake.device", "intake.other"]
    assert keys[5:] == [f"doxing.{question.id}" for question in CONTENT.forms["doxing"].questions[:5]]


def test_a_chosen_form_is_not_confirmed() -> None:
    assert interview.plan(Case(forms={"doxing": 0.6}), CONTENT)[0] == "intake.fear"


def test_what_is_known_already_is_not_asked() -> None:
    keys = interview.plan(heard("doxing", device="safe"), CONTENT)
    assert "intake.device" not in keys and "intake.fear" in keys


def test_only_the_two_surest_forms_are_asked_about() -> None:
    keys = [
        key for key in interview.plan(heard("doxing", "threats", "grooming"), CONTENT) if not key.startswith("intake")
    ]
    assert [key.split(".")[0] for key in keys] == ["confirm"] + ["doxing"] * 3 + ["threats"] * 3


def test_unknown_forms_of_an_older_version_are_passed_over() -> None:
    assert all(not key.startswith("gone") for key in interview.plan(heard("gone", "doxing"), CONTENT))


@pytest.mark.parametrize("form", sorted(CONTENT.forms))
def test_every_interview_ends(form: str) -> None:
    assert answer_all(heard(form)) == 5 + min(5, len(CONTENT.forms[form].questions))


@pytest.mark.parametrize(
    "answer, fear, level, careful",
    [("now", "now", None, True), ("sometimes", "sometimes", "L2", True), ("no", "no", None, False),
     ("rather_not", None, None, True)],
)  # fmt: skip
def test_fear_makes_careful(answer: str, fear: str | None, level: str | None, careful: bool) -> None:
    case = heard("doxing")
    interview.record(case, CONTENT, "intake.fear", answer)
    assert (case.facts.get("fear"), case.facts.get("level"), case.careful) == (fear, level, careful)


@pytest.mark.parametrize(
    "key, level",
    [(f"{form.id}.{question.id}", question.level) for form in CONTENT.forms.values() for question in form.questions
     if question.level and not question.options],
)  # fmt: skip
def test_yes_to_a_serious_question_raises_the_level(key: str, level: str) -> None:
    case = heard(key.split(".")[0])
    interview.record(case, CONTENT, key, "no")
    assert "level" not in case.facts
    interview.record(case, CONTENT, key, "yes")
    assert case.facts["level"] == level


@pytest.mark.parametrize(
    "old, new, kept", [("L2", "L1", "L1"), ("L1", "L3", "L1"), (None, "L3", "L3"), ("L2", None, "L2")]
)
def test_the_level_only_rises(old: str | None, new: str | None, kept: str) -> None:
    case = Case()
    case.raise_level(old)
    case.raise_level(new)
    assert case.facts["level"] == kept


def test_options_keep_facts_roles_and_forms() -> None:
    case = Case()
    interview.apply(case, {"other": "ex", "role": "witness", "form": "doxing", "level": "L2"})
    assert case.facts == {"other": "ex", "level": "L2"}
    assert case.flags == ["witness"] and case.forms == {"doxing": 0.6}


@pytest.mark.parametrize("role, flags", [("professional", ["physical", "professional"]), ("victim", ["physical"])])
def test_a_role_that_is_chosen_replaces_the_one_that_was_heard(role: str, flags: list[str]) -> None:
    case = Case(flags=["witness", "physical"])
    interview.apply(case, {"role": role})
    assert case.flags == flags


def test_back_asks_the_last_question_again() -> None:
    case = heard("doxing")
    interview.record(case, CONTENT, "confirm", "yes")
    interview.record(case, CONTENT, "intake.fear", "no")
    assert interview.go_back(case) == "intake.fear" and interview.go_back(case) == "confirm"
    assert interview.go_back(case) is None
    assert case.answers == {} and interview.next_question(case, CONTENT) == "confirm"


def test_a_case_survives_storage_and_forgets_unknown_keys() -> None:
    case = heard("doxing", fear="no")
    assert Case.from_dict(case.to_dict()) == case
    assert Case.from_dict({**case.to_dict(), "score": 12}) == case
    assert Case.from_dict(None) == Case()


def test_hearing_again_keeps_the_surest_and_three_masked_quotes() -> None:
    case = heard("doxing")
    assert case.hear([("doxing", 0.2, ["bel 0470 12 34 56", "a", "b", "words doxing"]), ("threats", 0.5, [])]) == [
        "threats"
    ]
    assert case.forms["doxing"] == 0.9
    assert case.quotes["doxing"] == ["words doxing", "bel …", "a"]
