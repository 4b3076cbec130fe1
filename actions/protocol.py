"""The fixed paths (start, danger, suicide, minor, witness ...): entering, walking, leaving them."""

from __future__ import annotations

from collections.abc import Callable

from rasa_sdk.events import EventType

from actions.refer import show_services
from actions.support import INTERVIEW, PLAN, PROTOCOL, Journey, Turn, button, option_button
from bot.content.schema import PLATFORM, Option
from bot.recognition import interview, protocol
from bot.recognition.answers import ASKS, SURE_INTERRUPTION, interpret, literal
from bot.recognition.taxonomy import most_urgent

ATTEMPTS = 2
EVIDENCE_FORMS = 2
OPEN_PROTOCOLS = ("start",)  # paths that anything a person tells may interrupt


def begin(turn: Turn, name: str, node: str | None = None) -> list[EventType]:
    """Start a protocol, at ``node`` or at its beginning; an open interview can be taken up again later."""
    case = turn.case
    if name not in case.handled:
        case.handled.append(name)
    if (turn.loop == INTERVIEW and case.pending) or (turn.loop == PLAN and case.step):
        case.resume = turn.loop
    case.node = f"{name}.{node}" if node else protocol.first(turn.content, name)
    case.waiting, case.failed = False, 0
    return turn.done(then=PROTOCOL)


def begin_minor(turn: Turn) -> list[EventType]:
    """The protected path, at the place that fits: somebody else's child, blackmail with images, or its beginning."""
    case = turn.case
    if case.role in ("witness", "professional"):
        return begin(turn, "minor", "about_other")
    case.informal = True
    return begin(turn, "minor", "sextortion_first" if {"sextortion", "image_abuse"} & set(case.forms) else None)


def new_crisis(turn: Turn) -> str | None:
    """The most urgent signal of this message that its protocol is not already answering."""
    walked = (turn.case.node or "").partition(".")[0] if turn.loop == PROTOCOL else ""  # a path left is kept as node
    answered = {walked} | ({"minor"} & set(turn.case.handled))
    flags = [flag for flag in turn.read.flags if flag not in answered]
    if walked in ("danger", "suicide"):  # out of a crisis only words lead into another, no guess
        flags = [flag for flag in flags if turn.read.flag_evidence.get(flag)]
    return most_urgent(flags, turn.read.flag_evidence)


def interrupts(turn: Turn) -> bool:
    """Whether a message asks for something else instead of answering."""
    if turn.intent == "ask_question":
        return True
    if turn.choice:
        return turn.choice["intent"] != "choose"
    return turn.read.act in ASKS and turn.read.act_confidence >= SURE_INTERRUPTION


