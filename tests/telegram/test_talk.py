"""What a person in Telegram may send, and what comes back: commands, buttons, everything that is not words."""

from __future__ import annotations

import gc
import time
from typing import Any

import pytest

from bot.channels.telegram import courier, polling
from bot.channels.telegram.buttons import seal
from bot.channels.telegram.chats import Chat, Chats
from bot.content.catalogue import catalogue
from tests.telegram.conftest import Echo, around, talking
from tests.telegram.stand_in import BotApi

ANNE, BRAM, GROUP = 5550001, 5550002, -100123


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "BUSY_SECONDS", 0.05)
    monkeypatch.setattr(courier, "FIRST_WAIT", 0.02)


def text(key: str, language: str = "nl") -> str:
    return catalogue().text(key).in_language(language)


# -- commands and the notice


@pytest.mark.parametrize(
    "client, language", [("nl", "nl"), ("nl-BE", "nl"), ("fr", "fr"), ("FR-be", "fr"), ("en", "nl"), (None, "nl")]
)
def test_the_notice_comes_first_and_once_in_the_language_of_the_client(
    run: Any, api: BotApi, echo: Echo, client: str | None, language: str
) -> None:
    async def go() -> None:
        async with talking(api, around(echo)):
            await api.confirmed(api.says(ANNE, "/start", language=client))
            await api.confirmed(api.says(ANNE, "x", language=client))

    run(go())
    said = api.texts(ANNE)
    assert said.startswith(text("telegram.notice", language))
    assert said.count(text("telegram.notice", language)) == 1
    assert text("telegram.notice_delete", language) in said


def test_in_danger_the_notice_waits(run: Any, api: BotApi, conversations: Any) -> None:
    async def go() -> None:
        async with talking(api, conversations):
            await api.confirmed(api.says(ANNE, "hij staat nu voor mijn deur en heeft een mes bij"))
            assert "112" in api.said(ANNE)[0].text
            assert text("telegram.notice") not in api.texts(ANNE)
            await api.confirmed(api.says(ANNE, "/stop"))

    run(go())
    assert text("telegram.notice") in api.texts(ANNE)


def test_start_begins_a_new_conversation(run: Any, api: BotApi, echo: Echo) -> None:
    async def go() -> None:
        async with talking(api, around(echo)):
            await api.confirmed(api.says(ANNE, "/start"))
            await api.confirmed(api.says(ANNE, "/start ref42"))

    run(go())
    assert echo.texts == ["[start]", "[start]"]
    assert echo.heard[0][0] != echo.heard[1][0]
    assert echo.forgotten == [echo.heard[0][0]]


@pytest.mark.parametrize(
    "said, heard",
    [
        ("/stop", "[stop]"),
        ("/STOP@halte_test_bot", "[stop]"),
        ("/nl", "[speak_dutch]"),
        ("/fr", "[speak_french]"),
        ("/stop hij heeft een mes", "hij heeft een mes"),  # danger wins, also behind a command
    ],
)
def test_commands(run: Any, api: BotApi, echo: Echo, said: str, heard: str) -> None:
    async def go() -> None:
        async with talking(api, around(echo)):
            await api.confirmed(api.says(ANNE, said))

    run(go())
    assert echo.texts == [heard]


def test_help_keeps_the_open_choices(run: Any, api: BotApi, echo: Echo) -> None:
    async def go() -> None:
        async with talking(api, around(echo)):
            await api.confirmed(api.says(ANNE, "hallo"))
            await api.confirmed(api.says(ANNE, "/help"))

    run(go())
    assert api.said(ANNE)[-1].text == text("telegram.help")
    assert set(api.choices(ANNE)) == {"Ja", "Nee"}
    assert echo.texts == ["hallo"]


@pytest.mark.parametrize("said", ["/restart", '/inform{"x": 1}', "/foo"])
def test_other_commands_are_none(run: Any, api: BotApi, echo: Echo, said: str) -> None:
    async def go() -> None:
        async with talking(api, around(echo)):
            await api.confirmed(api.says(ANNE, "hallo"))
            await api.confirmed(api.says(ANNE, said))

    run(go())
    assert api.said(ANNE)[-1].text == text("fallback.command@telegram")
    assert echo.texts == ["hallo"]


# -- buttons


