"""Training messages in other clothes: the words change, what they mean does not."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from bot.corpus.noise import Variants
from bot.encoder import augment
from bot.encoder.augment import JOINTS, Augmenter, Sample
from bot.settings import ROOT
from bot.understanding.messages import Labelled, read
from bot.understanding.text import clean

VARIANTS = Variants.read(ROOT / "data")
IMAGES = Labelled("mijn naaktfoto staat online", "nl", "tell", ("image_abuse",))
TRACKED = Labelled("er zit een tracker onder mijn auto", "nl", "tell", ("location_tracking",))
BOTH = Labelled("ze dreigt ermee en zet mijn adres online", "nl", "tell", ("threats", "doxing"))
DANGER = Labelled("hij staat aan de deur met een mes", "nl", "tell", ("threats",), ("danger", "physical"))
DARK = Labelled("ik wil niet meer leven", "nl", "tell", (), ("suicide",))
ASKED = Labelled("hoe krijg ik beelden offline", "nl", "ask_removal", ("image_abuse",))
RAIN = Labelled("het regent al heel de week", "nl", "other")
VAGUE = Labelled("er is iets gebeurd", "nl", "tell")
HELLO = Labelled("dag iedereen", "nl", "greet")
THANKS = Labelled("merci voor de hulp", "nl", "thank")
FRENCH = Labelled("il suit ma voiture avec un gps", "fr", "tell", ("location_tracking",))
PLUIE = Labelled("il pleut depuis lundi", "fr", "other")
ALL = [IMAGES, TRACKED, BOTH, DANGER, DARK, ASKED, RAIN, VAGUE, HELLO, THANKS, FRENCH, PLUIE]


def augmenter(seed: int = 0, messages: Sequence[Labelled] = ALL) -> Augmenter:
    return Augmenter(messages, VARIANTS, random.Random(seed))


def samples(message: Labelled, times: int = 2_000) -> list[Sample]:
    one = augmenter()
    return [one.sample(message) for _ in range(times)]


def told_in(sample: Sample) -> list[Labelled]:
    """The messages whose words are in the sample."""
    return [message for message in ALL if message.text in sample.text]


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Company, but no disturbance: the words can be recognised."""
    monkeypatch.setattr(augment, "CHANGES", (0,))


@pytest.mark.parametrize("message", ALL, ids=lambda message: message.text)
def test_labels_are_the_union_of_what_is_told(message: Labelled, quiet: None) -> None:
    for sample in samples(message):
        told = told_in(sample)
        assert message in told and len(told) <= 2
        assert sample.forms == {form for one in told for form in one.forms}
        assert sample.flags == {flag for one in told for flag in one.flags}
        assert sample.act == message.act


@pytest.mark.parametrize(
    "message, company",
    [
        (IMAGES, {IMAGES, TRACKED, BOTH, RAIN, VAGUE, HELLO}),  # itself: told twice
        (BOTH, {IMAGES, TRACKED, BOTH, RAIN, VAGUE, HELLO}),
        (DANGER, {RAIN, VAGUE, HELLO}),  # a signal is not diluted by another story
        (DARK, {RAIN, VAGUE, HELLO}),
        (FRENCH, {FRENCH, PLUIE}),  # of its own language only
        (ASKED, set()),
        (RAIN, set()),
        (VAGUE, set()),
        (HELLO, set()),
        (THANKS, set()),
    ],
    ids=lambda value: value.text if isinstance(value, Labelled) else "",
)
def test_who_gets_which_company(message: Labelled, company: set[Labelled], quiet: None) -> None:
    joints = JOINTS[message.language]
    possible = {message.text: message}
    for other in company:
        for joint in joints:
            possible[joint.join([message.text, other.text])] = other
            if not other.forms:  # a neutral one can also come first
                possible[joint.join([other.text, message.text])] = other
    found = {sample.text for sample in samples(message)}
    assert found <= set(possible)
    assert message.text in found
    assert {possible[text] for text in found} - {message} == company - {message}
    doubled = any(joint.join([message.text] * 2) in found for joint in joints)
    assert doubled == (message in company)
    if company:
        fillers = [other for other in company if not other.forms]
        assert any(text.endswith(message.text) and text != message.text for text in found)
        assert any(text.endswith(tuple(other.text for other in fillers)) for text in found)


def test_shares_of_company(quiet: None) -> None:
    found = samples(IMAGES, 10_000)
    fillers = {RAIN, VAGUE, HELLO}
    with_filler = sum(any(one in fillers for one in told_in(sample)) for sample in found)
    alone = sum(sample.text == IMAGES.text for sample in found)
    assert with_filler / len(found) == pytest.approx(augment.BESIDE_FILLER, abs=0.02)
    assert 1 - alone / len(found) == pytest.approx(augment.BESIDE_FILLER + augment.BESIDE_ANOTHER, abs=0.02)


def test_disturbances_change_words_and_no_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(augment, "CHANGES", (2,))
    monkeypatch.setattr(augment, "BESIDE_FILLER", 0)
    monkeypatch.setattr(augment, "BESIDE_ANOTHER", 0)
    for message in ALL:
        found = samples(message, 300)
        assert len({sample.text for sample in found}) > 50
        assert all(sample.text.strip() for sample in found)
        assert {(sample.act, sample.forms, sample.flags) for sample in found} == {
            (message.act, frozenset(message.forms), frozenset(message.flags))
        }


def test_a_message_is_cleaned(quiet: None) -> None:
    messy = Labelled("  mijn\u200b  naaktfoto  staat online ", "nl", "affirm")
    assert augmenter().sample(messy) == Sample("mijn naaktfoto staat online", "affirm", frozenset(), frozenset())


# --- on real messages


@pytest.fixture(scope="module")
def real() -> list[Labelled]:
    return read(ROOT / "tests" / "messages" / "dev")


def test_same_seed_same_samples(real: list[Labelled]) -> None:
    def drawn(seed: int) -> list[Sample]:
        one = augmenter(seed, real)
        return [one.sample(message) for message in real]

    first = drawn(1)
    assert first == drawn(1)
    assert first != drawn(2)


def test_real_messages_are_drawn_anew_and_keep_their_labels(real: list[Labelled]) -> None:
    one = augmenter(3, real)
    first, second = ([one.sample(message) for message in real] for _ in range(2))
    assert sum(a != b for a, b in zip(first, second, strict=True)) > len(real) / 3
    unchanged = 0
    for message, sample in zip(real, first, strict=True):
        assert sample.text.strip()
        assert sample.act == message.act and sample.flags == set(message.flags)
        assert sample.forms >= set(message.forms)
        if message.flags or message.act != "tell" or not message.forms:
            assert sample.forms == set(message.forms)
        unchanged += sample.text == clean(message.text)
    assert len(real) * 0.2 < unchanged < len(real) * 0.6
