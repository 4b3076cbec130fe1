"""The interface for an organisation's own programs. JSON in, JSON out; a token with scopes; described at
``/api/openapi.json``. The same paths exist under ``/api/v1``, which will not change its meaning."""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.channels.edge import Pace, cleaned
from bot.channels.web import BODY_LIMIT, Refusal, body_of
from bot.desk.assessment import MAX_TEXT, answers_now
from bot.desk.openapi import describe
from bot.desk.permissions import SCOPES
from bot.desk.site import Desk
from bot.desk.tokens import Program
from bot.directory.query import Query
from bot.directory.schema import FLAGS, REGIONS
from bot.directory.schema import ROLES as PERSONS
from bot.handover.handovers import OUTCOMES, AlreadyClaimed, NotYours, Opened, Waiting
from bot.handover.summary import NotASummary, Summary
from bot.handover.vault import SealBroken
from bot.quiet import log
from bot.recognition.taxonomy import LANGUAGES
from bot.recognition.taxonomy import forms as all_forms
from bot.settings import settings

BEARER = re.compile(r"Bearer ([\x21-\x7e]{1,200})")
IDENTIFIER = re.compile(r"[0-9a-f]{32}")
UNKNOWN_TOKENS = 120  # calls a minute with tokens that nobody has, of everybody together
MOST_PACES = 1000
LIMIT_NOTE = 2000


@dataclass
class Call:
    """One call of a program that may make it."""

    desk: Desk
    request: Request
    program: Program
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The hand-over that the path names."""
        return str(self.request.path_params["id"])


Handler = Callable[[Call], "Any | Awaitable[Any]"]


def routes(desk: Desk) -> list[BaseRoute]:
    """Every call, each behind its scope; a call without a rule cannot be built."""
    if HANDLERS.keys() != SCOPES.keys():
        raise ValueError(f"calls and scopes differ: {sorted(HANDLERS.keys() ^ SCOPES.keys())}")
    gate = Gate(desk)
    made: list[BaseRoute] = []
    for rule, handler in HANDLERS.items():
        method, _, path = rule.partition(" ")
        for prefix in ("/api/v1", "/api"):
            made.append(
                Route(path.replace("/api", prefix, 1), partial(gate.pass_, rule, handler), methods=[method], name=rule)
            )
    return made


class Gate:
    """Whose token, what may it, how often."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._paces: OrderedDict[str, Pace] = OrderedDict()
        self._strangers = Pace(UNKNOWN_TOKENS)

    async def pass_(self, rule: str, handler: Handler, request: Request) -> Response:
        """Answer one call; whatever goes wrong is a short code, never somebody's words."""
        try:
            scope = SCOPES[rule]
            if scope is None:
                return JSONResponse(await run_in_threadpool(handler, None))  # type: ignore[arg-type]
            program = await self._program(request)
            if scope not in program.scopes:
                await run_in_threadpool(self._desk.tokens.note_refusal, program, rule)
                raise Refusal(403, f"scope_missing:{scope}")
            call = Call(self._desk, request, program)
            if request.method == "POST":
                call.data = await _json(request)
            answer = handler(call) if rule in ASYNC else await run_in_threadpool(handler, call)
            value = await answer if rule in ASYNC else answer
            return JSONResponse(value, 201 if rule == CREATE else 200)
        except Refusal as refusal:
            headers = {401: {"WWW-Authenticate": "Bearer"}, 429: {"Retry-After": "60"}}.get(refusal.status)
            return JSONResponse({"reason": refusal.reason}, refusal.status, headers)
        except NotYours:
            return JSONResponse({"reason": "unknown"}, 404)
        except AlreadyClaimed:
            return JSONResponse({"reason": "claimed_by_other_or_not_claimed"}, 409)
        except SealBroken:
            return JSONResponse({"reason": "key_missing"}, 409)
        except Exception as error:
            log("api_failed", error_class=type(error).__name__)
            return JSONResponse({"reason": "failed"}, 500)

    async def _program(self, request: Request) -> Program:
        given = BEARER.fullmatch(request.headers.get("authorization", ""))
        program = await run_in_threadpool(self._desk.tokens.find, given.group(1)) if given else None
        if program is None:
            if not self._strangers.allows():
                raise Refusal(429, "too_many")
            raise Refusal(401, "token")
        pace = self._paces.setdefault(program.name, Pace(settings().api_calls_per_minute))
        self._paces.move_to_end(program.name)
        while len(self._paces) > MOST_PACES:
            self._paces.popitem(last=False)
        if not pace.allows():
            raise Refusal(429, "too_many")
        return program


async def _json(request: Request) -> Mapping[str, Any]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refusal(415, "not_json")
    try:
        data = json.loads(await body_of(request, BODY_LIMIT))
    except (ValueError, RecursionError):
        raise Refusal(400, "not_json") from None
    if not isinstance(data, dict):
        raise Refusal(400, "not_an_object")
    return data


def _fields(call: Call, **allowed: Callable[[Any], bool]) -> dict[str, Any]:
    """The fields of the body, each checked; unknown ones are refused, so that a typing error is noticed."""
    unknown = call.data.keys() - allowed.keys()
    if unknown:
        raise Refusal(400, "unknown_field")
    for name, right in allowed.items():
        if not right(call.data.get(name)):
            raise Refusal(400, f"field:{name}")
    return dict(call.data)


