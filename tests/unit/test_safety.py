"""The net of words under the classifier: signals of danger, suicide and minors, and innocent idioms."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.content.catalogue import catalogue
from bot.recognition.taxonomy import CRISES
from bot.understanding.safety import SafetyLayer, without_idioms

CASES = yaml.safe_load(Path(__file__).with_name("safety_cases.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def layer() -> SafetyLayer:
    return SafetyLayer({flag: signs.nl + signs.fr for flag, signs in catalogue().flag_signs.items()})


@pytest.mark.parametrize("flag, text", [(flag, text) for flag in CRISES for text in CASES[flag]])
def test_words_show_the_signal(layer: SafetyLayer, flag: str, text: str) -> None:
    assert flag in {sign.label for sign in layer.signs(text)}


@pytest.mark.parametrize("text", CASES["none"])
def test_words_show_no_signal(layer: SafetyLayer, text: str) -> None:
    assert [sign for sign in layer.signs(text) if sign.label in CRISES] == []


@pytest.mark.parametrize("text", ["ik lach me dood en ik wil dood", "mort de rire mais je veux mourir"])
def test_an_idiom_does_not_hide_a_real_signal(layer: SafetyLayer, text: str) -> None:
    assert {sign.label for sign in layer.signs(text)} == {"suicide"}


def test_idioms_are_blanked_without_moving_the_rest() -> None:
    text = "Ik lach me dood, écht"
    assert len(without_idioms(text)) == len(text)
    assert without_idioms(text).endswith(", écht")


THRESHOLDS = {"danger": 0.4, "witness": 0.4}


@pytest.mark.parametrize(
    "text, danger, witness, flags",
    [
        ("hij heeft een mes", 0.0, 0.0, {"danger": "heeft een mes"}),  # the words are enough
        ("niets bijzonders", 0.4, 0.0, {"danger": ""}),  # the classifier is enough
        ("niets bijzonders", 0.39, 0.39, {}),
        ("mijn buurvrouw", 0.0, 0.1, {}),  # a role needs the classifier to half agree
        ("mijn buurvrouw", 0.0, 0.2, {"witness": "mijn buurvrouw"}),
    ],
)
def test_words_or_classifier(layer: SafetyLayer, text: str, danger: float, witness: float, flags: object) -> None:
    assert layer.flags(text, {"danger": danger, "witness": witness}, THRESHOLDS) == flags


SURE = {"danger": 0.9, "suicide": 0.0, "minor": 0.0}
HALF = {"danger": 0.5, "suicide": 0.5, "minor": 0.5}


@pytest.mark.parametrize(
    "text", ["mijn zus is hier", "mijn mama is bij mij", "ma soeur est avec moi", "mon amie est là"]
)
def test_company_is_no_danger(layer: SafetyLayer, text: str) -> None:
    assert "danger" not in layer.flags(text, SURE, HALF)
    assert "danger" in layer.flags("er is iets met mijn zus", SURE, HALF)


@pytest.mark.parametrize("text", ["ik wil dood, vanavond nog", "je veux mourir, ce sera cette nuit"])
def test_a_moment_beside_a_wish_to_die_is_danger_without_words_of_its_own(layer: SafetyLayer, text: str) -> None:
    found = layer.flags(text, dict.fromkeys(HALF, 0.0), HALF)
    assert found["suicide"] and found["danger"] == ""
    assert "danger" not in layer.flags("vanavond ga ik naar de film", dict.fromkeys(HALF, 0.0), HALF)