def test_a_pressed_button_is_answered_shown_and_then_gone(run: Any, api: BotApi, echo: Echo) -> None:
    async def go() -> None:
        async with talking(api, around(echo)):
            await api.confirmed(api.says(ANNE, "hallo"))
            old = api.choices(ANNE)
            await api.confirmed(api.presses(ANNE, "Ja"))
            assert echo.texts == ["hallo", "[affirm]"]
            first, last = api.said(ANNE)[0], api.said(ANNE)[-1]
            assert [key["text"] for key in first.keys] == ["\u2713 Ja"]
            assert [key["text"] for key in last.keys] == ["Ja", "Nee"]
            await api.confirmed(api.presses(ANNE, "\u2713 Ja"))  # only shows what was chosen
            assert echo.texts == ["hallo", "[affirm]"]
            await api.confirmed(api.push({"callback_query": api.pressed(ANNE, *old["Nee"])}))  # not on offer any more

    run(go())
    assert echo.texts == ["hallo", "[affirm]"]
    assert api.said(ANNE)[-1].text == text("fallback.unknown_button")
    assert len(api.called("answerCallbackQuery")) == 3


FORGED = ["", ".", "x", "affirm", "x.y", '/inform{"a": 1}', "\u00e9.\u00e9", "a" * 64, "0", "-.", ".-"]


@pytest.mark.parametrize("data", FORGED, ids=ascii)
def test_forged_callback_data_chooses_nothing(run: Any, api: BotApi, echo: Echo, data: str) -> None:
    async def go() -> None:
        async with talking(api, around(echo)):
            await api.confirmed(api.says(ANNE, "hallo"))
            await api.confirmed(api.push({"callback_query": api.pressed(ANNE, 1, data)}))

    run(go())
    assert echo.texts == ["hallo"]
    assert api.said(ANNE)[-1].text == text("fallback.unknown_button")
    assert set(api.choices(ANNE)) == {"Ja", "Nee"}, "the choices that are open stay open"


def test_a_choice_of_another_chat_or_another_life_chooses_nothing(run: Any, api: BotApi, echo: Echo) -> None:
    async def go() -> None:
        async with talking(api, around(echo)):
            await api.confirmed(api.says(ANNE, "hallo"))
            await api.confirmed(api.says(BRAM, "ook"))
            await api.confirmed(api.push({"callback_query": api.pressed(BRAM, *api.choices(ANNE)["Ja"])}))
            assert api.said(BRAM)[-1].text == text("fallback.unknown_button")
        async with talking(api, around(echo)):  # restarted: another key
            await api.confirmed(api.push({"callback_query": api.pressed(ANNE, *api.choices(ANNE)["Ja"])}))

    run(go())
    assert echo.texts == ["hallo", "ook", "[start]"]
    assert text("fallback.unknown_button") in api.texts(ANNE)


def test_callback_data_is_short() -> None:
    assert len(seal(Chats(), 2**52, "x" * 8)) <= 40


# -- what is not words

NOT_WORDS: dict[str, dict[str, Any]] = {
    "photo": {"photo": [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}]},
    "voice": {"voice": {"file_id": "f", "file_unique_id": "u", "duration": 1}},
    "audio": {"audio": {"file_id": "f", "file_unique_id": "u", "duration": 1}},
    "video": {"video": {"file_id": "f", "file_unique_id": "u", "duration": 1, "width": 1, "height": 1}},
    "video_note": {"video_note": {"file_id": "f", "file_unique_id": "u", "duration": 1, "length": 1}},
    "document": {"document": {"file_id": "f", "file_unique_id": "u"}},
    "sticker": {
        "sticker": {"file_id": "f", "file_unique_id": "u", "type": "regular", "width": 1, "height": 1,
                    "is_animated": False, "is_video": False}
    },
    "contact": {"contact": {"phone_number": "+32470000000", "first_name": "Y"}},
    "location": {"location": {"longitude": 4.3, "latitude": 50.8}},
    "venue": {
        "venue": {"location": {"longitude": 4.3, "latitude": 50.8}, "title": "t", "address": "a"},
        "location": {"longitude": 4.3, "latitude": 50.8},
    },
    "dice": {"dice": {"emoji": "\U0001f3b2", "value": 3}},
    "something new": {"hologram": {"x": 1}},
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_WORDS)
def test_what_is_not_words_is_answered_and_never_fetched(run: Any, api: BotApi, echo: Echo, name: str) -> None:
    async def go() -> None:
        async with talking(api, around(echo)):
            await api.confirmed(api.says(ANNE, "hallo"))
            await api.confirmed(api.says(ANNE, **NOT_WORDS[name]))

    run(go())
    assert api.said(ANNE)[-1].text == text("telegram.only_words")
    assert echo.texts == ["hallo"]
    assert not api.called("getFile")
    assert set(api.choices(ANNE)) == {"Ja", "Nee"}


