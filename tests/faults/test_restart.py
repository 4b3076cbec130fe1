"""The server dies half-way through a conversation and comes back."""

from __future__ import annotations

from pathlib import Path

from bot.content.catalogue import catalogue
from tests.serving import Server


def test_killed_and_restarted(tmp_path: Path) -> None:
    """The conversation is gone (it lived in memory only); the person is told and can go on at once."""
    server = Server(tmp_path).start()
    try:
        first = server.turn(None, start=True, language="nl")
        told = server.turn(first["session"], text="mijn ex leest al mijn berichten", client_id="1")
        assert any("Klopt dat?" in bubble["text"] for bubble in told["bubbles"])
        server.stop(hard=True)
        server.start()
        after = server.turn(told["session"], text="ja", client_id="2")
        gone = catalogue().text("fallback.session_gone").nl
        assert after["bubbles"][0]["text"] == gone
        assert after["session"] != told["session"]
        assert after["buttons"]
    finally:
        server.stop()
