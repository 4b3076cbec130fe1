"""Every page of the desk passes here: who asks, may they, was the form ours. Closed by default."""

from __future__ import annotations

import datetime as dt
import hmac
import inspect
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.channels.pages import page_language
from bot.channels.web import BODY_LIMIT, WEB, Refusal, body_of
from bot.content.render import Renderer
from bot.desk.accounts import Account, Accounts
from bot.desk.assessment import Assessor
from bot.desk.figures import Figures
from bot.desk.permissions import PUBLIC, RULES, allowed
from bot.desk.tokens import Tokens
from bot.directory.hours import BRUSSELS
from bot.directory.query import Match
from bot.handover.handovers import Handovers
from bot.quiet import log

COOKIE, FORM_COOKIE = "__Host-desk", "__Host-desk-form"
FORM_TOKEN = "form_token"
MOST_FIELDS = 40
SAME_SITE = (None, "same-origin", "none")
"""Values of ``Sec-Fetch-Site`` with which a form may come; ``Origin`` is "null" under our referrer policy."""


@dataclass(frozen=True)
class Services:
    """What the pages need of the directory."""

    search: Callable[[str], Sequence[Match]]  # text in name, description or id; "" = all
    one: Callable[[str], Match | None]
    name: Callable[[str, str], str]  # id and language -> name


@dataclass
class Desk:
    """Everything behind the pages."""

    accounts: Accounts
    tokens: Tokens
    handovers: Handovers
    figures: Figures
    assessor: Assessor
    services: Services
    audit_csv: Callable[[str], str]
    audit_lines: Callable[[str], Sequence[Any]]
    audit_whole: Callable[[], bool]
    organisations: Sequence[str]
    renderer: Renderer = field(default_factory=Renderer)