def test_an_album_and_a_burst_of_stickers_are_answered_once(run: Any, api: BotApi, echo: Echo) -> None:
    async def go() -> None:
        async with talking(api, around(echo)):
            await api.confirmed(api.says(ANNE, "hallo"))
            for _ in range(4):
                last = api.says(ANNE, media_group_id="g", **NOT_WORDS["photo"])
            await api.confirmed(last)
            for _ in range(4):
                last = api.says(ANNE, **NOT_WORDS["sticker"])
            await api.confirmed(last)

    run(go())
    assert api.texts(ANNE).count(text("telegram.only_words")) == 1


def test_the_words_beside_a_photo_are_read(run: Any, api: BotApi, echo: Echo) -> None:
    async def go() -> None:
        async with talking(api, around(echo)):
            await api.confirmed(api.says(ANNE, caption="dit stuurde mijn ex", **NOT_WORDS["photo"]))

    run(go())
    assert echo.texts == ["dit stuurde mijn ex"]
    assert text("telegram.only_words") in api.texts(ANNE)


@pytest.mark.parametrize("event", [
    {"pinned_message": {"message_id": 1, "date": 0, "chat": {"id": ANNE, "type": "private"}}},
    {"message_auto_delete_timer_changed": {"message_auto_delete_time": 86400}},
], ids=str)  # fmt: skip
def test_what_telegram_itself_says_is_not_answered(run: Any, api: BotApi, echo: Echo, event: dict[str, Any]) -> None:
    async def go() -> None:
        async with talking(api, around(echo)):
            await api.confirmed(api.says(ANNE, **event))

    run(go())
    assert not api.said(ANNE)


def test_an_edit_is_not_read_again_unless_it_shows_danger(run: Any, api: BotApi, echo: Echo) -> None:
    async def go() -> None:
        async with talking(api, around(echo)):
            await api.confirmed(api.says(ANNE, "hallo"))
            await api.confirmed(api.edits(ANNE, "hallo daar"))
            assert api.said(ANNE)[-1].text == text("telegram.edited")
            await api.confirmed(api.edits(ANNE, "met een mes"))

    run(go())
    assert echo.texts == ["hallo", "met een mes"]


def test_a_message_that_waited_too_long_is_not_taken_up_unless_it_shows_danger(
    run: Any, api: BotApi, echo: Echo
) -> None:
    async def go() -> None:
        api.says(ANNE, "gisteren", at=time.time() - 7200)
        last = api.says(BRAM, "hij komt met een mes", at=time.time() - 7200)
        async with talking(api, around(echo)):
            await api.confirmed(last)

    run(go())
    assert text("telegram.late") in api.texts(ANNE)
    assert "hij komt met een mes" in echo.texts and "gisteren" not in echo.texts


# -- pace


