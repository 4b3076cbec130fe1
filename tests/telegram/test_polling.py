"""The way from Telegram and back: nothing lost, nothing twice, in order, whatever the network does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.channels.telegram import courier, polling
from tests.telegram.conftest import Echo, around, talking
from tests.telegram.stand_in import BotApi

ANNE, BRAM = 5550001, 5550002


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "BUSY_SECONDS", 0.05)
    monkeypatch.setattr(courier, "FIRST_WAIT", 0.02)


def test_a_message_is_answered_silent_protected_and_without_previews(run: Any, api: BotApi, echo: Echo) -> None:
    async def go() -> None:
        async with talking(api, around(echo)):
            await api.confirmed(api.says(ANNE, "hallo"))

    run(go())
    assert echo.texts == ["hallo"]
    assert echo.channels == {"telegram"}
    for params in api.called("sendMessage"):
        assert params["disable_notification"] == params["protect_content"] == "true"
        assert params["link_preview_options"] == {"is_disabled": True}
        assert "parse_mode" not in params
    assert api.said(ANNE)[-1].text.endswith("echo: hallo")
    assert [key["text"] for key in api.said(ANNE)[-1].keys] == ["Ja", "Nee"]
    menus = api.called("setMyCommands")
    assert [menu.get("language_code") for menu in menus] == [None, "fr"]
    assert {entry["command"] for entry in menus[0]["commands"]} == {"start", "stop", "delete", "help", "nl", "fr"}


def test_updates_are_confirmed_only_after_they_were_handled_and_nobody_waits_for_another(
    run: Any, api: BotApi, echo: Echo
) -> None:
    echo.slow = {"traag"}

    async def go() -> None:
        async with talking(api, around(echo)):
            slow = api.says(ANNE, "traag")
            second = api.says(ANNE, "daarna")
            other = api.says(BRAM, "ik ook")
            await api.until(lambda: "echo: ik ook" in api.texts(BRAM))
            await asyncio.sleep(0.3)
            assert api.confirmed_to <= slow, "confirmed before it was answered"
            assert echo.texts == ["ik ook"], "one message in flight per chat"
            echo.gate.set()
            await api.confirmed(other)
            assert second < api.confirmed_to

    run(go())
    assert echo.texts == ["ik ook", "traag", "daarna"], "handled once each, in order"


def test_what_was_not_answered_comes_again_after_a_restart(run: Any, api: BotApi, echo: Echo) -> None:
    echo.slow = {"traag"}

    async def go(patch: pytest.MonkeyPatch) -> None:
        from bot.channels.telegram import service

        patch.setattr(service, "SETTLE_SECONDS", 0.1)
        async with talking(api, around(echo)):
            done = api.says(BRAM, "klaar")
            await api.confirmed(done)
            api.says(ANNE, "traag")
            await api.until(lambda: len(api.calls) and api.updates)
            await asyncio.sleep(0.2)
        echo.gate.set()
        async with talking(api, around(echo)):
            await api.until(lambda: "echo: traag" in api.texts(ANNE))

    with pytest.MonkeyPatch.context() as patch:
        run(go(patch))
    assert echo.texts == ["klaar", "traag"]


RATE = (429, {"description": "Too Many Requests: retry after 1", "parameters": {"retry_after": 1}})
BROKEN = (502, {"description": "Bad Gateway"})
INTERNAL = (500, {"description": "Internal Server Error"})
CONFLICT = (409, {"description": "Conflict: terminated by other getUpdates request"})
GARBLED = (200, b"<html>not json")
DROPPED = (0, None)


@pytest.mark.parametrize("faults", [[RATE], [BROKEN, INTERNAL], [DROPPED]], ids=str)
def test_a_message_is_sent_again_after_a_failure(run: Any, api: BotApi, echo: Echo, faults: list[Any]) -> None:

    async def go() -> None:
        async with talking(api, around(echo)):
            await api.until(lambda: api.called("getUpdates"))
            api.fails("sendMessage", *faults)
            await api.confirmed(api.says(ANNE, "hallo"))

    run(go())
    assert api.texts(ANNE).count("echo: hallo") == 1
    if faults == [RATE]:
        first, again = api.times["sendMessage"]
        assert again - first >= 1.0, "429 says how long to wait"


@pytest.mark.parametrize("fault", [RATE, BROKEN, INTERNAL, CONFLICT, GARBLED, DROPPED], ids=lambda fault: str(fault[0]))
def test_asking_goes_on_after_a_failure(run: Any, api: BotApi, echo: Echo, fault: Any) -> None:
    api.fails("getUpdates", fault, fault)

    async def go() -> None:
        async with talking(api, around(echo)):
            await api.confirmed(api.says(ANNE, "hallo"))

    run(go())
    assert echo.texts == ["hallo"]


@pytest.mark.parametrize("method", ["getMe", "deleteWebhook", "setMyCommands"])
def test_a_start_in_bad_weather_succeeds_later(run: Any, api: BotApi, echo: Echo, method: str) -> None:
    api.fails(method, BROKEN, DROPPED)

    async def go() -> None:
        async with talking(api, around(echo)):
            await api.confirmed(api.says(ANNE, "hallo"))

    run(go())
    assert echo.texts == ["hallo"]


def test_a_webhook_left_behind_is_taken_away_and_its_updates_are_kept(run: Any, api: BotApi, echo: Echo) -> None:
    api.webhook = {"url": "https://old.example/"}

    async def go() -> None:
        waiting = api.says(ANNE, "wachtte")
        async with talking(api, around(echo)):
            await api.confirmed(waiting)

    run(go())
    assert echo.texts == ["wachtte"]


def test_a_refused_token_ends_the_channel_and_nothing_else(run: Any, api: BotApi, echo: Echo) -> None:
    from bot.channels.telegram.service import Telegram

    async def go() -> None:
        channel = Telegram(around(echo), "1:wrong", api.url)
        await asyncio.wait_for(channel.run(), 5)
        await channel.stop()

    run(go())
    assert api.called("getUpdates") in ([], api.called("getUpdates")[:1])


def test_a_token_that_is_revoked_while_talking_ends_the_channel(run: Any, api: BotApi, echo: Echo) -> None:
    from bot.channels.telegram.service import Telegram

    async def go() -> None:
        channel = Telegram(around(echo), "123456:stand-in-AbCdEf", api.url)
        running = asyncio.create_task(channel.run())
        await api.until(lambda: api.called("getUpdates"))
        api.fails("getUpdates", (401, {"description": "Unauthorized"}))
        api.says(ANNE, "hallo")
        await asyncio.wait_for(running, 10)
        await channel.stop()

    run(go())


MALFORMED: list[Any] = [
    {"message": None},
    {"message": {}},
    {"message": "tekst"},
    {"message": {"message_id": 1, "date": 0}},
    {"message": {"message_id": 1, "date": "gisteren", "chat": {"id": 1, "type": "private"}, "text": "x"}},
    {"message": {"message_id": 1, "date": 1, "chat": {"type": "private"}, "text": "x"}},
    {"callback_query": {"id": "1"}},
    {"callback_query": {"id": "1", "from": {"id": 1, "is_bot": False, "first_name": "X"}, "chat_instance": "1"}},
    {"my_chat_member": {}},
    {"a_kind_of_tomorrow": {"x": 1}},
    {},
]


@pytest.mark.parametrize("update", MALFORMED, ids=str)
def test_an_update_that_cannot_be_read_holds_nobody_up(run: Any, api: BotApi, echo: Echo, update: Any) -> None:
    async def go() -> None:
        async with talking(api, around(echo)):
            api.push(dict(update))
            await api.confirmed(api.says(ANNE, "hallo"))

    run(go())
    assert echo.texts == ["hallo"]


def test_an_update_that_comes_twice_is_answered_once(run: Any, api: BotApi, echo: Echo) -> None:
    echo.slow = {"traag"}

    async def go() -> None:
        async with talking(api, around(echo)):
            update = {"message": api.message(ANNE, "een keer")}
            api.push(update)
            api.push(dict(update))  # same id, same batch
            api.says(ANNE, "traag")  # holds back what is confirmed, so that all comes again
            api.says(BRAM, "verder")
            asked = len(api.called("getUpdates"))
            await api.until(lambda: len(api.called("getUpdates")) > asked + 3)
            echo.gate.set()
            await api.confirmed(api.says(BRAM, "klaar"))

    run(go())
    assert echo.texts == ["een keer", "verder", "traag", "klaar"]
    assert api.texts(BRAM).count("echo: verder") == 1  # the edge knows repeats too; they must not be sent either


def test_updates_out_of_order_are_answered_in_order(run: Any, api: BotApi, echo: Echo) -> None:
    first, second, third = ({"message": api.message(ANNE, text)} for text in ("een", "twee", "drie"))
    api.push(third, 900_003)
    api.push(first, 900_001)
    api.push(second, 900_002)

    async def go() -> None:
        async with talking(api, around(echo)):
            await api.confirmed(900_003)

    run(go())
    assert echo.texts == ["een", "twee", "drie"]


def test_counting_may_begin_anew_after_a_quiet_time(
    run: Any, api: BotApi, echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "POLL_SECONDS", 0)

    async def go() -> None:
        async with talking(api, around(echo)):
            await api.confirmed(api.says(ANNE, "eerst"))
            await api.until(lambda: api.called("getUpdates")[-1]["offset"] == "0")
            api.push({"message": api.message(ANNE, "lager")}, 5)
            await api.until(lambda: "echo: lager" in api.texts(ANNE))

    run(go())


def test_an_engine_that_fails_ends_in_help(run: Any, api: BotApi, echo: Echo) -> None:
    echo.broken = True

    async def go() -> None:
        async with talking(api, around(echo)):
            await api.confirmed(api.says(ANNE, "hallo"))

    run(go())
    said = api.texts(ANNE)
    assert "Er ging hier iets mis" in said and "112" in said and "106" in said


def test_a_channel_that_fails_ends_in_help(run: Any, api: BotApi, echo: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.channels.telegram import talk

    def broken(*_: Any) -> Any:
        raise RuntimeError("boom")

    async def go() -> None:
        async with talking(api, around(echo)):
            with monkeypatch.context() as patch:
                patch.setattr(talk.Talk, "_notice", broken)
                await api.confirmed(api.says(ANNE, "hallo"))
            await api.confirmed(api.says(ANNE, "nog eens"))

    run(go())
    said = api.texts(ANNE)
    assert "Er ging hier iets mis" in said and "106" in said
    assert "echo: nog eens" in said


def test_neither_token_nor_words_nor_numbers_are_logged(
    run: Any, api: BotApi, echo: Echo, caplog: pytest.LogCaptureFixture
) -> None:
    api.fails("getMe", BROKEN)
    api.fails("getUpdates", CONFLICT)

    async def go() -> None:
        async with talking(api, around(echo)):
            api.push({"message": {"message_id": 1, "text": "kanarie", "chat": {}}})
            api.fails("sendMessage", BROKEN, DROPPED)
            await api.confirmed(api.says(ANNE, "kanarie"))
            echo.broken = True
            await api.confirmed(api.says(ANNE, "kanarie twee"))

    run(go())
    shown = caplog.text  # before any filter: what the levels of the loggers let through
    assert "telegram_polling" in shown, "our own lines are there"
    for secret in ("stand-in-AbCdEf", "kanarie", str(ANNE)):
        assert secret not in shown
