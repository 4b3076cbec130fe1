"""What a service card says: hours, cost and trace in both languages, and the ways to reach it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot.content.render import Renderer
from bot.directory.cards import card
from bot.directory.hours import BRUSSELS, Opening
from bot.directory.query import Match, ServiceData

NOW = dt.datetime.now(BRUSSELS)
DAYS = {"nl": ["maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"],
        "fr": ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"]}  # fmt: skip


def service(**values: Any) -> ServiceData:
    plain: dict[str, Any] = {
        "id": "line", "organization": "line", "kind": "helpline", "phone": "0800 12 345", "phone_via": None,
        "name": {"nl": "De Lijn", "fr": "La Ligne"}, "description": {"nl": "Luistert.", "fr": "Écoute."},
        "chat_url": {}, "website": {}, "website_minors": {}, "form_url": {}, "email": {},
        "free": None, "anonymous": None, "on_bill": None, "languages": (), "regions": (), "audiences": (),
        "for_minors": "yes", "minimum_age": None, "maximum_age": None, "forms": (), "flags": (),
        "confidence": "high", "verified_on": None,
    }  # fmt: skip
    return ServiceData(**{**plain, **values})


def shown(language: str, opening: dict[str, Opening], informal: bool = False, **values: Any) -> dict[str, Any]:
    return Renderer().card(card(Match(service(**values), opening, ()), language), language, informal)


def at(days: int, hour: int, minute: int = 0) -> dt.datetime:
    return (NOW + dt.timedelta(days=days)).replace(hour=hour, minute=minute, second=0, microsecond=0)


@pytest.mark.parametrize(
    "opening, nl, fr",
    [
        (Opening("always"), "Altijd open, dag en nacht.", "Toujours ouvert, jour et nuit."),
        (Opening("open", until=at(0, 17)), "Nu open, tot 17 uur.", "Ouvert maintenant, jusqu'à 17 h."),
        (Opening("open", until=at(0, 17, 5)), "Nu open, tot 17.05 uur.", "Ouvert maintenant, jusqu'à 17 h 05."),
        (Opening("closed", next=at(0, 23, 59)), "Nu gesloten. Open vandaag om 23.59 uur.",
         "Fermé maintenant. Ouvre aujourd'hui à 23 h 59."),
        (Opening("closed", next=at(1, 9)), "Nu gesloten. Open morgen om 9 uur.",
         "Fermé maintenant. Ouvre demain à 9 h."),
        (Opening("closed", next=at(3, 9, 30)), f"Nu gesloten. Open op {DAYS['nl'][at(3, 9).weekday()]} om 9.30 uur.",
         f"Fermé maintenant. Ouvre {DAYS['fr'][at(3, 9).weekday()]} à 9 h 30."),
        (Opening("unknown"), "De uren ken ik niet zeker. Kijk op de website of bel.",
         "Je ne connais pas bien les heures. Voyez le site, ou appelez."),
        (Opening("closed"), "De uren ken ik niet zeker. Kijk op de website of bel.",
         "Je ne connais pas bien les heures. Voyez le site, ou appelez."),
    ],
    ids=["always", "open", "open with minutes", "today", "tomorrow", "later", "unknown", "closed without next"],
)  # fmt: skip
def test_hours(opening: Opening, nl: str, fr: str) -> None:
    assert shown("nl", {"call": opening})["lines"][1] == nl
    assert shown("fr", {"call": opening})["lines"][1] == fr


def test_tu_for_the_young() -> None:
    assert shown("fr", {"call": Opening("unknown")}, informal=True)["lines"][1].endswith("Va voir le site, ou appelle.")


def test_two_channels_are_told_apart() -> None:
    both = {"call": Opening("always"), "chat": Opening("open", until=at(0, 22)), "form": Opening("always")}
    assert shown("nl", both)["lines"][1:3] == ["Bellen: Altijd open, dag en nacht.", "Chatten: Nu open, tot 22 uur."]
    assert shown("fr", both)["lines"][1:3] == [
        "Appel : Toujours ouvert, jour et nuit.", "Chat : Ouvert maintenant, jusqu'à 22 h.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "values, nl",
    [
        ({"free": True}, ["Gratis.", "Je gsm bewaart het nummer in de oproeplijst."]),
        ({"anonymous": True, "phone": None}, ["Anoniem."]),
        ({"on_bill": "never"}, ["Staat niet op de factuur.", "Je gsm bewaart het nummer in de oproeplijst."]),
        ({"on_bill": "unknown", "free": False}, ["Je gsm bewaart het nummer in de oproeplijst."]),
        ({"phone": None}, []),
        ({"phone": None, "phone_via": "101"}, ["Je gsm bewaart het nummer in de oproeplijst."]),
    ],
)
def test_cost_and_trace(values: dict[str, Any], nl: list[str]) -> None:
    assert shown("nl", {}, **values)["lines"] == ["Luistert.", *nl]


def test_ways_to_reach_it() -> None:
    links = {"nl": "https://example.be/nl", "fr": "https://example.be/fr"}
    actions = shown("fr", {}, chat_url=links, website=links)["actions"]
    assert actions == [
        {"kind": "call", "label": "Appeler le 0800 12 345", "href": "tel:080012345"},
        {"kind": "chat", "label": "Ouvrir le chat", "href": "https://example.be/fr"},
    ], "the website is left out when there are two better ways"
    assert [action["kind"] for action in shown("nl", {}, website=links)["actions"]] == ["call", "website"]


def test_a_link_in_one_language_serves_the_other() -> None:
    (action,) = shown("fr", {}, phone=None, website={"nl": "https://example.be"})["actions"]
    assert action == {"kind": "website", "label": "Site web", "href": "https://example.be"}


@pytest.mark.parametrize("kind, urgent", [("emergency", True), ("helpline", False)])
def test_emergency_is_urgent(kind: str, urgent: bool) -> None:
    made = shown("fr", {}, kind=kind)
    assert made["urgent"] is urgent and made["title"] == "La Ligne"


def lines_of(match: Match, careful: bool = False, informal: bool = False) -> list[str]:
    return Renderer().card(card(match, "nl", careful), "nl", informal)["lines"]


CHECKED = dt.date(2026, 11, 20)


@pytest.mark.parametrize(
    "match, line",
    [
        (Match(service(checked_on=CHECKED), {}, ()), "Gegevens van 20/11/2026."),
        (Match(service(checked_on=CHECKED, verified_on=CHECKED), {}, ()), "Nagekeken op 20/11/2026."),
        (
            Match(service(checked_on=CHECKED), {}, (), stale=True),
            "Laatst nagekeken op 20/11/2026. Kijk of het nog klopt.",
        ),
    ],
)
def test_last_checked(match: Match, line: str) -> None:
    assert lines_of(match)[-1] == line


def test_a_link_is_marked_when_the_phone_may_be_watched() -> None:
    match = Match(service(website={"nl": "https://example.be"}), {}, ())
    warning = "Een link die je opent, blijft staan in je browser."
    assert warning in lines_of(match, careful=True) and warning not in lines_of(match)
    assert warning not in lines_of(Match(service(), {}, ()), careful=True)


def test_an_app_stays_visible() -> None:
    assert "De app blijft te zien op je gsm." in lines_of(Match(service(traces=("app_icon",)), {}, ()))


def test_why_never_names_the_violence() -> None:
    lines = lines_of(Match(service(), {}, ("form:image_abuse", "minor", "near", "open")))
    assert "Waarom: past bij wat je vertelt, ook voor jongeren en in de buurt." in lines
