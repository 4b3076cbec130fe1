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
    bank = [f"doxing.{question.id}" for question in CONTENT.forms["doxing"].questions]
    assert keys[5:10] == bank[:5]
    assert len(keys) <= 11 and all(key in bank for key in keys[10:])


@pytest.mark.parametrize("form", sorted(CONTENT.forms))
def test_a_later_question_about_danger_is_not_left_out(form: str) -> None:
    later = [q for q in CONTENT.forms[form].questions[5:] if q.level in ("L1", "L2")]
    keys = interview.plan(heard(form), CONTENT)
    assert not later or any(f"{form}.{question.id}" in keys for question in later)


def test_more_questions_are_the_rest_of_the_banks() -> None:
    case = heard("doxing")
    assert interview.has_more(case, CONTENT)
    case.more = interview.MORE
    assert [key for key in interview.plan(case, CONTENT) if key.startswith("doxing.")] == [
        f"doxing.{question.id}" for question in CONTENT.forms["doxing"].questions
    ]
    assert not interview.has_more(case, CONTENT)


def test_what_is_confirmed_is_not_asked_again() -> None:
    case = heard("image_abuse")
    interview.record(case, CONTENT, "confirm", "yes")
    assert case.answers["image_abuse.shared"] == "yes"
    assert "image_abuse.shared" not in interview.plan(case, CONTENT)
    assert interview.go_back(case, CONTENT) == "confirm"
    assert "image_abuse.shared" not in case.answers


@pytest.mark.parametrize(
    "text, other",
    [
        ("mijn ex leest mijn berichten", "ex"),
        ("mijn man heeft mijn wachtwoord", "partner"),
        ("mon ex me suit partout", "ex"),
        ("mon copain fouille mon gsm", "partner"),
        ("mijn ex en mijn man hebben ruzie over mij", None),
        ("mijn moeder mag het niet weten van mijn ex", None),
        ("iemand leest mijn berichten", None),
        ("een onbekende stuurt mij foto's", None),
    ],
)
def test_who_does_it_is_taken_from_the_story_only_when_it_is_clear(text: str, other: str | None) -> None:
    case = heard("account_control")
    interview.learn(case, CONTENT, text)
    assert case.facts.get("other") == other
    assert ("intake.other" in interview.plan(case, CONTENT)) is (other is None)


def test_a_yes_can_lead_to_a_protocol_once() -> None:
    case = heard("hate_speech")
    key = "hate_speech.self_harm_incitement"
    assert interview.leads_to(case, CONTENT, key, "no") is None
    assert interview.leads_to(case, CONTENT, key, "yes") == "suicide"
    case.handled.append("suicide")
    assert interview.leads_to(case, CONTENT, key, "yes") is None


def test_taking_an_answer_back_takes_its_facts_back() -> None:
    case = heard("doxing")
    interview.record(case, CONTENT, "intake.other", "stranger")
    assert case.facts["other"] == "stranger"
    assert interview.go_back(case, CONTENT) == "intake.other"
    assert "other" not in case.facts


def test_a_chosen_form_is_not_confirmed() -> None:
    assert interview.plan(Case(forms={"doxing": 0.6}), CONTENT)[0] == "intake.fear"


def test_what_is_known_already_is_not_asked() -> None:
    keys = interview.plan(heard("doxing", device="safe"), CONTENT)
    assert "intake.device" not in keys and "intake.fear" in keys


def test_only_the_two_surest_forms_are_asked_about() -> None:
    keys = [
        key for key in interview.plan(heard("doxing", "threats", "grooming"), CONTENT) if not key.startswith("intake")
    ]
    owners = [key.split(".")[0] for key in keys]
    assert set(owners) == {"confirm", "doxing", "threats"}
    assert all(3 <= owners.count(form) <= 4 for form in ("doxing", "threats"))


def test_unknown_forms_of_an_older_version_are_passed_over() -> None:
    assert all(not key.startswith("gone") for key in interview.plan(heard("gone", "doxing"), CONTENT))


@pytest.mark.parametrize("form", sorted(CONTENT.forms))
def test_every_interview_ends(form: str) -> None:
    assert 10 <= answer_all(heard(form)) <= 11


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
    assert interview.go_back(case, CONTENT) == "intake.fear" and interview.go_back(case, CONTENT) == "confirm"
    assert interview.go_back(case, CONTENT) is None
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
