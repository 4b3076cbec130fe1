"""Questions to Halte itself, answered at any moment without losing the place."""

from __future__ import annotations

from rasa_sdk.events import EventType

from actions.protocol import OPEN_PROTOCOLS, begin
from actions.refer import show_services
from actions.support import INTERVIEW, PLAN, PROTOCOL, Journey, Turn, button
from actions.tell import hear
from bot.recognition import interview
from bot.recognition import protocol as protocols

ANSWERS = {
    "ask_anonymous", "ask_robot", "ask_capabilities", "ask_law", "ask_harm", "insult", "thank", "greet",
}  # fmt: skip
"""Acts whose answer is the text ``answer.<act>``."""


class ActionAnswer(Journey):
    """The answer to a question about Halte, then back to the open question."""

    action_name = "action_answer"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        act = turn.read.act if turn.intent.startswith("signal_") else turn.intent
        if act == "greet" and not turn.case.greeted:
            return begin(turn, "start")
        turn.greet_once()
        turn.case.failed = 0
        if act == "ask_traces":
            turn.say("answer.ask_traces")
            turn.say("answer.ask_traces_2")
        elif act == "ask_explain":
            self._explain(turn)
        elif act == "insult":
            turn.ask("answer.insult", [button("button.talk", "talk_to_human")])
        else:
            turn.say(f"answer.{act}" if act in ANSWERS else "answer.other")
        if turn.loop is None and act in ("greet", "other", "ask_capabilities"):
            return turn.done(then="action_menu")
        if act == "ask_harm" and "perpetrator" not in turn.case.handled:
            turn.case.flags = list(dict.fromkeys([*turn.case.flags, "perpetrator"]))
            return begin(turn, "perpetrator", "choices")
        return turn.resume()

    @staticmethod
    def _explain(turn: Turn) -> None:
        asked = [reading.form for reading in turn.read.forms] + [form for form, _ in turn.read.possible[:1]]
        forms = asked or turn.case.ranked_forms()
        known = [form for form in forms if form in turn.content.forms]
        turn.say(f"form:{known[0]}.what" if known else "answer.ask_explain")


class ActionQuestion(Journey):
    """A question of the bank: its reviewed answer, then on where the person was."""

    action_name = "action_question"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        case, name = turn.case, turn.read.question
        if name is None or name not in turn.content.bank:
            return turn.done(then="action_not_understood")
        turn.greet_once()
        case.failed = 0
        question = turn.content.bank[name]
        for index in range(len(question.answer)):
            turn.say(f"bank:{name}.answer.{index}")
        await show_services(turn, question.services)
        heard = {reading.form for reading in turn.read.forms} - case.forms.keys()
        hear(turn)
        if turn.loop:
            return turn.resume()
        if heard and case.role == "victim":
            case.repeat = case.pending is not None
            return turn.done(then=INTERVIEW)
        return turn.done(then="action_next" if case.forms else "action_menu")


class ActionWhy(Journey):
    """Why the open question is asked."""

    action_name = "action_why"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        case = turn.case
        key = "answer.ask_why"
        if turn.loop == INTERVIEW and case.pending and case.pending != interview.CONFIRM:
            key = f"question:{case.pending}.why"
        elif turn.loop == PLAN and str(case.step).startswith("plan."):
            key = f"question:{case.step}.why"
        elif turn.loop == PROTOCOL and case.node and protocols.node(turn.content, case.node).why:
            key = f"protocol:{case.node}.why"
        turn.say(key)
        return turn.resume()


class ActionMenu(Journey):
    """What Halte can do."""

    action_name = "action_menu"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        other = (
            button("menu.french", "speak_french") if turn.case.language == "nl" else button("menu.dutch", "speak_dutch")
        )
        turn.greet_once()
        opening = turn.loop == PROTOCOL and (turn.case.node or "").partition(".")[0] in OPEN_PROTOCOLS
        place = turn.loop is not None and not opening and bool(turn.case.pending or turn.case.waiting or turn.case.step)
        turn.ask("menu.ask", [
            *([button("menu.back", "resume")] if place else []),
            button("menu.tell", "menu_forms"), button("menu.plan", "ask_plan"), button("menu.who", "ask_service"),
            button("menu.traces", "ask_traces"), other, button("menu.stop", "stop"),
        ])  # fmt: skip
        return turn.leave_pending() if place else turn.leave_form()


class ActionBack(Journey):
    """The question before, asked again."""

    action_name = "action_back"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        if turn.loop == PLAN:
            if turn.case.marks:
                turn.case.step, _ = turn.case.marks.popitem()
            turn.say("plan.again" if turn.case.step in turn.case.steps else "interview.no_back")
            return turn.resume()
        if turn.loop == PROTOCOL:  # a fixed path has no way back, and a crisis must not be left by a word
            turn.say("interview.no_back")
            return turn.resume()
        key = interview.go_back(turn.case, turn.content)
        if key is None:
            turn.say("interview.no_back")
            return turn.resume()
        turn.say("interview.again")
        turn.case.pending, turn.case.repeat = key, True
        return turn.done(then=INTERVIEW)


class ActionLanguage(Journey):
    """From here on in the other language."""

    action_name = "action_language"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        turn.case.language = "nl" if turn.intent == "speak_dutch" else "fr"
        turn.case.informal = turn.case.minor
        if not turn.case.greeted:
            turn.case.greeted = True
            return begin(turn, "start")
        turn.say(f"answer.{turn.intent}")
        return turn.resume() if turn.loop else turn.done(then="action_menu")


class ActionProtocol(Journey):
    """A question that a reviewed path of its own answers: keeping proof, getting images removed."""

    protocol = ""

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        turn.greet_once()
        return begin(turn, self.protocol)


class ActionEvidence(ActionProtocol):
    """How to keep proof without anybody noticing."""

    action_name, protocol = "action_evidence", "evidence"


class ActionRemoval(ActionProtocol):
    """How to get images or accounts taken down."""

    action_name, protocol = "action_removal", "removal"


class ActionLooseAnswer(Journey):
    """A yes, no or skip while no question is open."""

    action_name = "action_loose_answer"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        turn.greet_once()
        if turn.loop:
            turn.say("interview.answer_hint")
            return turn.resume()
        return turn.done(then="action_next" if turn.case.forms else "action_menu")
