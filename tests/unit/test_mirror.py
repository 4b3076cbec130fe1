"""What this looks like: clear or maybe, with reasons."""

from __future__ import annotations

import pytest

from bot.content.catalogue import catalogue
from bot.content.render import Renderer
from bot.recognition.case import Case
from bot.recognition.mirror import reflect

CONTENT = catalogue()


def case(forms: dict[str, float], quoted: bool = True, yes: tuple[str, ...] = ()) -> Case:
    return Case(
        forms=forms,
        quotes={form: [f"words {form}"] for form in forms} if quoted else {},
        answers=dict.fromkeys(yes, "yes"),
    )


def signs(form: str, count: int) -> tuple[str, ...]:
    return tuple(f"{form}.{question.id}" for question in CONTENT.forms[form].questions if question.sign)[:count]


def test_a_form_heard_with_certainty_is_clear() -> None:
    seen = reflect(case({"doxing": 0.5}), CONTENT)
    assert (seen.clear, seen.weak, seen.quotes) == (["doxing"], [], ["words doxing"])


def test_a_form_heard_with_doubt_may_be() -> None:
    seen = reflect(case({"doxing": 0.49}), CONTENT)
    assert (seen.clear, seen.weak) == ([], ["doxing"])


@pytest.mark.parametrize("count, clear", [(0, []), (1, []), (2, ["doxing"])])
def test_two_signs_make_a_form_clear(count: int, clear: list[str]) -> None:
    seen = reflect(case({"doxing": 0.2}, yes=signs("doxing", count)), CONTENT)
    assert seen.clear == clear and len(seen.signs) == count


def test_a_form_that_was_only_chosen_is_not_clear_by_itself() -> None:
    assert reflect(case({"doxing": 0.6}, quoted=False), CONTENT).clear == []


def test_at_most_two_weak_forms_and_unknown_ones_not_at_all() -> None:
    seen = reflect(case({"doxing": 0.3, "threats": 0.2, "grooming": 0.1, "gone": 0.9}), CONTENT)
    assert seen.weak == ["doxing", "threats"] and seen.clear == []


@pytest.mark.parametrize(
    "forms, pattern",
    [
        ({"doxing": 0.9}, False),
        ({"coercive_control": 0.9}, True),
        ({"coercive_control": 0.3}, False),
        ({"doxing": 0.9, "threats": 0.9, "economic": 0.9}, True),
    ],
)
def test_pattern(forms: dict[str, float], pattern: bool) -> None:
    assert reflect(case(forms), CONTENT).pattern is pattern


def test_nothing_heard_is_nothing_said() -> None:
    seen = reflect(Case(), CONTENT)
    assert not (seen.clear or seen.weak or seen.quotes or seen.signs or seen.pattern)


@pytest.mark.parametrize("form", sorted(CONTENT.forms))
def test_every_sign_can_be_said_in_both_languages(form: str) -> None:
    seen = reflect(case({form: 0.2}, yes=signs(form, 9)), CONTENT)
    assert seen.clear == [form], "a form needs two questions whose answer is a sign"
    for key in seen.signs:
        assert all(Renderer(CONTENT).text(key, language, informal) for language in ("nl", "fr") for informal in (0, 1))
