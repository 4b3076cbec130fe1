"""Sessions at the edge: who may say what, exactly once, and always with an answer."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.channels.edge import Pace, cleaned, is_command
from bot.channels.turn import Action, Bubble, Button, Incoming, Outgoing
from bot.content.render import Renderer
from bot.directory.cards import card
from bot.directory.load import open_directory
from bot.directory.query import by_id
from bot.engine import Engine
from bot.quiet import log
from bot.settings import settings
from bot.understanding.text import Words

LIFELINES = {
    "nl": ("emergency_112", "tele_onthaal_106"),
    "fr": ("emergency_112", "ecoute_violences_conjugales"),
}
"""Shown when something fails here: lines that answer day and night."""

LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
MOST_PARTS = 16  # parts of a very long text that are read for danger
MIN_PREFIX = 4  # letters of a label that are enough to mean it
REMEMBERED = 8  # answers kept per session for clients that ask again


Observer = Callable[[Mapping[str, Any], Mapping[str, Any], str], None]
"""Told about each turn: what was known before, what is known now, the channel."""


@dataclass
class Session:
    """One conversation as the edge sees it. The token is its only name outside; inside only a pseudonym."""

    token: str
    language: str
    expires: float
    channel: str = "web"
    informal: bool = False  # French tu
    begun: bool = False  # Halte has said something
    offered: dict[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)  # button id -> label, choice
    answered: OrderedDict[str, Outgoing] = field(default_factory=OrderedDict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    pace: Pace = field(default_factory=lambda: Pace(settings().turns_per_minute))


class Conversations:
    """Everything a channel needs: one turn, and forgetting."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._renderer = Renderer()
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._lifelines = {language: self._lifeline_cards(language) for language in LIFELINES}
        self.observe: Observer | None = None
        self._key = (settings().secret or secrets.token_hex(32)).encode()

    async def turn(self, token: str | None, incoming: Incoming) -> Outgoing:
        """Answer one message. Never raises: whatever happens ends in a reviewed sentence."""
        session = self._sessions.get(token or "")
        if session is None or session.expires < time.monotonic():
            return await self._without_session(token, incoming)
        return await self._in_session(session, incoming)

    def forget(self, token: str) -> None:
        """Erase a conversation; unknown tokens are nothing to erase."""
        session = self._sessions.pop(token, None)
        if session:
            self._engine.forget(self._sender(session))

    def sweep(self) -> None:
        """Erase every conversation that has expired; the least recently used stand first."""
        now = time.monotonic()
        while self._sessions:
            token, session = next(iter(self._sessions.items()))
            if session.expires >= now:
                break
            self.forget(token)

    async def _without_session(self, token: str | None, incoming: Incoming) -> Outgoing:
        if token:
            self.forget(token)
        language = incoming.language if incoming.language in ("nl", "fr") else "nl"
        self.sweep()
        if len(self._sessions) >= settings().max_sessions:
            return self._plain("", language, "fallback.busy", channel=incoming.channel)
        session = self._open(language, incoming.channel)
        if token and not incoming.start:
            # The conversation ended (time, restart of the server). Say so; what was just typed is not replayed.
            gone = self._plain(session.token, language, "fallback.session_gone", channel=session.channel)
            # ... unless it is about danger: then the rest can wait.
            urgent = await self._urgent_part(cleaned(incoming.text or ""), language)
            following = Incoming(text=urgent) if urgent else Incoming(start=True, language=language)
            opening = await self._in_session(session, following)
            return replace(opening, bubbles=gone.bubbles + opening.bubbles)
        return await self._in_session(session, incoming)

    async def _in_session(self, session: Session, incoming: Incoming) -> Outgoing:
        async with session.lock:  # one message in flight; the next waits its turn
            if session.token not in self._sessions:  # erased while this message waited
                return await self._without_session(session.token, incoming)
            if incoming.client_id and incoming.client_id in session.answered:
                return session.answered[incoming.client_id]
            if not session.pace.allows() and not await self._urgent_part(
                cleaned(incoming.text or ""), session.language
            ):
                return await self._again(session, "fallback.too_fast")
            outgoing = await self._answer(session, incoming)
            if incoming.client_id:
                session.answered[incoming.client_id] = outgoing
                while len(session.answered) > REMEMBERED:
                    session.answered.popitem(last=False)
            return outgoing

    async def _answer(self, session: Session, incoming: Incoming) -> Outgoing:
        if incoming.start:
            return await self._run(session, ("", {"intent": "start"}))
        if incoming.choice is not None:
            offered = session.offered.get(incoming.choice)
            return await (self._run(session, offered) if offered else self._again(session, "fallback.unknown_button"))
        text = cleaned(incoming.text or "")
        if incoming.order or incoming.instead:  # not read as an answer, but for danger
            urgent = await self._urgent_part(text, session.language)
            if urgent is None and incoming.instead:
                return await self._again(session, incoming.instead)
            return await self._run(session, urgent or ("", {"intent": incoming.order}))
        if is_command(incoming.text or ""):
            return await self._again(session, "fallback.command")
        if LINK.fullmatch(text):
            return await self._again(session, "fallback.link")
        if not Words.of(text).folded and not any(char.isalnum() for char in text):
            return await self._again(session, "fallback.empty")
        if len(text) > settings().message_limit:
            urgent = await self._urgent_part(text, session.language)
            if urgent is None:
                return await self._again(session, "fallback.too_long", limit=settings().message_limit)
            text = urgent
        return await self._run(session, self._typed_label(session, text) or text)

    async def _urgent_part(self, text: str, language: str) -> str | None:
        """The part of a text, however long, in which a danger or suicide signal is seen; its end is read first."""
        if not text:  # a button was pressed: nothing to read
            return None
        limit = settings().message_limit
        parts = [text[-limit:], *(text[start : start + limit] for start in range(0, len(text) - limit, limit))]
        for part in parts[:MOST_PARTS]:
            try:
                read = await asyncio.wait_for(self._engine.recognise(part, language), settings().turn_seconds)
            except Exception as error:
                log("urgent_failed", error_class=type(error).__name__)
                return part  # what cannot be read is not waved away: the turn itself will show the help
            if {"danger", "suicide"} & set(read.flags):
                return part
        return None

    @staticmethod
    def _typed_label(session: Session, text: str) -> tuple[str, Mapping[str, str]] | None:
        """A button somebody typed instead of pressing, whole or its beginning ("een plan")."""
        typed = Words.of(text).folded
        labels = [(Words.of(offer[0]).folded, offer) for offer in session.offered.values()]
        begun = [offer for label, offer in labels if label.startswith(typed + " ") and len(typed) >= MIN_PREFIX]
        whole = [offer for label, offer in labels if label == typed]
        found = whole or begun
        return found[0] if len(found) == 1 else None

    async def _run(self, session: Session, said: Any) -> Outgoing:
        sender = self._sender(session)
        session.begun = True
        # Only here, where the engine saves what it knows: else a session could outlive its stored conversation.
        session.expires = time.monotonic() + settings().session_minutes * 60
        self._sessions.move_to_end(session.token)
        try:
            before = await self._engine.state(sender)
            if isinstance(said, str):
                coming = self._engine.say(sender, said, session.language, session.channel)
            else:
                coming = self._engine.choose(sender, said[1], said[0], session.language, session.channel)
            messages = await asyncio.wait_for(coming, settings().turn_seconds)
            state = await self._engine.state(sender)
        except Exception as error:  # the last net: silence or a stack trace is never an answer
            log("turn_failed", error_class=type(error).__name__)
            return await self._help(session)
        finally:
            if session.token not in self._sessions:  # erased while it was being answered: what was stored goes too
                self._engine.forget(sender)
        if self.observe:
            self.observe(before, state, "web")
        session.language = state.get("language", session.language)
        session.informal = bool(state.get("informal"))
        if any(before.get(name) != state.get(name) for name in ("pending", "node", "step")):
            session.offered = {}  # another question is open now, or none: old choices no longer answer anything
        bubbles, buttons = self._shape(session, messages)
        ended = bool(state.get("facts", {}).get("erased"))
        if ended:
            self.forget(session.token)
            buttons = []
        return Outgoing(session.token, bubbles, buttons, session.language, ended=ended, state=state)

    def _shape(self, session: Session, messages: list[dict[str, Any]]) -> tuple[list[Bubble], list[Button]]:
        """Rasa's messages as bubbles; the buttons among them replace the ones that were on offer."""
        bubbles: list[Bubble] = []
        buttons: list[Button] = []
        offered: dict[str, tuple[str, Mapping[str, str]]] = {}
        for message in messages:
            custom = message.get("custom") or {}
            bubbles.append(_bubble(message.get("text") or "", custom, session.language))
            for entry in message.get("buttons") or []:
                identifier = secrets.token_urlsafe(6)
                offered[identifier] = (entry["title"], entry["choice"])
                buttons.append(Button(identifier, entry["title"]))
        if not offered:  # something was answered in between: the open choices stay open
            return bubbles, [Button(identifier, label) for identifier, (label, _) in session.offered.items()]
        session.offered = offered
        return bubbles, buttons

    async def _again(self, session: Session, key: str, **values: int) -> Outgoing:
        """A reviewed sentence beside the choices that are still open; before anything was said, the opening."""
        answer = self._plain(session.token, session.language, key, session.informal, session.channel, **values)
        if not session.begun and key != "fallback.error":
            opening = await self._run(session, ("", {"intent": "start"}))
            return replace(opening, bubbles=answer.bubbles + opening.bubbles)
        buttons = [Button(identifier, label) for identifier, (label, _) in session.offered.items()]
        return Outgoing(answer.session, answer.bubbles, buttons, answer.language)

    async def _help(self, session: Session) -> Outgoing:
        """Something failed: the fixed sentence with 112 and a line where a human answers."""
        answer = await self._again(session, "fallback.error")
        return replace(answer, bubbles=answer.bubbles + self._lifelines[session.language])

    def help(self, language: str, channel: str) -> list[Bubble]:
        """The same for a channel in which something failed outside any turn."""
        return self._plain("", language, "fallback.error", channel=channel).bubbles + self._lifelines[language]

    def _lifeline_cards(self, language: str) -> list[Bubble]:
        """Made at start, so that they are there when the database is not."""
        with open_directory()() as database:
            found = by_id(database, LIFELINES[language])
        cards = [self._renderer.card(card(match, language), language, False) for match in found]
        return [_bubble(entry["title"], {"kind": "card", "card": entry}, language) for entry in cards]

    def _plain(
        self, token: str, language: str, key: str, informal: bool = False, channel: str = "web", **values: int
    ) -> Outgoing:
        text = self._renderer.on(channel).text(key, language, informal, dict(values))
        return Outgoing(token, [Bubble("text", text, language)], [], language)

    def _open(self, language: str, channel: str) -> Session:
        expires = time.monotonic() + settings().session_minutes * 60
        session = Session(secrets.token_urlsafe(24), language, expires, channel)
        self._sessions[session.token] = session
        return session

    def _sender(self, session: Session) -> str:
        return hmac.new(self._key, session.token.encode(), hashlib.sha256).hexdigest()[:32]


def _bubble(text: str, custom: Mapping[str, Any], language: str) -> Bubble:
    shown = custom.get("card")
    if not shown:
        return Bubble(custom.get("kind", "text"), text, custom.get("language", language))
    return Bubble(
        custom.get("kind", "card"), text, custom.get("language", language), title=shown["title"],
        lines=list(shown["lines"]), actions=[Action(**action) for action in shown["actions"]],
        urgent=bool(shown.get("urgent")),
    )  # fmt: skip
