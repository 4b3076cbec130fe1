"""Whole conversations in Telegram with the trained model, in Dutch and in French."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bot.channels.telegram import polling
from bot.settings import settings
from tests.telegram.conftest import talking
from tests.telegram.stand_in import BotApi

ANNE, BRAM = 5550001, 5550002
WEB_ONLY = re.compile(r"Weg hier|Quitter|tabblad|onglet|privévenster|fenêtre privée|deze pagina|cette page", re.I)

JOURNEYS: dict[str, tuple[str, list[tuple[str, str]]]] = {
    # (what the person does, what must be in the answer); "> label" presses a button
    "nl: from hello to a plan and a helpline": (
        "nl",
        [
            ("/start", "Telegram kan dit gesprek bewaren"),
            ("> Nee", "Vertel in je eigen woorden"),
            ("mijn ex leest al mijn berichten mee op whatsapp", "Klopt dat?"),
            ("> Ja", "?"),
            ("/help", "/delete: alles wissen"),
            ("> Nee", "?"),
            ("/stop", "we stoppen even"),
            ("wie kan mij helpen?", "1712"),
            ("laat ook fotos zien", ""),
        ],
    ),
    "fr: from hello to a plan and a helpline": (
        "fr",
        [
            ("/start", "Telegram peut garder cette conversation"),
            ("> Non", "Racontez avec vos mots"),
            ("mon ex lit tous mes messages sur whatsapp", "C'est bien cela"),
            ("> Oui", "?"),
            ("/help", "/delete : tout effacer"),
            ("> Non", "?"),
            ("/stop", "on fait une pause"),
            ("qui peut m'aider ?", "0800"),
        ],
    ),
    "nl: danger first": (
        "nl",
        [
            ("hij staat nu voor mijn deur te schreeuwen en heeft een mes bij", "Bel nu 112"),
            ("nee hij hoort mij", "112 BE"),
        ],
    ),
    "fr: danger first": (
        "fr",
        [("il est devant ma porte avec un couteau et il crie", "112"), ("non il m'entend", "112")],
    ),
    "the first words choose the language, commands change it": (
        "nl",
        [
            ("mon ex partage des photos intimes de moi", "Merci d'en parler"),
            ("/nl", "We gaan verder in het Nederlands"),
            ("/fr", "On continue en français"),
        ],
    ),
    "the device is watched": (
        "nl",
        [
            ("/start", "meekijken"),
            ("> Ja of misschien", "verwijder je in Telegram"),
            ("> Liever later", "Sluit Telegram"),
        ],
    ),
    "l'appareil est surveillé": (
        "fr",
        [("/start", "appareil"), ("> Oui ou peut-être", "dans Telegram"), ("> Plus tard", "Fermez Telegram")],
    ),
}


@pytest.mark.parametrize("name", JOURNEYS)
def test_journey(run: Any, api: BotApi, conversations: Any, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(polling, "BUSY_SECONDS", 0.05)
    monkeypatch.setitem(settings().__dict__, "turns_per_minute", 10_000)
    language, turns = JOURNEYS[name]

    async def go() -> None:
        async with talking(api, conversations):
            for number, (does, wanted) in enumerate(turns, 1):
                before = len(api.said(ANNE))
                if does.startswith("> "):
                    sent = api.presses(ANNE, does[2:], language)
                else:
                    sent = api.says(ANNE, does, language=language)
                await api.confirmed(sent)
                said = "\n".join(seen.text for seen in api.said(ANNE)[before:])
                assert said, f"turn {number}: silence"
                assert wanted in said, f"turn {number} ({does}): {wanted!r} not in:\n{said}"
                assert not WEB_ONLY.search(said), f"turn {number} ({does}) speaks of the page:\n{said}"
            await api.confirmed(api.says(ANNE, "/delete", language=language))
            assert len(api.chats[ANNE]) == 1, "only the sentence that says what stays"

    run(go())


@pytest.mark.parametrize(
    "language, said, gone",
    [("nl", "wis dit gesprek", "Ik ben dit gesprek vergeten"), ("fr", "efface cette conversation", "J'ai oublié")],
)
def test_erasing_in_words_takes_the_messages_too(
    run: Any, api: BotApi, conversations: Any, language: str, said: str, gone: str
) -> None:
    async def go() -> None:
        async with talking(api, conversations):
            await api.confirmed(api.says(ANNE, "/start", language=language))
            await api.confirmed(api.says(ANNE, said, language=language))
            if gone not in api.texts(ANNE):  # not sure enough: it shows the button
                label = next(label for label in api.choices(ANNE) if label.startswith(("Wis", "Effacer")))
                await api.confirmed(api.presses(ANNE, label, language))

    run(go())
    assert gone in api.chats[ANNE][0].text
    assert all(seen.ours for seen in api.chats[ANNE])
    assert not WEB_ONLY.search(api.texts(ANNE))


def test_two_people_do_not_meet(run: Any, api: BotApi, conversations: Any) -> None:
    async def go() -> None:
        async with talking(api, conversations):
            api.says(ANNE, "mijn ex leest al mijn berichten mee op whatsapp")
            last = api.says(BRAM, "on partage des photos de moi nue sur un groupe", language="fr")
            await api.confirmed(last)

    run(go())
    assert "Klopt dat?" in api.texts(ANNE) and "Klopt" not in api.texts(BRAM)
    assert "Merci d'en parler" in api.texts(BRAM)
