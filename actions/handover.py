"""A person is wanted: who answers, and, where a helpline runs a desk, what may be passed on to it, line by line.

Everything goes by buttons of one intent (``talk_to_human`` with an option), so that nothing has to be trained for it.
What was chosen is kept in ``case.handover`` for as long as the conversation lives.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from rasa_sdk.events import EventType

from actions.refer import look_up
from actions.support import Button, Journey, Turn, button, in_thread
from bot.content.render import Renderer
from bot.directory.query import Match, by_id
from bot.handover.database import engine
from bot.handover.draft import CONTACTS, HOURS, Proposal, draft
from bot.handover.handovers import Handovers
from bot.handover.summary import Line, Summary
from bot.handover.vault import open_vault
from bot.settings import settings

KEEP, DROP = "keep", "drop"


class ActionHuman(Journey):
    """Somebody wants a person: say what we are, then who answers; or one step of passing something on."""

    action_name = "action_human"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        turn.case.greeted = True
        name, _, value = turn.choice.get("option", "").partition(":")
        receiver = await receiving(turn) if name else None
        if receiver is None:
            turn.say("answer.talk_to_human")
            turn.case.shown.clear()
            return turn.done(then="action_refer")
        await step(turn, receiver, name, value)
        return turn.leave_form()


async def step(turn: Turn, receiver: Match, name: str, value: str) -> None:
    """One move: terms, how and when, each line, the whole, the code."""
    chosen = turn.case.handover
    title = receiver.service.name[turn.case.language]
    if chosen.get("code") and name != "erase":  # passed on already: the code again, never a second hand-over
        turn.say("handover.sent", code=chosen["code"])
        _onwards(turn, _button("handover.erase", "erase"))
    elif name == "send" and chosen.get("confirmed") == "asked":
        await _send(turn, receiver)
    elif name == "erase":
        await _erase(turn)
    elif name == "cancel":
        turn.case.handover = {}
        turn.say("handover.cancelled")
        _onwards(turn)
    elif name == "contact" and value in CONTACTS:
        chosen["contact"] = value
        turn.ask("handover.hours_ask", [_button(f"handover.choose_{hours}", f"hours:{hours}") for hours in HOURS])
    elif name == "hours" and value in HOURS:
        chosen["hours"] = value
        _next_line(turn, title)
    elif name == "again":
        turn.case.handover = {key: kept for key, kept in chosen.items() if key in ("contact", "hours")}
        _next_line(turn, title)
    elif name in (KEEP, DROP) and value in {line.name for line in lines(turn)}:
        chosen[f"line {value}"] = name
        _next_line(turn, title)
    else:
        turn.case.handover = {}
        turn.say("handover.intro", name=title)
        turn.say("handover.terms", name=title, days=settings().handover_days)
        ways = [_button(f"handover.choose_{way}", f"contact:{way}") for way in CONTACTS]
        turn.ask("handover.contact_ask", [*ways, _button("handover.cancel", "cancel")])


def lines(turn: Turn) -> list[Proposal]:
    """Everything that could be passed on now."""
    case = turn.case
    return draft(
        [form for form in case.ranked_forms() if form in turn.content.forms], case.quotes, case.flags, case.facts,
        case.handover.get("contact"), case.handover.get("hours"),
    )  # fmt: skip


def _next_line(turn: Turn, title: str) -> None:
    """The first line that was not answered; after the last, the whole as it would be read."""
    every, chosen = lines(turn), turn.case.handover
    for number, line in enumerate(every, 1):
        if f"line {line.name}" not in chosen:
            turn.item(line.key, **line.values)
            turn.ask(
                "handover.line_ask",
                [
                    _button("handover.keep", f"{KEEP}:{line.name}"), _button("handover.drop", f"{DROP}:{line.name}"),
                    _button("handover.cancel", "cancel"),
                ],
                n=number, total=len(every),
            )  # fmt: skip
            return
    kept = _kept(turn)
    if not kept:
        turn.case.handover = {}
        turn.say("handover.nothing")
        _onwards(turn)
        return
    turn.say("handover.whole", name=title)
    for line in kept:
        turn.item(line.key, **line.values)
    chosen["confirmed"] = "asked"
    turn.ask(
        "handover.confirm",
        [_button("handover.send", "send"), _button("handover.again", "again"), _button("handover.cancel", "cancel")],
        name=title,
    )


def _kept(turn: Turn) -> list[Proposal]:
    return [line for line in lines(turn) if turn.case.handover.get(f"line {line.name}") == KEEP]


async def _send(turn: Turn, receiver: Match) -> None:
    """Pass on exactly the sentences that were shown and kept."""
    case, renderer = turn.case, Renderer()
    kept = tuple(
        Line(line.kind, line.value, renderer.text(line.key, case.language, case.informal, line.values))
        for line in _kept(turn)
    )
    summary = Summary.of({"language": case.language, "lines": [vars(line) for line in kept]})
    receipt = await in_thread(_handovers().pass_on, summary, receiver.service.id)
    case.handover = {"code": receipt.code}
    turn.say("handover.sent", code=receipt.code)
    turn.say("handover.sent_code")
    turn.say("handover.sent_danger")
    turn.page("handover.page_title", "handover.page_open", "code")
    turn.show(receiver)
    _onwards(turn, _button("handover.erase", "erase"))


async def _erase(turn: Turn) -> None:
    code = turn.case.handover.get("code", "")
    gone = await in_thread(_handovers().erase_by_code, code)
    turn.case.handover = {}
    turn.say("handover.erased" if gone else "handover.gone")
    _onwards(turn)


def _onwards(turn: Turn, *first: Button) -> None:
    buttons = [*first, button("menu.who", "ask_service")]
    turn.ask("next.ask", [*buttons, button("next.plan", "ask_plan"), button("next.pause", "stop")])


async def receiving(turn: Turn) -> Match | None:
    """The service of this desk that gets it: the first that speaks the person's language."""
    names = settings().desk_organisations
    found = await look_up(by_id, names) if names else []
    speaking = [match for match in found if turn.case.language in match.service.languages]
    return next(iter(speaking), None)


@lru_cache(maxsize=1)
def _handovers() -> Handovers:
    return Handovers(engine(), open_vault())


def _button(label: str, option: str) -> dict[str, Any]:
    return button(label, "talk_to_human", option)
