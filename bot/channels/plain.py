"""The chat as plain HTML forms: the same conversations, for browsers without JavaScript.

One POST a turn; the answer is a whole page. The server keeps no word of it: the last turns travel in a hidden field of
the page, sealed with a key that lives only in this process. When the conversation is over, nothing opens them any more,
so a page that somebody calls back with the Back button or from a restored window shows none of it.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from cryptography.fernet import Fernet, InvalidToken
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.channels import pages
from bot.channels.requests import TOKEN, Refusal, body_of, content_type, from_our_pages, without_breaking
from bot.channels.turn import Action, Bubble, Button, Conversations, Incoming
from bot.content.schema import Text
from bot.quiet import log
from bot.settings import settings

FORM = "application/x-www-form-urlencoded"
FORM_LIMIT = 192 * 1024  # percent-encoding makes six bytes of an é; the sealed turns come on top
LONGEST = 12000  # characters in the field, as in the page with JavaScript
MOST_FIELDS = 16
PAST_TURNS, PAST_BYTES = 3, 12 * 1024  # earlier turns that a page shows again; on a slow line each costs time
LEFT = 10_000  # conversations that somebody left on purpose, remembered by digest
LINK = re.compile(r"(?:https?://|tel:|mailto:|sms:)", re.IGNORECASE)
OWN_PAGE = re.compile(r"[a-z]+\?l=[a-z]{2}")
STEP = re.compile(r"\d+\. ")
TAKEN = "take."  # a button that takes a sheet along, followed by its number
UI_TEXTS = (
    "title heading exit send input_label input_hint you bot delete restart other_language offline log_label "
    "choices_label deleted danger_bar about take_confirm plain_about plain_exit_note plain_start plain_copy plain_print"
).split()
CLEAR = {"Clear-Site-Data": '"storage"'}  # not "cache": browsers take seconds for it, and we let nothing be cached


@dataclass(frozen=True)
class Turn:
    """What was said and answered, as it is shown; ``said`` is None for the opening."""

    said: str | None
    bubbles: Sequence[Bubble]
    language: str


@dataclass(frozen=True)
class Sent:
    """A form that came in."""

    language: str
    session: str | None = None
    client_id: str = ""
    past: str = ""
    text: str = ""
    choice: str | None = None
    label: str | None = None  # what was written on the chosen button
    do: str = "say"


@dataclass
class Plain:
    """The pages and what they need. One per process."""

    conversations: Conversations
    texts: Mapping[str, Text]
    _seal: Fernet = field(default_factory=lambda: Fernet(Fernet.generate_key()))
    _left: OrderedDict[str, None] = field(default_factory=OrderedDict)

    async def talk(self, request: Request) -> Response:
        """One turn. Whatever goes wrong ends in a page with a way on and 112."""
        language = pages.language_of(request)
        try:
            sent = await self._read(request)
        except Refusal as refusal:
            if refusal.status != 413:
                return refusal.response()
            return self._page(language, notice="offline", status=413)
        if self._was_left(sent.session):  # an old page, sent again after leaving: it tells nothing
            return self._page(sent.language)
        if sent.do in ("delete", "restart"):
            self._forget(sent.session)
            if sent.do == "delete":
                return self._page(sent.language, notice="deleted")
            sent = replace(sent, session=None, past="", text="", do="start")
        if sent.do.startswith(TAKEN):
            return self._taken(sent)
        return await self._turn(sent)

    async def ended(self, request: Request) -> Response:
        """``GET``: where a page goes by itself when nothing was said for a long time."""
        if request.query_params.get("l") is None:
            return RedirectResponse("./", 303)
        return self._page(pages.language_of(request), notice="deleted")

    async def leave(self, request: Request) -> Response:
        """Forget the conversation, cover the screen at once with an empty page, and go elsewhere."""
        try:
            sent = await self._read(request)
        except Refusal as refusal:
            if refusal.status == 403:
                return refusal.response()
        else:
            self._forget(sent.session)
        # Not a redirect: browsers hold the redirects of a form against `form-action`. A refresh without delay takes the
        # place of this page in the history.
        page = pages.environment().get_template("left.html").render(exit_url=settings().exit_url)
        return HTMLResponse(page, headers={"Refresh": f"0;url={settings().exit_url}", **CLEAR})

    async def _read(self, request: Request) -> Sent:
        if not from_our_pages(request):
            raise Refusal(403, "foreign")
        if content_type(request) != FORM:
            raise Refusal(415, "not_a_form")
        body = (await body_of(request, FORM_LIMIT)).decode("ascii", "replace")
        try:
            data = dict(parse_qsl(body, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="replace"))
        except ValueError:
            raise Refusal(400, "fields") from None
        named = {name: data.get(name, "") for name in ("session", "client_id", "choice")}
        for name, value in named.items():
            if value and not TOKEN.fullmatch(value.partition(" ")[0]):
                raise Refusal(400, name)
        choice, _, label = without_breaking(named["choice"]).partition(" ")
        language = data.get("language", "")
        return Sent(
            language=language if language in pages.LANGUAGES else pages.language_of(request),
            session=named["session"] or None, client_id=named["client_id"] or secrets.token_urlsafe(12),
            past=data.get("past", ""), text=without_breaking(data.get("text", "")), choice=choice or None,
            label=label or None, do=data.get("do", "say"),
        )  # fmt: skip

    async def _turn(self, sent: Sent) -> Response:
        incoming, said = self._incoming(sent)
        past = self._opened(sent.past)
        draft = sent.text if said != sent.text else ""  # typed, but another button was pressed
        try:
            answer = await self.conversations.turn(sent.session, incoming)
        except Exception as error:  # the message of an exception may quote the person: only its type is logged
            log("turn_failed", error_class=type(error).__name__)
            return self._page(sent.language, past, session=sent.session, notice="offline", draft=sent.text, status=500)
        if answer.session != sent.session:  # another conversation: nothing of the one before is shown again
            past, said = [], said if not sent.session else None
        turn = Turn(said, answer.bubbles, answer.language)
        session = None if answer.ended else answer.session
        return self._page(answer.language, [*past, turn], session=session, buttons=answer.buttons, draft=draft)

    def _incoming(self, sent: Sent) -> tuple[Incoming, str | None]:
        """The message of a form, and how it is shown. The id tells apart two answers given on one page."""
        if sent.do == "start":
            return Incoming(start=True, language=sent.language, client_id=sent.client_id or None), None
        if sent.choice:
            chosen = Incoming(choice=sent.choice, language=sent.language, client_id=f"{sent.client_id}.{sent.choice}")
            return chosen, sent.label
        other = sent.do == "language"
        said = self.texts["ui.other_language"].in_language(sent.language) if other else sent.text
        mark = hashlib.sha256(said.encode()).hexdigest()[:16]
        language = pages.other_language(sent.language) if other else sent.language
        return Incoming(text=said, language=language, client_id=f"{sent.client_id}.{mark}"), said

    def _taken(self, sent: Sent) -> Response:
        """A sheet as a file. Its lines come from the sealed page, so that nobody can make us serve other words."""
        sheets = [bubble for turn in self._opened(sent.past) for bubble in turn.bubbles if bubble.kind == "sheet"]
        number = sent.do[len(TAKEN) :]
        if not number.isdecimal() or int(number) >= len(sheets):
            return self._page(sent.language, notice="deleted")
        sheet = sheets[-1 - int(number)]  # counted from the last, because the first may no longer have fitted
        name = next((action.href for action in sheet.actions if action.kind == "save"), "")
        name = name if re.fullmatch(r"[a-z]{1,20}\.txt", name) else "info.txt"
        return Response(
            "\r\n".join([sheet.title or "", *sheet.lines, ""]), media_type="text/plain",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )  # fmt: skip

    def _page(
        self, language: str, turns: Sequence[Turn] = (), *, session: str | None = None, buttons: Sequence[Button] = (),
        notice: str | None = None, draft: str = "", status: int = 200,
    ) -> Response:  # fmt: skip
        t = pages.ui_texts(self.texts, UI_TEXTS, language)
        t["plain_about"] = t["plain_about"].replace("{minutes}", str(settings().session_minutes))
        turns = list(turns)[-PAST_TURNS - 1 :]
        page = pages.environment().get_template("plain.html").render(
            t=t, language=language, other=pages.other_language(language), exit_url=settings().exit_url,
            turns=numbered([shown(turn) for turn in turns]), session=session or "", buttons=buttons, draft=draft,
            past=self._sealed(turns), notice=t[notice] if notice else "", longest=LONGEST,
            client_id=secrets.token_urlsafe(12), started=bool(turns or draft), taken=TAKEN,
        )  # fmt: skip
        headers = {"Content-Language": language}
        if session:  # nobody answered for a long time: the screen empties itself
            headers["Refresh"] = f"{settings().session_minutes * 60};url=talk?l={language}"
        return HTMLResponse(page, status, headers)

    def _sealed(self, turns: Sequence[Turn]) -> str:
        """As many of the last turns as fit, readable only by this process."""
        for start in range(len(turns)):
            packed = json.dumps([asdict(turn) for turn in turns[start:]], ensure_ascii=False).encode()
            if len(packed) <= PAST_BYTES:
                return self._seal.encrypt(packed).decode("ascii")
        return ""

    def _opened(self, sealed: str) -> list[Turn]:
        try:
            packed = json.loads(self._seal.decrypt(sealed.encode("ascii", "replace")))
        except InvalidToken:  # none, changed, or from before a restart
            return []
        return [Turn(turn["said"], [bubble_of(bubble) for bubble in turn["bubbles"]], turn["language"])
                for turn in packed]  # fmt: skip

    def _forget(self, session: str | None) -> None:
        if not session:
            return
        self.conversations.forget(session)
        self._left[_digest(session)] = None
        while len(self._left) > LEFT:
            self._left.popitem(last=False)

    def _was_left(self, session: str | None) -> bool:
        return bool(session) and _digest(session or "") in self._left


def _digest(session: str) -> str:
    return hashlib.sha256(session.encode()).hexdigest()[:32]


def bubble_of(data: Mapping[str, Any]) -> Bubble:
    """A bubble from the sealed field."""
    return Bubble(**{**data, "actions": [Action(**action) for action in data["actions"]]})


def shown(turn: Turn) -> dict[str, Any]:
    """A turn as the template shows it: items that follow each other are one list, links are safe."""
    blocks: list[dict[str, Any]] = []
    for bubble in turn.bubbles:
        if bubble.kind == "item":
            if not blocks or blocks[-1]["kind"] != "items":
                blocks.append({"kind": "items", "items": []})
            blocks[-1]["items"].append({"bubble": bubble, "step": bool(STEP.match(bubble.text))})
        else:
            actions = [action for action in bubble.actions if _safe(action)]
            lines = [STEP.sub("", line, count=1) for line in bubble.lines] if bubble.kind == "sheet" else bubble.lines
            blocks.append({"kind": bubble.kind, "bubble": bubble, "actions": actions, "lines": lines})
    return {"said": turn.said, "language": turn.language, "blocks": blocks}


def numbered(turns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same turns, their sheets counted from the last."""
    sheets = [block for turn in turns for block in turn["blocks"] if block["kind"] == "sheet"]
    for number, block in enumerate(reversed(sheets)):
        block["number"] = number
    return turns


def _safe(action: Action) -> bool:
    own = action.kind == "page" and OWN_PAGE.fullmatch(action.href)
    return action.kind in ("copy", "print", "save") or bool(own or LINK.match(action.href))


def routes(conversations: Conversations, texts: Mapping[str, Text]) -> list[BaseRoute]:
    """The addresses of the chat without JavaScript. Raises ``KeyError`` when a text is missing."""
    for language in pages.LANGUAGES:
        pages.ui_texts(texts, UI_TEXTS, language)
    plain = Plain(conversations, texts)
    return [
        Route("/talk", partial(Plain.talk, plain), methods=["POST"]),
        Route("/talk", partial(Plain.ended, plain), methods=["GET"]),
        Route("/out", partial(Plain.leave, plain), methods=["POST"]),
    ]
