"""The first steps: three, safest first."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from bot.content.catalogue import Catalogue, catalogue
from bot.content.render import Renderer
from bot.content.schema import Step
from bot.safetyplan.steps import first_steps

CONTENT = catalogue()
PAIRS = list(itertools.combinations(sorted(CONTENT.forms), 2))


def step(content: Catalogue, key: str) -> Step:
    form, _, name = key[len("form:") :].split(".")
    return next(step for step in content.forms[form].steps if step.id == name)


@pytest.mark.parametrize("form", sorted(CONTENT.forms))
@pytest.mark.parametrize("minor", [False, True])
def test_three_steps_in_the_order_of_the_form(form: str, minor: bool) -> None:
    found = first_steps(CONTENT, [form], minor=minor, careful=False)
    usable = [s.id for s in CONTENT.forms[form].steps if (s.minors if minor else s.adults)]
    assert [key.rsplit(".", 1)[1] for key, _ in found.steps] == usable[:3]
    assert len(found.steps) == 3, "too few steps for minors or adults"
    assert 1 <= len(found.avoid) <= 4


@pytest.mark.parametrize("first, second", PAIRS)
def test_minors_get_no_step_for_adults_and_adults_none_for_minors(first: str, second: str) -> None:
    for minor in (False, True):
        for key, _ in first_steps(CONTENT, [first, second], minor=minor, careful=False).steps:
            assert step(CONTENT, key).minors if minor else step(CONTENT, key).adults


@pytest.mark.parametrize("first, second", PAIRS)
def test_who_is_afraid_first_gets_what_nobody_can_notice(first: str, second: str) -> None:
    noticed = [noticed for _, noticed in first_steps(CONTENT, [first, second], minor=False, careful=True).steps]
    assert noticed == sorted(noticed)


def test_careful_prefers_a_later_step_that_cannot_be_noticed() -> None:
    """With a form whose first step can be noticed the order must really change."""
    form = CONTENT.forms["stalkerware"]
    steps = list(form.steps)
    spoiled = form.copy(update={"steps": [steps[3], steps[4], *steps[:3]]})
    content = replace(CONTENT, forms={"stalkerware": spoiled})
    plain, careful = (first_steps(content, ["stalkerware"], minor=False, careful=flag) for flag in (False, True))
    assert [noticed for _, noticed in plain.steps] == [True, True, False]
    assert [noticed for _, noticed in careful.steps] == [False, False, False]


def test_two_forms_take_turns_and_the_third_is_left_out() -> None:
    found = first_steps(CONTENT, ["doxing", "threats", "grooming"], minor=False, careful=False)
    assert [key.split(".")[0] for key, _ in found.steps] == ["form:doxing", "form:threats", "form:doxing"]
    assert [key.split(".")[0] for key in found.avoid[:2]] == ["form:doxing", "form:threats"]


@pytest.mark.parametrize("forms", [[], ["gone"]])
def test_without_a_known_form_there_are_no_steps(forms: list[str]) -> None:
    found = first_steps(CONTENT, forms, minor=False, careful=False)
    assert found.steps == [] and found.avoid == []


@pytest.mark.parametrize("form", sorted(CONTENT.forms))
def test_every_step_and_its_warning_can_be_said(form: str) -> None:
    found = first_steps(CONTENT, [form], minor=False, careful=False)
    keys = [f"{key}.do" for key, _ in found.steps] + [f"{key}.noticed" for key, noticed in found.steps if noticed]
    for key in keys + found.avoid:
        assert Renderer(CONTENT).text(key, "nl") and Renderer(CONTENT).text(key, "fr", informal=True)