def test_a_flood_is_answered_once_and_danger_in_it_is_heard(
    run: Any, api: BotApi, echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.settings import settings

    monkeypatch.setitem(settings().__dict__, "turns_per_minute", 5)

    async def go() -> None:
        async with talking(api, around(echo)):
            for number in range(15):
                last = api.says(ANNE, f"bericht {number}")
            await api.confirmed(last)
            await api.confirmed(api.says(ANNE, "hij heeft een mes"))
            for number in range(20):
                last = api.says(ANNE, f"meer {number}")
            await api.confirmed(last)
            await api.confirmed(api.says(BRAM, "mag ik"))

    run(go())
    assert echo.texts == [*(f"bericht {n}" for n in range(5)), "hij heeft een mes", "mag ik"]
    assert api.texts(ANNE).count(text("fallback.too_fast")) <= 2


# -- places and people that are not for us


@pytest.mark.parametrize("kind", ["group", "supergroup", "channel"])
def test_groups_are_refused_and_left(run: Any, api: BotApi, echo: Echo, kind: str) -> None:
    place = {"id": GROUP, "type": kind, "title": "t"}
    user = {"id": ANNE, "is_bot": False, "first_name": "X"}
    bot = {"id": 123456, "is_bot": True, "first_name": "Halte"}
    added = {
        "chat": place, "from": user, "date": 1,
        "old_chat_member": {"user": bot, "status": "left"}, "new_chat_member": {"user": bot, "status": "member"},
    }  # fmt: skip

    async def go() -> None:
        async with talking(api, around(echo)):
            await api.confirmed(api.push({"my_chat_member": added}))
            said = {"message_id": 9, "date": int(time.time()), "chat": place, "from": user, "text": "hallo"}
            await api.confirmed(api.push({"message": said}))

    run(go())
    assert [params["chat_id"] for params in api.called("leaveChat")] == [str(GROUP)] * 2
    assert text("telegram.group") in api.texts(GROUP) and text("telegram.group", "fr") in api.texts(GROUP)
    assert not echo.heard


def test_who_blocks_the_bot_is_forgotten(run: Any, api: BotApi, echo: Echo) -> None:
    bot = {"id": 123456, "is_bot": True, "first_name": "Halte"}
    blocked = {
        "chat": {"id": ANNE, "type": "private"}, "from": {"id": ANNE, "is_bot": False, "first_name": "X"}, "date": 1,
        "old_chat_member": {"user": bot, "status": "member"},
        "new_chat_member": {"user": bot, "status": "kicked", "until_date": 0},
    }  # fmt: skip

    async def go() -> None:
        async with talking(api, around(echo)) as channel:
            await api.confirmed(api.says(ANNE, "hallo"))
            await api.confirmed(api.says(BRAM, "ook"))
            await api.confirmed(api.push({"my_chat_member": blocked}))
            api.fails("sendMessage", (403, {"description": "Forbidden: bot was blocked by the user"}))
            await api.confirmed(api.says(BRAM, "nog"))
            assert not channel.talk.chats._chats

    run(go())
    assert sorted(echo.forgotten) == sorted({sender for sender, _ in echo.heard})


def test_other_bots_are_not_answered(run: Any, api: BotApi, echo: Echo) -> None:
    async def go() -> None:
        async with talking(api, around(echo)):
            message = api.message(ANNE, "hallo")
            message["from"]["is_bot"] = True
            await api.confirmed(api.push({"message": message}))

    run(go())
    assert not echo.heard and not api.said(ANNE)


# -- erasing


@pytest.mark.parametrize("command", ["/delete", "/wis", "/effacer", "/delete@halte_test_bot"])
def test_delete_takes_away_both_sides_and_forgets(run: Any, api: BotApi, echo: Echo, command: str) -> None:
    async def go() -> None:
        async with talking(api, around(echo)):
            for number in range(3):
                await api.confirmed(api.says(ANNE, f"bericht {number}"))
            await api.confirmed(api.presses(ANNE, "Ja"))
            await api.confirmed(api.says(BRAM, "ik blijf"))
            await api.confirmed(api.says(ANNE, command))

    run(go())
    assert [seen.text for seen in api.chats[ANNE]] == [f"{text('telegram.deleted')}\n\n{text('telegram.delete_rest')}"]
    assert len(api.said(BRAM)) == 1
    anne = echo.heard[0][0]
    assert echo.forgotten == [anne]


def test_delete_works_while_the_engine_is_broken_and_telegram_refuses_a_part(run: Any, api: BotApi, echo: Echo) -> None:
    async def go() -> None:
        async with talking(api, around(echo)):
            await api.confirmed(api.says(ANNE, "oud"))
            await api.confirmed(api.says(ANNE, "nieuw"))
            api.chats[ANNE][0].at -= 49 * 3600  # by the clock of Telegram
            echo.broken = True
            await api.confirmed(api.says(ANNE, "/delete"))

    run(go())
    assert [seen.text for seen in api.chats[ANNE]][0] == "oud"
    assert len(api.chats[ANNE]) == 2
    assert text("telegram.deleted_partly") in api.said(ANNE)[-1].text
    assert echo.forgotten


def test_ids_of_messages_are_dropped_after_two_days_and_then_the_chat(monkeypatch: pytest.MonkeyPatch) -> None:
    chats = Chats()
    chats.of(ANNE, "nl").remember(1)
    now = time.monotonic()
    monkeypatch.setattr("bot.channels.telegram.chats.time.monotonic", lambda: now + 47 * 3600)
    chats.sweep()
    assert list(chats.of(ANNE, "nl").messages)
    monkeypatch.setattr("bot.channels.telegram.chats.time.monotonic", lambda: now + 95.5 * 3600)
    chats.sweep()
    assert not chats._chats


def test_no_number_of_anybody_stays_in_memory(run: Any, api: BotApi, echo: Echo) -> None:
    async def go() -> Any:
        async with talking(api, around(echo)) as channel:
            await api.confirmed(api.says(ANNE, "hallo"))
            await api.confirmed(api.presses(ANNE, "Ja"))
            await api.until(lambda: not channel.inbox.running)
            return channel.talk.chats

    chats = run(go())
    kept = repr(chats._chats) + repr(echo.heard)
    assert len(chats._chats) == 1 and isinstance(next(iter(chats._chats.values())), Chat)
    assert str(ANNE) not in kept
    assert chats.pseudonym(ANNE) != Chats().pseudonym(ANNE), "another start, another pseudonym"
    gc.collect()
