"""The interview: is it right what was heard, are you afraid, and the question banks of the forms."""

from __future__ import annotations

from rasa_sdk.events import EventType

from actions.protocol import begin, begin_minor, interrupts, new_crisis
from actions.support import INTERVIEW, Button, Journey, Turn, button, option_button
from actions.tell import hear
from bot.content.schema import Option, Text
from bot.recognition import interview
from bot.recognition.answers import interpret, literal, standard_label

ATTEMPTS = 3
NO_LABEL = Text(nl="", fr="")
CONFIRM_OPTIONS = [
    Option(id="yes", label=NO_LABEL, acts=["affirm"]),
    Option(id="not_quite", label=NO_LABEL, acts=["correct", "unsure"]),
    Option(id="no", label=NO_LABEL, acts=["deny"]),
]
"""What "is that right?" can be answered with; the labels are the standard buttons."""


class ValidateRecogniseForm(Journey):
    """Keep the answer, ask the next question, or end the interview."""

    action_name = "validate_recognise_form"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        case = turn.case
        if case.repeat or not case.pending:
            if case.repeat and case.pending:
                ask(turn, case.pending)
                case.repeat = False
                return turn.wait()
            case.repeat = False
            return self._next(turn)
        crisis = new_crisis(turn)
        if crisis and (turn.read.flag_evidence.get(crisis) or not self._literal(turn)):
            return turn.reject(INTERVIEW)  # but an answer in so many words goes before a guessed signal
        if turn.intent == "ask_question" and not self._literal(turn):
            return turn.reject(INTERVIEW)
        answer = self._answer(turn, case.pending)
        if answer is None and interrupts(turn):
            return turn.reject(INTERVIEW)
        if answer is None and turn.read.forms:
            hear(turn)
            if case.pending == "intake.fear" and not case.failed:
                return self._not_understood(turn)  # the story is kept, and the question that matters is asked again
            answer = "told"
        if answer is None and turn.read.act == "tell" and turn.read.understood and case.failed:
            answer = "told"
        if answer is None:
            return self._not_understood(turn)
        return self._record(turn, case.pending, answer)

    def _answer(self, turn: Turn, key: str) -> str | None:
        question = interview.question_of(turn.case, turn.content)
        options = (question.options or turn.content.answers) if question else CONFIRM_OPTIONS
        return interpret(options, turn.read, turn.text, turn.option)

    @staticmethod
    def _literal(turn: Turn) -> str | None:
        question = interview.question_of(turn.case, turn.content)
        options = question.options if question else ()
        return literal(options, turn.text, turn.option) if question else None

    def _record(self, turn: Turn, key: str, answer: str) -> list[EventType]:
        case = turn.case
        case.failed, case.pending = 0, None
        level = case.facts.get("level")
        interview.record(case, turn.content, key, answer)
        if key == interview.CONFIRM and answer in ("no", "not_quite"):
            case.goto = "@correct"
            return turn.finish()
        if (key == "intake.fear" and answer == "now") or (case.facts.get("level") == "L1" != level):
            case.goto = "@danger"
            return turn.finish()
        leads = interview.leads_to(case, turn.content, key, answer)
        if leads:
            if leads == "minor" and "minor" not in case.flags:
                case.flags.append("minor")
            case.goto = f"@{leads}"
            return turn.finish()
        if answer == "unsure":
            turn.say("interview.unsure_ok")
        return self._next(turn)

    def _not_understood(self, turn: Turn) -> list[EventType]:
        case = turn.case
        if turn.read.language == "other":
            return turn.reject(INTERVIEW)
        case.failed += 1
        if case.failed >= ATTEMPTS:
            return turn.reject(INTERVIEW)
        turn.say("interview.answer_hint")
        ask(turn, case.pending or interview.CONFIRM)
        return turn.wait()

    def _next(self, turn: Turn) -> list[EventType]:
        case = turn.case
        if "intake.fear" in case.answers and case.careful and "caution" not in case.handled:
            case.handled.append("caution")
            turn.say("interview.caution")
        key = interview.next_question(case, turn.content)
        if key is None:
            return turn.finish()
        if (
            not key.startswith("intake.")
            and key != interview.CONFIRM
            and not any("." in asked and not asked.startswith("intake.") for asked in case.asked)
        ):
            turn.say("interview.intro")
        case.pending = key
        ask(turn, key)
        return turn.wait()


def ask(turn: Turn, key: str) -> None:
    """A question with its buttons; the mirror-like check whether what was heard is right is built from the case."""
    if key == interview.CONFIRM:
        say_heard(turn)
        turn.ask("tell.confirm", [answer_button("yes"), answer_button("not_quite"), answer_button("no")])
        return
    question = turn.content.question(key)
    if question.options:
        buttons: list[Button] = [option_button(f"question:{key}", option) for option in question.options]
    else:
        buttons = [answer_button("yes"), answer_button("no"), answer_button("unsure")]
    if not key.startswith("intake."):
        buttons.append(answer_button("skip"))
    buttons.append(button("button.why", "ask_why"))
    turn.ask(f"question:{key}.ask", buttons)


def say_heard(turn: Turn) -> None:
    """What was heard, with the words that show it."""
    case = turn.case
    turn.say("tell.heard_intro")
    said: set[str] = set()
    for form in interview.said_back(case, turn.content):
        heard = {"key": f"form:{form}.heard"}
        quotes = [quote for quote in case.quotes.get(form, ()) if quote not in said]
        said.update(quotes[:1])
        if quotes:
            turn.quote("tell.heard_item", heard=heard, quote=quotes[0])
        else:
            turn.item("tell.heard_item_plain", heard=heard)


def answer_button(option: str) -> Button:
    """A standard answer."""
    return button(standard_label(option), "choose", option)


class ActionAfterQuestions(Journey):
    """The interview is over: to the mirror, or to what an answer asked for."""

    action_name = "action_after_questions"

    async def act(self, turn: Turn) -> list[EventType]:
        """See :class:`Journey`."""
        target, turn.case.goto = turn.case.goto, None
        if target in ("@danger", "@minor", "@suicide"):
            turn.case.resume = INTERVIEW
            return begin_minor(turn) if target == "@minor" else begin(turn, target[1:])
        if target == "@correct":
            turn.case.start_over()
            turn.say("tell.corrected")
            return turn.done(then="action_menu_forms")
        return turn.done(then="action_mirror")