@dataclass
class Visit:
    """One request of somebody who may make it."""

    desk: Desk
    request: Request
    rule: str
    language: str
    account: Account | None = None
    form: Mapping[str, list[str]] = field(default_factory=dict)
    form_token: str = ""
    cookies: dict[str, str | None] = field(default_factory=dict)  # to be set; None = taken away

    @property
    def me(self) -> Account:
        """Who is logged in; pages that are not public only."""
        assert self.account is not None
        return self.account

    def value(self, name: str, most: int = 200) -> str:
        """A field of the form."""
        return (self.form.get(name) or [""])[0].strip()[:most]

    def text(self, key: str, **values: Any) -> str:
        """A reviewed text."""
        return self.desk.renderer.text(key, self.language, False, values)

    def may(self, rule: str) -> bool:
        """Whether the person who looks may also do that."""
        return allowed(rule, self.account.roles if self.account else ())

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page. Everything in it is text, whoever wrote it."""
        shown = ENVIRONMENT.get_template(f"desk/{template}.html").render(
            visit=self, t=self.text, form_token=self.form_token, language=self.language, **values
        )  # fmt: skip
        return HTMLResponse(shown, status, headers={"Content-Language": self.language})

    def go(self, path: str) -> Response:
        """On to another page, after something was done."""
        return RedirectResponse(path, 303)

    def problem(self, key: str, status: int) -> Response:
        """A page with one sentence and a way back."""
        return self.page("problem", status, sentence=self.text(key))


Handler = Callable[[Visit], "Response | Awaitable[Response]"]
Pages = Mapping[str, Handler]
"""Handlers by their rule, as in :data:`bot.desk.permissions.RULES`: ``GET /desk/queue``."""


def routes(desk: Desk, pages: Pages) -> list[BaseRoute]:
    """The pages, each behind its rule. A page without rule, or a rule without page, is a mistake in the code."""
    if pages.keys() != RULES.keys():
        raise ValueError(f"pages and rules differ: {sorted(pages.keys() ^ RULES.keys())}")
    made: list[BaseRoute] = []
    for rule, handler in pages.items():
        method, _, path = rule.partition(" ")
        made.append(Route(path, partial(_guarded, desk, rule, handler), methods=[method], name=rule))
    return made


async def _guarded(desk: Desk, rule: str, handler: Handler, request: Request) -> Response:
    visit = Visit(desk, request, rule, _language(request))
    try:
        response = await _admitted(visit, handler)
    except Refusal as refusal:
        response = visit.problem("desk.refused_form", refusal.status)
    except Exception as error:  # a message of an exception can hold what somebody wrote: only its type is logged
        log("desk_failed", error_class=type(error).__name__)
        response = visit.problem("desk.failed", 500)
    for name, value in visit.cookies.items():
        if value is None:
            response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="strict")
        else:
            response.set_cookie(name, value, path="/", secure=True, httponly=True, samesite="strict")
    return response


async def _admitted(visit: Visit, handler: Handler) -> Response:
    request, accounts = visit.request, visit.desk.accounts
    token = request.cookies.get(COOKIE, "")
    if token:
        visit.account = await run_in_threadpool(accounts.session, token)
    if visit.account:
        visit.language, visit.form_token = visit.account.language, visit.account.form_token
    public = RULES.get(visit.rule) == PUBLIC
    if not public and visit.account is None:
        visit.cookies[COOKIE] = None
        return visit.problem("desk.session_over", 401) if request.method == "POST" else visit.go("/desk/login")
    if visit.account is None:
        visit.form_token = request.cookies.get(FORM_COOKIE, "")
        if request.method == "GET" and len(visit.form_token) < 20:
            visit.form_token = visit.cookies[FORM_COOKIE] = secrets.token_urlsafe(24)
    if not public and not allowed(visit.rule, visit.me.roles):
        await run_in_threadpool(accounts.note, visit.me, "page_refused", visit.rule)
        return visit.problem("desk.not_allowed", 403)
    if request.method == "POST":
        visit.form = await _form(request)
        if not _ours(visit):
            if visit.account:
                await run_in_threadpool(accounts.note, visit.account, "form_refused", visit.rule)
            return visit.problem("desk.refused_form", 403)
    if inspect.iscoroutinefunction(handler):
        answer: Response = await handler(visit)
        return answer
    return await run_in_threadpool(handler, visit)  # type: ignore[arg-type]


async def _form(request: Request) -> Mapping[str, list[str]]:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise Refusal(415, "not_a_form")
    body = await body_of(request, BODY_LIMIT)
    fields: dict[str, list[str]] = {}
    try:
        for name, value in parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS):
            fields.setdefault(name, []).append(value)
    except ValueError:
        raise Refusal(400, "not_a_form") from None
    return fields


def _ours(visit: Visit) -> bool:
    """Whether the form came from our own page, shown to the same browser."""
    if visit.request.headers.get("sec-fetch-site") not in SAME_SITE:
        return False
    sent = visit.value(FORM_TOKEN)
    return len(visit.form_token) >= 20 and hmac.compare_digest(sent.encode(), visit.form_token.encode())


def _language(request: Request) -> str:
    return page_language(request.query_params.get("l"), request.headers.get("accept-language", ""))


def clock_time(seconds: int) -> str:
    """A moment on the clock of Brussels."""
    return dt.datetime.fromtimestamp(seconds, BRUSSELS).strftime("%d/%m/%Y %H:%M")


def reason_text(visit: Visit, reason: str) -> str:
    """Why a hand-over is urgent, in words."""
    kind, _, value = reason.partition(":")
    keys = {"flag": f"desk.flag_{value}", "fact": f"desk.fact_{value}", "form": f"form:{value}.name"}
    return visit.text(keys.get(kind, "desk.sealed"))


ENVIRONMENT = Environment(
    loader=FileSystemLoader(WEB / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True,
)  # fmt: skip
ENVIRONMENT.globals.update(clock_time=clock_time, reason_text=reason_text)
