"""The plan: what belongs in it, in a safe order, and the walk through it."""

from __future__ import annotations

import itertools

import pytest

from bot.content.catalogue import catalogue
from bot.content.schema import PHASES
from bot.safetyplan.build import MOST, Situation, build, needed
from bot.safetyplan.walk import DONE, LATER, UNSAFE, current, reopen, sheet

CONTENT = catalogue()
FORMS = sorted(CONTENT.forms)
PAIRS = list(itertools.combinations(FORMS, 2))


def phases(keys: list[str]) -> list[int]:
    return [PHASES.index(CONTENT.step(key).phase) for key in keys]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("minor", [False, True])
def test_every_form_has_a_plan(form: str, minor: bool) -> None:
    steps = build(CONTENT, Situation(forms=[form], minor=minor))
    assert 4 <= len(steps) <= MOST
    assert len(set(steps)) == len(steps)
    assert all(CONTENT.step(key).minors if minor else CONTENT.step(key).adults for key in steps)
    assert any(key.startswith(f"form:{form}.") for key in steps)


@pytest.mark.parametrize("first, second", PAIRS)
def test_when_afraid_nothing_noticeable_comes_before_something_unnoticed(first: str, second: str) -> None:
    steps = [CONTENT.step(key) for key in build(CONTENT, Situation(forms=[first, second]))]
    noticed = [step.noticed is not None for step in steps if step.phase != "after"]
    assert noticed == sorted(noticed)


@pytest.mark.parametrize("first, second", PAIRS)
def test_phases_never_go_back(first: str, second: str) -> None:
    """Proof before change, within what can be noticed and within what cannot."""
    keys = build(CONTENT, Situation(forms=[first, second], careful=True))
    for seen in (False, True):
        part = phases([key for key in keys if (CONTENT.step(key).noticed is not None) is seen])
        assert part == sorted(part)
    calm = phases(build(CONTENT, Situation(forms=[first, second], careful=False)))
    assert calm == sorted(calm)


@pytest.mark.parametrize("first, second", PAIRS)
def test_both_forms_are_in_the_plan(first: str, second: str) -> None:
    steps = build(CONTENT, Situation(forms=[first, second], careful=False))
    assert all(any(key.startswith(f"form:{form}.") for key in steps) for form in (first, second))


@pytest.mark.parametrize("phone, wrong", [("iphone", "android"), ("android", "iphone"), ("other", "iphone")])
def test_no_step_for_another_device(phone: str, wrong: str) -> None:
    for form in FORMS:
        for key in build(CONTENT, Situation(forms=[form], phone=phone)):
            devices = CONTENT.step(key).devices
            assert not devices or wrong not in devices or len(devices) > 1


def test_steps_for_partners_are_not_for_strangers() -> None:
    for form in FORMS:
        for key in build(CONTENT, Situation(forms=[form], relation="stranger")):
            relations = CONTENT.step(key).relations
            assert not relations or "stranger" in relations


def test_children_steps_only_when_there_are_children() -> None:
    for form in FORMS:
        for children in (None, False):
            situation = Situation(forms=[form], relation="ex", children=children)
            assert not any(CONTENT.step(key).children for key in build(CONTENT, situation))


def test_only_questions_that_change_the_plan_are_asked() -> None:
    assert "children" not in needed(CONTENT, Situation(forms=["account_control"], relation="stranger"))
    assert "children" not in needed(CONTENT, Situation(forms=["via_children"], relation="ex", minor=True))
    assert "home" not in needed(CONTENT, Situation(forms=["smart_home"], relation="stranger"))
    for form in FORMS:
        asked = needed(CONTENT, Situation(forms=[form], relation="ex"))
        plans = {tuple(build(CONTENT, Situation(forms=[form], relation="ex", phone=p))) for p in ("android", "iphone")}
        assert len(plans) == 1 or "phone" in asked


def test_the_walk_goes_on_with_the_first_unanswered_step() -> None:
    steps = ["a", "b", "c"]
    assert current(steps, {}) == "a"
    assert current(steps, {"a": DONE, "b": UNSAFE}) == "c"
    assert current(steps, dict.fromkeys(steps, LATER)) is None


def test_what_was_put_off_or_left_out_comes_again_when_asked() -> None:
    marks = {"a": DONE, "b": LATER, "c": UNSAFE, "gone": DONE}
    assert reopen(["a", "b", "c"], marks, [LATER]) == {"a": DONE, "c": UNSAFE}
    assert reopen(["a", "b", "c"], marks, [UNSAFE]) == {"a": DONE, "b": LATER}


def test_the_sheet_leaves_out_what_is_not_safe() -> None:
    found = sheet(["a", "b", "c", "d"], {"a": DONE, "b": LATER, "c": UNSAFE})
    assert found.todo == ("b", "d")
    assert found.done == ("a",)
    assert found.left_out == 1


def test_no_step_is_out_of_reach() -> None:
    """Every step that an editor wrote is in the plan of somebody."""
    written = {f"form:{form.id}.steps.{step.id}" for form in CONTENT.forms.values() for step in form.steps}
    written |= {f"theme:{theme.id}.steps.{step.id}" for theme in CONTENT.themes.values() for step in theme.steps}
    reached: set[str] = set()
    for form, minor, relation, home, phone, children in itertools.product(
        FORMS, (False, True), (None, "partner", "ex", "family", "known", "stranger"), (None, "together", "apart"),
        ("android", "iphone"), (None, True),
    ):  # fmt: skip
        reached.update(build(CONTENT, Situation([form], minor, False, relation, home, phone, children)))
    assert written - reached == set()
