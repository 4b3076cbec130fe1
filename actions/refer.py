"""Who can help: the right services, open now or next, from the directory only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from rasa_sdk.events import EventType

from actions.support import Journey, Turn, button, in_thread
from bot.directory.load import open_directory
from bot.directory.query import Match, Query, by_id, find

AT_ONCE = 3


def _query(turn: Turn, forms: Sequence[str] = (), flags: Sequence[str] = ()) -> Query:
    case = turn.case
    return Query(
        # What somebody does themselves says little about who helps to stop.
        forms=tuple(forms) or (() if case.role == "perpetrator" else tuple(case.ranked_forms()[:3])),
        flags=tuple(flags) or tuple(flag for flag in case.flags if flag in ("physical", "danger", "suicide")),
        role=case.role,
        age="minor" if case.minor else "adult" if case.facts.get("age") == "adult" else None,
        language=case.language,
        region=case.facts.get("region"),
    )


@lru_cache(maxsize=1)
def _directory() -> Any:
    return open_directory()


async def look_up(question: Callable[..., list[Match]], *args: Any) -> list[Match]:
    """Ask the directory, beside the event loop."""

    def ask() -> list[Match]:
        with _directory()() as database:
            return question(database, *args)

    found: list[Match] = await in_thread(ask)
    return found


def distinct(found: Sequence[Match]) -> list[Match]:
    """Without services that are reached through a number named before."""
    numbers: set[str] = set()
    kept: list[Match] = []
    for match in found:
        number = match.service.number
        if number not in numbers:
            kept.append(match)
        if number:
            numbers.add(number)
    return kept


async def show_services(turn: Turn, wanted: Sequence[str]) -> None:
    """Cards for what a protocol names: service ids, ``flag:suicide`` or ``form:sextortion``. At most three."""
    shown: list[str] = []
    for entry in wanted:
        kind, _, value = entry.partition(":")
        if not value:
            found = await look_up(by_id, (kind,))
        else:
            found = await look_up(find, _query(turn, **{f"{kind}s": (value,)}))
        for match in [match for match in distinct(found) if match.service.id not in shown][: AT_ONCE - len(shown)]:
            shown.append(match.service.id)
            turn.show(match)


class ActionRefer(Journey):
    """The three best services; asked again, the next three."""

    action_name = "action_refer"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        case = turn.case
        turn.greet_once()
        if turn.choice.get("option") != "more":
            case.shown.clear()
        found = [match for match in await look_up(find, _query(turn)) if match.service.id not in case.shown]
        if "grooming" not in case.forms:  # these lines are for sexual thoughts about children only
            found = [match for match in found if match.service.kind != "perpetrator_line"]
        turn.say(self._intro(turn, found))
        for match in distinct(found)[:AT_ONCE]:
            case.shown.append(match.service.id)
            turn.show(match)
        buttons = [button("refer.more", "ask_service", "more")] if len(found) > AT_ONCE else []
        buttons += [button("next.plan", "ask_plan")] if case.role == "victim" else []
        buttons.append(button("next.pause", "stop"))
        turn.ask("next.ask", buttons)
        return turn.leave_form()

    @staticmethod
    def _intro(turn: Turn, found: Sequence[Match]) -> str:
        if not found:
            return "refer.no_more"
        if turn.case.minor:
            return "refer.intro_minor"
        if turn.case.facts.get("fear") == "now":
            return "refer.intro_danger"
        return "refer.intro_witness" if turn.case.role == "witness" else "refer.intro"


class ActionHuman(Journey):
    """Somebody wants a person: say what we are, then who answers."""

    action_name = "action_human"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        turn.case.greeted = True
        turn.say("answer.talk_to_human")
        turn.case.shown.clear()
        return turn.done(then="action_refer")
