"""What every action needs: the case, what was just said, and a way to speak by content key."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActionExecutionRejected, ActiveLoop, EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.content.catalogue import Catalogue, catalogue
from bot.content.schema import Option
from bot.directory.cards import card
from bot.directory.query import Match
from bot.directory.wishes import wish_in
from bot.recognition.case import Case
from bot.understanding.understanding import Understanding

LISTEN = "action_listen"
INTERVIEW, PROTOCOL, PLAN = "recognise_form", "protocol_form", "plan_form"
TU = re.compile(r"\b(stp|tu peux|peux[- ]tu|t'es|tes un|aide[sz]?[- ]moi stp|dis[- ]moi)\b", re.IGNORECASE)
SWITCH_WORDS = 5  # words in the other language after which the conversation follows

Button = dict[str, Any]


class Turn:
    """One message of the person and Halte's answer to it."""

    def __init__(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
        self._dispatcher = dispatcher
        message: Mapping[str, Any] = tracker.latest_message or {}
        self.case = Case.from_dict(tracker.get_slot("case"))
        self.text: str = message.get("text") or ""
        self.choice: Mapping[str, str] = message.get("choice") or {}
        self.intent: str = (message.get("intent") or {}).get("name") or ""
        if tracker.latest_action_name in (None, LISTEN):
            self.case.repeat = False  # only what happened within this turn makes a form repeat its question
        self.loop: str | None = (tracker.active_loop or {}).get("name")
        self.content: Catalogue = catalogue()
        self.read = self._understanding(message)
        self._follow_language(message)

    def _understanding(self, message: Mapping[str, Any]) -> Understanding:
        if message.get("understanding"):
            return Understanding.from_dict(message["understanding"])
        return Understanding(language=self.case.language, act=self.intent, act_confidence=1.0)

    def _follow_language(self, message: Mapping[str, Any]) -> None:
        """Take the language of the first words; later only when somebody clearly switches."""
        case, read = self.case, self.read
        hint = (message.get("metadata") or {}).get("language")
        if not case.greeted and hint in ("nl", "fr"):
            case.language = hint
        asked = self.choice or self.intent in ("speak_dutch", "speak_french")
        clear = (
            read.language_sure and read.understood and not read.mixed and read.language in ("nl", "fr") and not asked
        )
        if clear and read.language in ("nl", "fr") and (not case.greeted or len(self.text.split()) >= SWITCH_WORDS):
            case.language = read.language
        if (case.minor and case.role not in ("witness", "professional")) or (
            case.language == "fr" and TU.search(self.text)
        ):
            case.informal = True

    @property
    def option(self) -> str | None:
        """The option of the open question whose button was pressed; other buttons have options of their own."""
        if not self.choice:
            return None
        return self.choice.get("option", "") if self.choice.get("intent") == "choose" else ""

    def say(self, key: str, **values: Any) -> None:
        """One bubble: the content text ``key`` with ``values`` filled in."""
        self._utter(key, values)

    def quote(self, key: str, **values: Any) -> None:
        """One bubble with the person's own words."""
        self._utter(key, values, kind="quote")

    def item(self, key: str, **values: Any) -> None:
        """One item of a list."""
        self._utter(key, values, kind="item")

    def ask(self, key: str, options: Sequence[Button], **values: Any) -> None:
        """One bubble with buttons."""
        self._utter(key, values, options=options)

    def sheet(self, title: str, lines: Sequence[Any], actions: Sequence[Mapping[str, Any]]) -> None:
        """A list to look at or take along; ``title`` is a content key, lines and labels are values."""
        content = {"title": {"key": title}, "lines": list(lines), "actions": list(actions)}
        self._utter(title, {}, kind="sheet", card=content)

    def page(self, title: str, label: str, name: str) -> None:
        """A link to another page of ours; ``title`` and ``label`` are content keys."""
        action = {"kind": "page", "label": {"key": label}, "href": f"{name}?l={self.case.language}"}
        self._utter(title, {}, kind="card", card={"title": {"key": title}, "lines": [], "actions": [action]})

    def show(self, match: Match) -> None:
        """The card of a service."""
        content = card(match, self.case.language, self.case.careful)
        self._utter("card.title", {"name": content["title"]}, kind="card", card=content)

    def _utter(
        self, key: str, values: Mapping[str, Any], kind: str = "text",
        options: Sequence[Button] = (), card: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        self._dispatcher.utter_message(
            response=key, language=self.case.language, informal=self.case.informal, values=dict(values),
            options=list(options), kind=kind, card=card,
        )  # fmt: skip

    @property
    def wish(self) -> str | None:
        """What somebody types about services that were shown, or as the answer to "where?"."""
        asked = "place_asked" in self.case.facts
        story = self.read.forms or self.read.flags or self.intent.startswith("signal_")
        if self.choice or story or self.loop or not (asked or self.case.shown):
            return None
        return wish_in(self.text, asked)

    def greet_once(self) -> None:
        """Say who is speaking, once, to somebody who starts straight with a story."""
        if not self.case.greeted:
            self.case.greeted = True
            self.say("hello.short")

    def done(self, *events: EventType, then: str = LISTEN) -> list[EventType]:
        """The events that end this action; every action says what comes next, so no rule has to guess."""
        return [SlotSet("case", self.case.to_dict()), *events, FollowupAction(then)]

    def leave_form(self, then: str = LISTEN) -> list[EventType]:
        """End this action and whatever form was walked."""
        self.case.pending, self.case.waiting, self.case.step = None, False, None
        return self.done(ActiveLoop(None), SlotSet("requested_slot", None), SlotSet("answer", None), then=then)

    def leave_pending(self) -> list[EventType]:
        """End this action and the form, but remember the open question for later."""
        return self.done(ActiveLoop(None), SlotSet("requested_slot", None), SlotSet("answer", None))

    def resume(self) -> list[EventType]:
        """Back to the open question after something else was answered, if there is one."""
        if self.loop in (INTERVIEW, PROTOCOL, PLAN):
            self.case.repeat = True
            return self.done(then=self.loop)
        return self.done()

    def wait(self) -> list[EventType]:
        """Inside a form: the question stays open."""
        return [SlotSet("case", self.case.to_dict()), SlotSet("answer", None)]

    def finish(self) -> list[EventType]:
        """Inside a form: nothing more to ask."""
        self.case.pending, self.case.waiting = None, False
        return [SlotSet("case", self.case.to_dict()), SlotSet("answer", "done")]

    def reject(self, form: str) -> list[EventType]:
        """Inside a form: this was not an answer; the rules decide."""
        return [SlotSet("case", self.case.to_dict()), ActionExecutionRejected(form)]


def button(label: str, intent: str, option: str = "") -> Button:
    """A button whose label is a content key."""
    return {"label": {"key": label}, "choice": {"intent": intent, "option": option}}


def option_button(owner: str, option: Option) -> Button:
    """The button for an option written in content; ``owner`` is the key of its question or node."""
    return button(f"{owner}.options.{option.id}.label", "choose", option.id)


async def in_thread(function: Any, *args: Any) -> Any:
    """Run blocking work (the database) beside the event loop."""
    return await asyncio.get_running_loop().run_in_executor(None, function, *args)


class Journey(Action):
    """An action that works on a :class:`Turn`; subclasses give ``action_name`` and :meth:`act`."""

    action_name = ""
    follows_wishes = True  # "only chat" under the cards of services goes back to them, whatever it was taken for

    def name(self) -> str:
        """Name in the domain."""
        return self.action_name

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """See :class:`rasa_sdk.Action`."""
        turn = Turn(dispatcher, tracker)
        if self.follows_wishes and turn.wish:
            return turn.done(then="action_refer")
        return await self.act(turn)

    async def act(self, turn: Turn) -> list[EventType]:
        """Answer; subclasses only."""
        raise NotImplementedError