def _optional(*values: str) -> Callable[[Any], bool]:
    return lambda value: value is None or (isinstance(value, str) and value in values)


def _text(most: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and len(value.strip()) > 0 and len(value) <= most


async def assess(call: Call) -> Any:
    """Read what somebody tells; nothing is kept."""
    asked = _fields(call, text=_text(MAX_TEXT), language=_optional(*LANGUAGES), region=_optional(*REGIONS))
    told = cleaned(asked["text"])
    found = await call.desk.assessor.assess(told, asked.get("language") or "", asked.get("region"))
    return found.as_dict()


async def services(call: Call) -> Any:
    """Services for a situation, best first."""
    allowed = {
        "form": all_forms(), "flag": FLAGS, "role": PERSONS, "age": ("minor", "adult"), "language": LANGUAGES,
        "region": REGIONS, "channel": ("call", "chat"), "open": ("true", "false"),
    }  # fmt: skip
    many = ("form", "flag")
    given = call.request.query_params
    for name, value in given.multi_items():
        if name not in allowed:
            raise Refusal(400, "unknown_field")
        if value not in allowed[name] or (name not in many and len(given.getlist(name)) > 1):
            raise Refusal(400, f"field:{name}")
    query = Query(
        forms=tuple(given.getlist("form")), flags=tuple(given.getlist("flag")),
        **{name: given.get(name) for name in ("role", "age", "language", "region", "channel")},  # type: ignore[arg-type]
    )  # fmt: skip
    found = await call.desk.assessor.look_up(query)
    if given.get("open") == "true":
        found = [match for match in found if answers_now(match)]
    return {"services": [match.as_dict() for match in found]}


def create(call: Call) -> Any:
    """Pass on what a person agreed to, on the organisation's own pages."""
    asked = _fields(call, summary=lambda value: isinstance(value, dict), consent=lambda value: value is True)
    try:
        summary = Summary.of(asked["summary"])
    except NotASummary as error:
        raise Refusal(400, f"summary: {error}") from None
    receipt = call.desk.handovers.pass_on(summary, call.program.organisation, call.program.actor)
    return {"id": receipt.id, "code": receipt.code, "expires_at": receipt.expires_at}


def queue(call: Call) -> Any:
    """What waits or is worked on; no word of it."""
    return {"handovers": [_head(head) for head in call.desk.handovers.queue(call.program.organisation)]}


def one(call: Call) -> Any:
    """One hand-over, whole."""
    _known(call)
    return _opened(call.desk.handovers.open(call.id, call.program.actor))


def claim(call: Call) -> Any:
    """Take it on."""
    _fields(call)
    _known(call)
    call.desk.handovers.claim(call.id, call.program.actor)
    return {"state": "claimed"}


def release(call: Call) -> Any:
    """Give it back."""
    _fields(call)
    _known(call)
    call.desk.handovers.release(call.id, call.program.actor)
    return {"state": "waiting"}


def note(call: Call) -> Any:
    """Add a note."""
    asked = _fields(call, text=_text(LIMIT_NOTE))
    _known(call)
    call.desk.handovers.write_note(call.id, call.program.actor, asked["text"])
    return {"state": "claimed"}


def close(call: Call) -> Any:
    """Done."""
    asked = _fields(call, outcome=lambda value: isinstance(value, str) and value in OUTCOMES)
    _known(call)
    call.desk.handovers.close(call.id, call.program.actor, asked["outcome"])
    return {"state": "closed"}


def erase(call: Call) -> Any:
    """Erase one of one's own, with the code of the person."""
    asked = _fields(call, code=_text(40))
    found = call.desk.handovers.by_code(asked["code"], call.program.organisation)
    if not found:
        raise Refusal(404, "unknown")
    call.desk.handovers.erase(found, call.program.actor)
    return {"erased": True}


def _known(call: Call) -> None:
    if not IDENTIFIER.fullmatch(call.id):
        raise NotYours(call.id)


def _head(head: Waiting) -> dict[str, Any]:
    return {
        "id": head.id, "language": head.language, "urgency": head.urgency, "reasons": list(head.reasons),
        "state": head.state, "created_at": head.created_at, "expires_at": head.expires_at,
        "claimed_by": head.claimed_by,
    }  # fmt: skip


def _opened(opened: Opened) -> dict[str, Any]:
    return {
        **_head(opened.head),
        "summary": json.loads(opened.summary.to_json()),
        "notes": [
            {"author": entry.author, "written_at": entry.written_at, "text": entry.text} for entry in opened.notes
        ],
        "outcome": opened.outcome,
    }


CREATE = "POST /api/handovers"
ASYNC = ("POST /api/assess", "GET /api/services")
HANDLERS: Mapping[str, Handler] = {
    "GET /api/openapi.json": lambda _: describe(),
    "POST /api/assess": assess,
    "GET /api/services": services,
    CREATE: create,
    "GET /api/handovers": queue,
    "GET /api/handovers/{id}": one,
    "POST /api/handovers/{id}/claim": claim,
    "POST /api/handovers/{id}/release": release,
    "POST /api/handovers/{id}/notes": note,
    "POST /api/handovers/{id}/close": close,
    "POST /api/handovers/erase": erase,
}
