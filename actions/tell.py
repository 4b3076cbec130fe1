"""Somebody tells what happens: say back what was heard, in their own words, or ask what comes closest."""

from __future__ import annotations

import re

from rasa_sdk.events import EventType

from actions.protocol import begin, begin_minor, new_crisis
from actions.refer import show_services
from actions.support import INTERVIEW, Journey, Turn, button
from bot.recognition import interview
from bot.recognition.taxonomy import CRISES

ROLES = ("professional", "witness", "perpetrator")
BETWEEN = 2
AGAINST_ME = re.compile(r"\b(me|m|mij|mijn)\b", re.IGNORECASE)
HUMAN_AFTER = 3


class ActionTell(Journey):
    """The answer to a story."""

    action_name = "action_tell"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        case, read = turn.case, turn.read
        turn.greet_once()
        hear(turn)
        for role in ROLES:
            if role in case.flags and role not in case.handled and not case.minor:
                return begin(turn, role)
        if read.forms:
            case.failed = 0
            thank(turn)
            return turn.done(then=INTERVIEW)
        if read.act != "tell":
            return self._nothing_found(turn)
        case.failed = 0
        if case.forms:
            thank(turn)
            case.repeat = case.pending is not None
            return turn.done(then=INTERVIEW if case.pending else "action_next")
        if len(read.possible) >= BETWEEN:
            turn.ask("tell.between", choices([form for form, _ in read.possible[:BETWEEN]]))
            return turn.leave_form()
        turn.say("tell.vague")
        return turn.done(then="action_menu_forms")

    @staticmethod
    def _nothing_found(turn: Turn) -> list[EventType]:
        """No violence heard: say so, offer the themes, and after the third time a person."""
        turn.case.failed += 1
        if turn.case.failed >= HUMAN_AFTER:
            return turn.done(then="action_not_understood")
        turn.say("tell.nothing_found")
        return turn.done(then="action_menu_forms")


def hear(turn: Turn) -> None:
    """Keep forms, quotes and flags of this message in the case."""
    turn.case.hear([(r.form, r.confidence, r.evidence) for r in turn.read.forms])
    interview.learn(turn.case, turn.content, turn.text)
    hurt = AGAINST_ME.search(turn.read.flag_evidence.get("physical", ""))
    for flag in turn.read.flags:
        if flag == "perpetrator" and hurt:
            continue  # both roles are said: who is being hurt is helped first
        if flag not in turn.case.flags:
            turn.case.flags.append(flag)
    if "adult" in turn.read.flag_evidence and not turn.case.minor:
        turn.case.facts["age"] = "adult"
    if turn.read.mixed and not turn.case.mirrored and "mixed" not in turn.case.handled:
        turn.case.handled.append("mixed")
        turn.say("tell.mixed")


def thank(turn: Turn) -> None:
    """Thanks for telling; the interview then says what was heard and asks whether it is right."""
    case = turn.case
    turn.say("tell.thanks_minor" if case.minor else "tell.thanks_witness" if case.role == "witness" else "tell.thanks")


def choices(forms: list[str]) -> list[dict]:
    """Buttons to choose between forms, and a way out to the themes."""
    buttons = [button(f"form:{form}.name", "choose_form", form) for form in forms]
    return buttons + [button("menu.tell", "menu")]


class ActionCrisis(Journey):
    """A danger, suicide or minor signal, in any state: the fixed protocol first, then back."""

    action_name = "action_crisis"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        case = turn.case
        # The intent names the most urgent signal; when its path is being walked already, the next one counts.
        signal = new_crisis(turn) or turn.intent.replace("signal_", "")
        hear(turn)
        if signal == "minor" and "minor" in case.handled:
            return turn.done(then=followed(turn))
        assert signal in CRISES
        if signal == "suicide":
            turn.greet_once()
        if signal == "minor":
            case.greeted = True
            if not turn.read.flag_evidence.get("perpetrator"):
                case.flags = [flag for flag in case.flags if flag != "perpetrator"]  # a child is protected first
            if case.role == "perpetrator":
                case.handled.append("minor")
                return begin(turn, "perpetrator")
            return begin_minor(turn)
        if signal == "danger":
            case.raise_level("L2")
        if signal == "suicide" and "danger" in turn.read.flags:
            await show_services(turn, ["emergency_112"])
        return begin(turn, signal)


def followed(turn: Turn) -> str:
    """What a message asks for once its signal has been answered before."""
    if turn.read.question:
        return "action_question"
    return "action_tell" if turn.read.act in ("tell", "other") or turn.read.forms else "action_answer"


class ActionMenuForms(Journey):
    """The themes, for somebody who only feels that something is wrong."""

    action_name = "action_menu_forms"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        turn.ask("menu.ask", [button(f"group:{group.id}", "choose_group", group.id) for group in turn.content.groups])
        return turn.leave_form()


class ActionChooseGroup(Journey):
    """A theme was chosen: which of its forms comes closest?"""

    action_name = "action_choose_group"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        chosen = turn.choice.get("option")
        group = next((group for group in turn.content.groups if group.id == chosen), None)
        if group is None:
            return turn.done(then="action_menu_forms")
        if len(group.forms) == 1:
            return choose(turn, group.forms[0])
        turn.ask("tell.between", choices(list(group.forms)))
        return turn.leave_form()


class ActionChooseForm(Journey):
    """A form was chosen: its questions follow."""

    action_name = "action_choose_form"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        chosen = turn.choice.get("option", "")
        if chosen not in turn.content.forms:
            return turn.done(then="action_menu_forms")
        return choose(turn, chosen)


def choose(turn: Turn, form: str) -> list[EventType]:
    """Go into the questions of a form that the person chose."""
    turn.greet_once()
    turn.case.forms[form] = max(0.6, turn.case.forms.get(form, 0.0))
    turn.case.pending, turn.case.waiting = None, False
    return turn.done(then=INTERVIEW)
