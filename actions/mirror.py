"""The mirror, and what somebody wants next."""

from __future__ import annotations

from rasa_sdk.events import EventType

from actions.protocol import begin
from actions.support import INTERVIEW, Journey, Turn, button
from bot.recognition import interview
from bot.recognition.mirror import reflect

IMAGES = {"image_abuse", "sextortion", "deepfake", "voyeurism"}
MAX_LISTED = 5


class ActionMirror(Journey):
    """What this looks like, with the signs the person named."""

    action_name = "action_mirror"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        case = turn.case
        case.mirrored, case.more = True, 0
        seen = reflect(case, turn.content)
        if seen.clear:
            turn.say("mirror.intro", forms=[{"key": f"form:{form}.name"} for form in seen.clear[:3]])
        elif seen.weak:
            turn.say("mirror.intro_weak", forms=[{"key": f"form:{form}.name"} for form in seen.weak])
        else:
            turn.say("mirror.none")
        if seen.quotes or seen.signs:
            turn.say("mirror.signs")
            for quote in seen.quotes[:2]:
                turn.quote("mirror.quote_item", quote=quote)
            for sign in seen.signs[:MAX_LISTED]:
                turn.item("mirror.sign_item", sign={"key": sign})
        if seen.clear and seen.weak:
            turn.say("mirror.other_forms", forms=[{"key": f"form:{form}.name"} for form in seen.weak])
        if seen.pattern:
            turn.say("mirror.pattern")
        for form in seen.clear[:1]:
            if turn.content.forms[form].figure:
                turn.say(f"form:{form}.figure")
        if seen.clear or seen.weak:
            turn.say("mirror.fault")
            turn.say("mirror.unsure")
        return turn.done(then="action_next")


class ActionMoreQuestions(Journey):
    """The rest of the question banks, for somebody who wants to look further."""

    action_name = "action_more_questions"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        turn.case.more = interview.MORE
        turn.case.pending = None
        return turn.done(then=INTERVIEW)


class ActionNext(Journey):
    """What now: steps, proof, removal, a person, or a pause."""

    action_name = "action_next"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        case = turn.case
        if case.role == "perpetrator":
            return begin(turn, "perpetrator", "choices")
        buttons = [button("next.plan", "ask_plan")] if case.role == "victim" else []
        buttons += [button("next.who", "ask_service"), button("next.evidence", "ask_evidence")]
        if (turn.choice.get("intent") or turn.intent) == "ask_plan" and case.role == "victim":
            buttons.insert(0, button("next.walk", "walk_plan"))
        if IMAGES & set(case.forms):
            buttons.append(button("next.removal", "ask_removal"))
        if case.mirrored and case.role == "victim" and interview.has_more(case, turn.content):
            buttons.append(button("next.questions", "more_questions"))
        if not case.forms:
            buttons.append(button("next.more", "menu_forms"))
        done = turn.choice.get("intent") or turn.intent  # what was answered just now is not offered again
        buttons = [entry for entry in buttons if entry["choice"]["intent"] != done]
        turn.ask("next.ask", [*buttons, button("next.pause", "stop")])
        return turn.leave_form()
