"""The description of the interface, made from the same tables that the code uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.desk.assessment import MAX_TEXT
from bot.desk.permissions import ALL_SCOPES, SCOPES
from bot.directory.schema import FLAGS, REGIONS
from bot.directory.schema import ROLES as PERSONS
from bot.handover.handovers import OUTCOMES
from bot.handover.summary import KINDS, MAX_LINES, MAX_VALUE
from bot.handover.summary import MAX_TEXT as MAX_LINE
from bot.recognition.taxonomy import LANGUAGES, forms

VERSION = "1.0.0"
Schema = dict[str, Any]

STRING: Schema = {"type": "string"}
INTEGER: Schema = {"type": "integer"}
STRINGS: Schema = {"type": "array", "items": STRING}
MAYBE_STRING: Schema = {"type": ["string", "null"]}

SAYS: Mapping[str, str] = {
    "GET /api/openapi.json": "This description",
    "POST /api/assess": "What somebody tells: forms with the words that show them, flags, risk factors, questions, "
    "first steps, services. Reasons, no score. Nothing is kept.",
    "GET /api/services": "Services for a situation, best first, with the state of their opening hours",
    "POST /api/handovers": "Pass on a summary that a person agreed to, line by line",
    "GET /api/handovers": "What waits or is worked on, most urgent first, without a word of it",
    "GET /api/handovers/{id}": "One hand-over; opening is written down",
    "POST /api/handovers/{id}/claim": "Take it on; of two, one gets it",
    "POST /api/handovers/{id}/release": "Give it back",
    "POST /api/handovers/{id}/notes": "Add a note to what one has claimed",
    "POST /api/handovers/{id}/close": "Done, with the outcome",
    "POST /api/handovers/erase": "Erase one of one's own with the code of the person",
}


def describe() -> Schema:
    """OpenAPI 3.1."""
    paths: dict[str, Schema] = {}
    for rule, scope in SCOPES.items():
        method, _, path = rule.partition(" ")
        paths.setdefault(path.removeprefix("/api"), {})[method.lower()] = _operation(rule, scope)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Halte", "version": VERSION, "description": "For organisations that work with Halte."},
        "servers": [{"url": "/api/v1"}, {"url": "/api"}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "Scopes: " + ", ".join(ALL_SCOPES)}
            },
            "schemas": _schemas(),
        },
    }


def _operation(rule: str, scope: str | None) -> Schema:
    answers: dict[str, Schema] = {
        "201" if rule == "POST /api/handovers" else "200": _answer("Done", ANSWERS[rule]),
    }
    if scope is not None:
        problems = {"400": "Not as described", "401": "No usable token", "403": "The token has not this scope",
                    "429": "Too many calls; wait a minute", "500": "Something failed here"}  # fmt: skip
        if rule.startswith("POST"):
            problems |= {"413": "Too large", "415": "Not JSON"}
        if "{id}" in rule or rule.endswith("/erase"):
            problems |= {"404": "There is none, for this organisation", "409": "Somebody else works on it"}
        answers |= {status: _answer(text, _ref("Problem")) for status, text in sorted(problems.items())}
    operation: Schema = {
        "operationId": rule.replace("/api/", "").translate(str.maketrans(" /", "__", "{}")).lower(),
        "summary": SAYS[rule],
        "responses": answers,
        "security": [] if scope is None else [{"token": []}],
    }
    if scope:
        operation["description"] = f"Scope: {scope}"
    if rule in BODIES:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": BODIES[rule]}}}
    parameters = [_parameter(name, schema) for name, schema in _query().items()] if rule == "GET /api/services" else []
    if "{id}" in rule:
        parameters.append({"name": "id", "in": "path", "required": True, "schema": STRING})
    return {**operation, "parameters": parameters} if parameters else operation


def _answer(text: str, schema: Schema) -> Schema:
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _parameter(name: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _query() -> dict[str, Schema]:
    return {
        "form": {"type": "array", "items": _one_of(*forms())},
        "flag": {"type": "array", "items": _one_of(*FLAGS)},
        "role": _one_of(*PERSONS),
        "age": _one_of("minor", "adult"),
        "language": _one_of(*LANGUAGES),
        "region": _one_of(*REGIONS),
        "channel": _one_of("call", "chat"),
        "open": _one_of("true", "false"),
    }


def _one_of(*values: str) -> Schema:
    return {"type": "string", "enum": list(values)}


def _maybe(*values: str) -> Schema:
    return {"type": ["string", "null"], "enum": [*values, None]}


def _text(most: int) -> Schema:
    return {"type": "string", "minLength": 1, "maxLength": most, "pattern": r"\S"}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _list(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


NOTHING: Schema = {"type": "object", "properties": {}, "additionalProperties": False}
BODIES: Mapping[str, Schema] = {
    "POST /api/assess": {
        **_object(text=_text(MAX_TEXT), language=_maybe(*LANGUAGES), region=_maybe(*REGIONS)), "required": ["text"],
    },
    "POST /api/handovers": _object(summary=_ref("Summary"), consent={"type": "boolean", "const": True}),
    "POST /api/handovers/{id}/claim": NOTHING,
    "POST /api/handovers/{id}/release": NOTHING,
    "POST /api/handovers/{id}/notes": _object(text=_text(2000)),
    "POST /api/handovers/{id}/close": _object(outcome=_one_of(*OUTCOMES)),
    "POST /api/handovers/erase": _object(code=_text(40)),
}  # fmt: skip
STATE = _object(state=_one_of("waiting", "claimed", "closed"))
ANSWERS: Mapping[str, Schema] = {
    "GET /api/openapi.json": {"type": "object"},
    "POST /api/assess": _ref("Assessment"),
    "GET /api/services": _object(services=_list(_ref("Service"))),
    "POST /api/handovers": _object(id=STRING, code=STRING, expires_at=INTEGER),
    "GET /api/handovers": _object(handovers=_list(_ref("Waiting"))),
    "GET /api/handovers/{id}": _ref("Handover"),
    "POST /api/handovers/{id}/claim": STATE,
    "POST /api/handovers/{id}/release": STATE,
    "POST /api/handovers/{id}/notes": STATE,
    "POST /api/handovers/{id}/close": STATE,
    "POST /api/handovers/erase": _object(erased={"type": "boolean"}),
}


def _schemas() -> dict[str, Schema]:
    line = _object(kind=_one_of(*KINDS), value={"type": "string", "maxLength": MAX_VALUE}, text=_text(MAX_LINE))
    waiting = _object(
        id=STRING, language=_one_of(*LANGUAGES), urgency={"type": "integer", "minimum": 1, "maximum": 3},
        reasons=STRINGS, state=_one_of("waiting", "claimed", "closed"), created_at=INTEGER, expires_at=INTEGER,
        claimed_by=MAYBE_STRING,
    )  # fmt: skip
    summary = _object(language=_one_of(*LANGUAGES), lines={**_list(_ref("Line")), "minItems": 1, "maxItems": MAX_LINES})
    note = _object(author=STRING, written_at=INTEGER, text=STRING)
    whole = {**waiting["properties"], "summary": _ref("Summary"), "notes": _list(note), "outcome": MAYBE_STRING}
    services = _list(_ref("Service"))
    return {
        "Problem": _object(reason=STRING),
        "Line": line,
        "Summary": summary,
        "Waiting": waiting,
        "Handover": _object(**whole),
        "Service": {
            "type": "object",
            "required": ["id", "name", "kind", "open", "reasons"],
            "properties": {
                "id": STRING, "kind": STRING, "name": {"type": "object", "additionalProperties": STRING},
                "phone": MAYBE_STRING, "open": {"type": "object"}, "reasons": STRINGS,
            },
        },
        "Assessment": _object(
            language=_one_of(*LANGUAGES), role=_one_of(*PERSONS), minor={"type": "boolean"},
            forms=_list(_object(form=_one_of(*forms()), confidence={"type": "number"}, evidence=STRINGS)),
            possible=_list(_one_of(*forms())),
            flags=_list(_object(flag=_one_of(*FLAGS), evidence=STRINGS)),
            risk_factors=_list(_object(factor=STRING, evidence=STRINGS)),
            questions=STRINGS,
            steps=_list(_object(step=STRING, noticeable={"type": "boolean"})), avoid=STRINGS,
            services_open_now=services, services_later=services,
        ),
    }  # fmt: skip