class ValidateProtocolForm(Journey):
    """One move through a protocol: understand the answer, say the next nodes, leave the question open."""

    action_name = "validate_protocol_form"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        case = turn.case
        if case.repeat and case.node:
            case.repeat = False
            ask(turn, case.node)
            return turn.wait()
        if not case.waiting:
            return await self._move(turn, case.node or protocol.first(turn.content, "start"))
        assert case.node is not None
        here = protocol.node(turn.content, case.node)
        if new_crisis(turn):
            return turn.reject(PROTOCOL)
        said = literal(here.options, turn.text, turn.option)
        if turn.intent == "ask_question" and not said and not self._asks_harm(turn):
            return turn.reject(PROTOCOL)
        chosen = said or interpret(here.options, turn.read, turn.text, turn.option)
        option = next((option for option in here.options if option.id == chosen), None)
        if option:
            case.failed = 0
            interview.apply(case, option.sets)
            return await self._go(turn, protocol.answer(turn.content, case, option))
        if self._asks_harm(turn):
            turn.say("answer.ask_harm")
            ask(turn, case.node)
            return turn.wait()
        if (
            turn.intent == "ask_question"
            or interrupts(turn)
            or (turn.read.act == "tell" and case.node.partition(".")[0] in OPEN_PROTOCOLS)
        ):
            return turn.reject(PROTOCOL)
        case.failed += 1
        if chosen == "skip" or case.failed >= ATTEMPTS:
            case.failed = 0
            target = here.otherwise or protocol.DEFAULT_END
            return await self._go(turn, target if target.startswith("@") else f"{case.node.partition('.')[0]}.{target}")
        turn.say("interview.answer_hint")
        ask(turn, case.node)
        return turn.wait()

    @staticmethod
    def _asks_harm(turn: Turn) -> bool:
        return turn.case.role == "perpetrator" and "ask_harm" in [name for name, _ in turn.read.ranking[:2]]

    async def _go(self, turn: Turn, target: str) -> list[EventType]:
        if target.startswith("@"):
            turn.case.goto, turn.case.node = target, None
            return turn.finish()
        return await self._move(turn, target)

    async def _move(self, turn: Turn, key: str) -> list[EventType]:
        turn.case.greeted = True
        steps = protocol.walk(turn.content, key)
        for visited in steps.visited:
            await say(turn, visited)
        if steps.waiting:
            known = protocol.known_answer(turn.content, turn.case, steps.waiting)
            if known:
                interview.apply(turn.case, known.sets)
                turn.case.node = steps.waiting
                return await self._go(turn, protocol.answer(turn.content, turn.case, known))
            turn.case.node, turn.case.waiting = steps.waiting, True
            ask(turn, steps.waiting)
            return turn.wait()
        turn.case.goto, turn.case.node = steps.goto, None
        return turn.finish()


async def say(turn: Turn, key: str) -> None:
    """Everything a node says and shows, without its question."""
    here = protocol.node(turn.content, key)
    for index in range(len(here.say)):
        turn.say(f"protocol:{key}.say.{index}")
    for shown in here.shows:
        if not shown.startswith(PLATFORM):
            SHOWS[shown](turn)
    cards = [shown[len(PLATFORM) :] for shown in here.shows if shown.startswith(PLATFORM)]
    if cards:
        turn.ask("platform.which", [button(f"platform:{name}.name", "show_platform", name) for name in cards])
    await show_services(turn, here.services)


def show_evidence(turn: Turn) -> None:
    """What to keep for the forms that were heard."""
    forms = [form for form in turn.case.ranked_forms() if form in turn.content.forms][:EVIDENCE_FORMS]
    for form in forms:
        if turn.content.forms[form].evidence:
            turn.say("evidence.for_form", form={"key": f"form:{form}.name"})
        for index in range(len(turn.content.forms[form].evidence)):
            turn.item(f"form:{form}.evidence.{index}")


def show_notes(turn: Turn) -> None:
    """The page on which somebody keeps a list of what happened, on paper or on this device only."""
    turn.page("notes.card", "notes.open", "notes")


SHOWS: dict[str, Callable[[Turn], None]] = {"evidence": show_evidence, "notes": show_notes}


def ask(turn: Turn, key: str) -> None:
    """The question of a node with its buttons."""
    options: list[Option] = protocol.node(turn.content, key).options
    turn.ask(f"protocol:{key}.ask", [option_button(f"protocol:{key}", option) for option in options])


def route(turn: Turn, target: str | None) -> list[EventType]:
    """Go where a finished path leads."""
    case = turn.case
    name = (target or protocol.DEFAULT_END)[1:]
    if name in turn.content.protocols:
        return begin(turn, name)
    if case.minor and "minor" not in case.handled and name in ("return", "next"):
        return begin_minor(turn)
    if name in ("return", "interview"):
        left, case.resume = case.resume, None
        case.repeat = left is not None
        return turn.done(then=left or (INTERVIEW if case.forms else "action_next"))
    case.resume = None
    follow_up = {"next": "action_next", "refer": "action_refer", "plan": "action_plan"}
    return turn.done(then=follow_up[name]) if name in follow_up else turn.done()


class ActionAfterProtocol(Journey):
    """A protocol has come to its end."""

    action_name = "action_after_protocol"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        target, turn.case.goto = turn.case.goto, None
        return route(turn, target)
