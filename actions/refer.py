"""Who can help: the right services, open now or next, from the directory only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from rasa_sdk.events import EventType

from actions.support import Journey, Turn, button, in_thread
from bot.directory.load import open_directory
from bot.directory.places import Area, Place, area_of, gazetteer, places_of
from bot.directory.query import Match, Query, by_id, find
from bot.settings import settings

AT_ONCE = 3
ENOUGH = 60  # services looked at: all there are, unless the directory grows a lot
MOST_PLACES = 4


def _query(turn: Turn, forms: Sequence[str] = (), flags: Sequence[str] = ()) -> Query:
    case = turn.case
    return Query(
        # What somebody does themselves says little about who helps to stop.
        forms=tuple(forms) or (() if case.role == "perpetrator" else tuple(case.ranked_forms()[:3])),
        flags=tuple(flags) or tuple(flag for flag in case.flags if flag in ("physical", "danger", "suicide")),
        role=case.role,
        age="minor" if case.minor else "adult" if case.facts.get("age") == "adult" else None,
        language=case.facts.get("service_language", case.language),
        region=case.facts.get("region"),
        province=case.facts.get("province"),
        channel=case.facts.get("channel"),
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


def _keep_area(turn: Turn, area: Area) -> None:
    """Region and province, never the place itself."""
    for name, value in (("region", area.region), ("province", area.province)):
        turn.case.facts.pop(name, None)
        if value:
            turn.case.facts[name] = value


def _names(place: Place, language: str) -> dict[str, str]:
    """The place and what it lies in, as two towns of one name are told apart."""
    around = gazetteer().provinces.get(place.province or "")
    return {"name": place.name(language), "area": around.name(language) if around else place.name(language)}


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
    """The three best services; then others, only chat, near somewhere, in French, or what happens when one calls."""

    action_name = "action_refer"
    follows_wishes = False  # it is where they lead

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        case = turn.case
        turn.greet_once()
        wish = turn.choice.get("option") or turn.wish or ""
        asked = case.facts.pop("place_asked", None)
        if wish == "near" or (wish == "place" and not self._understood(turn, turn.text)):
            return self._where(turn, places_of(turn.text) if wish == "place" else ())
        if wish.startswith("area:"):
            _, region, province = wish.split(":")
            _keep_area(turn, Area(region, province or None))
        if wish == "anywhere":
            _keep_area(turn, Area())
        if wish in ("chat", "call"):
            case.facts["channel"] = wish
        if wish in ("french", "dutch"):
            case.facts["service_language"] = "fr" if wish == "french" else "nl"
        if wish == "what_happens":
            for key in ("refer.call_1", "refer.call_2", "refer.call_3"):
                turn.say(key)
            turn.ask("next.ask", self._buttons(turn, more=True))
            return turn.leave_form()
        if wish != "more":
            case.shown.clear()
        if not (wish or asked):
            case.facts.pop("channel", None)  # asked anew: all ways count again
        found = [match for match in await look_up(find, _query(turn), ENOUGH) if match.service.id not in case.shown]
        if "grooming" not in case.forms:  # these lines are for sexual thoughts about children only
            found = [match for match in found if match.service.kind != "perpetrator_line"]
        turn.say(self._intro(turn, found))
        for match in distinct(found)[:AT_ONCE]:
            case.shown.append(match.service.id)
            turn.show(match)
        turn.ask("next.ask", self._buttons(turn, more=len(found) > AT_ONCE))
        return turn.leave_form()

    @staticmethod
    def _understood(turn: Turn, text: str) -> bool:
        """Keep the region of the place that was named; ``False`` when one must ask which of several."""
        area = area_of(places_of(text))
        if area is not None:
            _keep_area(turn, area)
        return area is not None

    @staticmethod
    def _where(turn: Turn, candidates: Sequence[Place]) -> list[EventType]:
        """Ask where, or which of the places of that name; not saying is fine."""
        turn.case.facts["place_asked"] = "yes"
        if candidates:
            buttons = [
                {
                    "label": {"key": "refer.place", "values": _names(place, turn.case.language)},
                    "choice": {"intent": "ask_service", "option": f"area:{place.region}:{place.province or ''}"},
                }
                for place in candidates[:MOST_PLACES]
            ]
        else:
            buttons = [
                button(f"region.{region}", "ask_service", f"area:{region}:")
                for region in ("flanders", "brussels", "wallonia", "german_community")
            ]
        buttons.append(button("refer.anywhere", "ask_service", "anywhere"))
        turn.ask("refer.which_place" if candidates else "refer.where", buttons)
        return turn.leave_form()

    @staticmethod
    def _buttons(turn: Turn, more: bool) -> list[dict[str, Any]]:
        facts = turn.case.facts
        buttons = [button("refer.more", "ask_service", "more")] if more else []
        buttons += [button("refer.near", "ask_service", "near")] if "region" not in facts else []
        buttons += [button("refer.chat", "ask_service", "chat")] if facts.get("channel") != "chat" else []
        buttons.append(button("refer.what_happens", "ask_service", "what_happens"))
        buttons += [button("next.plan", "ask_plan")] if turn.case.role == "victim" else []
        if settings().desk_organisations and (turn.case.forms or turn.case.flags) and turn.case.role != "perpetrator":
            buttons.append(button("handover.offer", "talk_to_human", "pass"))  # see actions/handover.py
        buttons.append(button("next.pause", "stop"))
        return buttons

    @staticmethod
    def _intro(turn: Turn, found: Sequence[Match]) -> str:
        if not found:
            return "refer.no_more"
        if turn.case.minor:
            return "refer.intro_minor"
        if turn.case.facts.get("fear") == "now":
            return "refer.intro_danger"
        return "refer.intro_witness" if turn.case.role == "witness" else "refer.intro"
