"""A real `halte serve` in Telegram: killed without warning it loses no message, and what was said is not on disk."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from tests.serving import Server
from tests.telegram.stand_in import TOKEN, BotApi

ANNE, BRAM = 98127634501, 98127634502
CANARIES = ("kanarievogeltje", str(ANNE), str(BRAM), TOKEN.partition(":")[2])


def test_killed_and_started_again(run: Any, api: BotApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HALTE_TELEGRAM_TOKEN", TOKEN)
    monkeypatch.setenv("HALTE_TELEGRAM_API", api.url)
    server = Server(tmp_path)

    async def started() -> None:
        await asyncio.get_running_loop().run_in_executor(None, server.start)

    async def go() -> None:
        await started()
        await api.confirmed(api.says(ANNE, "mijn ex leest al mijn berichten, kanarievogeltje"))
        assert "Klopt dat?" in api.texts(ANNE)
        api.paused.add("sendMessage")  # the answer cannot go out ...
        waiting = api.says(BRAM, "hij staat nu voor mijn deur en heeft een mes bij, kanarievogeltje")
        await api.until(lambda: len(api.called("sendMessage")) > len(api.said(ANNE)))
        server.stop(hard=True)  # ... when the process dies
        assert api.confirmed_to <= waiting
        api.paused.clear()
        await started()
        await api.confirmed(waiting)
        assert "112" in api.texts(BRAM)
        await api.confirmed(api.presses(ANNE, "Ja"))  # a button from before: explained, and begun anew
        assert len(api.said(ANNE)) > 1

    try:
        run(go())
    finally:
        server.stop()
    looked = 0
    for folder, _, names in os.walk(tmp_path):
        for name in names:
            looked += 1
            data = Path(folder, name).read_bytes()
            assert not [canary for canary in CANARIES if canary.encode() in data], f"in {name}"
    assert looked >= 2 and "telegram_polling" in server.log.read_text()
