"""The interface for programs: what it answers, what it refuses, and that it is as it is described."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
from desk_house import HOSTILE, OPERATOR, OURS, THEIRS, House

from bot.desk.openapi import describe
from bot.desk.permissions import ALL_SCOPES
from bot.settings import settings

SUMMARY = {"language": "nl", "lines": [{"kind": "flag", "value": "danger", "text": "CANARY gevaar"}]}


@pytest.fixture()
def house(tmp_path: Path) -> House:
    return House(tmp_path)


class Api:
    """A program with a token."""

    def __init__(self, house: House, name: str = "crm", organisation: str = OURS) -> None:
        token = house.desk.tokens.add(name, organisation, ALL_SCOPES, OPERATOR)
        self.client = house.browser(authorization=f"Bearer {token}").client

    def get(self, path: str, **options: Any) -> Any:
        return self._checked("get", path, self.client.get(f"/api{path}", **options))

    def post(self, path: str, data: Any = None, **options: Any) -> Any:
        if not options:
            options = {"json": {} if data is None else data}
        return self._checked("post", path, self.client.post(f"/api{path}", **options))

    @staticmethod
    def _checked(method: str, path: str, answer: Any) -> Any:
        """Every answer is one that the description has, in the shape that it has."""
        described = describe()
        parts = path.split("?")[0].split("/")
        template = next(
            name for name in described["paths"]
            if method in described["paths"][name] and len(name.split("/")) == len(parts)
            and all(a == b or a == "{id}" for a, b in zip(name.split("/"), parts))
        )  # fmt: skip
        responses = described["paths"][template][method]["responses"]
        assert str(answer.status_code) in responses, (path, answer.status_code, answer.text)
        schema = responses[str(answer.status_code)]["content"]["application/json"]["schema"]
        jsonschema.validate(answer.json(), {**schema, "components": described["components"]})
        return answer


@pytest.fixture()
def api(house: House) -> Api:
    return Api(house)


def test_the_description_is_served_and_versioned(house: House) -> None:
    client = house.browser().client
    for path in ("/api/openapi.json", "/api/v1/openapi.json"):
        described = client.get(path).json()
        assert described["openapi"] == "3.1.0" and described["info"]["version"].startswith("1.")
        assert {"/assess", "/services", "/handovers/{id}/claim"} <= described["paths"].keys()
    for schema in describe()["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_assess(api: Api, house: House) -> None:
    answer = api.post("/assess", {"text": "mijn ex heeft mijn wachtwoord en staat aan de deur met een mes"})
    found = answer.json()
    assert [form["form"] for form in found["forms"]] == ["account_control"]
    assert found["flags"][0]["flag"] == "danger" and found["services_open_now"][0]["id"] == "emergency_112"
    told = [risk["factor"] for risk in found["risk_factors"] if risk["evidence"]]
    assert "weapon" in told and len(found["questions"]) == 5 and "score" not in answer.text
    assert house.desk.handovers.queue(OURS) == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({}, "field:text"), ({"text": ""}, "field:text"), ({"text": " "}, "field:text"), ({"text": 1}, "field:text"),
        ({"text": "x" * 8001}, "field:text"), ({"text": "x", "language": "de"}, "field:language"),
        ({"text": "x", "region": ["brussels"]}, "field:region"), ({"text": "x", "save": True}, "unknown_field"),
        ([], "not_an_object"), ("x", "not_an_object"), (1, "not_an_object"),
    ],
)  # fmt: skip
def test_what_is_not_as_described_is_refused(api: Api, data: Any, reason: str) -> None:
    answer = api.post("/assess", json=data)
    assert (answer.status_code, answer.json()) == (400, {"reason": reason})


def test_other_bodies_are_refused(api: Api) -> None:
    assert api.post("/assess", content=b"{", headers={"content-type": "application/json"}).status_code == 400
    assert api.post("/assess", content=b"[" * 9000, headers={"content-type": "application/json"}).status_code == 400
    assert api.post("/assess", content=b"{}", headers={"content-type": "text/plain"}).status_code == 415
    big = b'{"text": "' + b"x" * 70_000 + b'"}'
    assert api.post("/assess", content=big, headers={"content-type": "application/json"}).status_code == 413


def test_services(api: Api) -> None:
    found = api.get("/services?form=sextortion&flag=minor&language=nl").json()["services"]
    assert found and {"id", "open", "reasons"} <= found[0].keys()
    open_now = api.get("/services?form=sextortion&open=true").json()["services"]
    assert all(any(s["state"] in ("open", "always") for s in one["open"].values()) for one in open_now)
    for wrong in ("form=murder", "flag=x", "at=now", "language=nl&language=fr", "open=yes"):
        assert api.get(f"/services?{wrong}").status_code == 400


def test_a_hand_over_through_the_interface(api: Api, house: House) -> None:
    created = api.post("/handovers", {"summary": SUMMARY, "consent": True})
    assert created.status_code == 201
    identifier, code = created.json()["id"], created.json()["code"]
    listed = api.get("/handovers")
    assert listed.json()["handovers"][0]["reasons"] == ["flag:danger"] and "CANARY" not in listed.text
    assert api.post(f"/handovers/{identifier}/notes", {"text": "x"}).status_code == 409
    assert api.post(f"/handovers/{identifier}/claim").json() == {"state": "claimed"}
    assert api.post(f"/handovers/{identifier}/notes", {"text": HOSTILE}).status_code == 200
    opened = api.get(f"/handovers/{identifier}").json()
    assert opened["summary"] == SUMMARY and opened["claimed_by"] == "api:crm"
    worker = house.person("an", "worker")
    assert worker.post(f"/desk/queue/{identifier}/claim", f"/desk/queue/{identifier}").status_code == 409
    assert api.post(f"/handovers/{identifier}/close", {"outcome": "won"}).status_code == 400
    assert api.post(f"/handovers/{identifier}/close", {"outcome": "helped"}).status_code == 200
    assert api.post("/handovers/erase", {"code": code}).json() == {"erased": True}
    assert api.post("/handovers/erase", {"code": code}).status_code == 404
    assert api.get(f"/handovers/{identifier}").status_code == 404


@pytest.mark.parametrize(
    "data",
    [
        {"summary": SUMMARY}, {"summary": SUMMARY, "consent": False}, {"summary": SUMMARY, "consent": "yes"},
        {"summary": {"language": "nl", "lines": []}, "consent": True}, {"summary": "all", "consent": True},
        {"summary": {**SUMMARY, "log": "everything"}, "consent": True},
    ],
)  # fmt: skip
def test_nothing_is_passed_on_without_consent_or_as_a_log(api: Api, house: House, data: Any) -> None:
    assert api.post("/handovers", data).status_code == 400
    assert house.desk.handovers.queue(OURS) == []


def test_another_organisation_gets_nothing(api: Api, house: House) -> None:
    receipt = house.pass_on("CANARY")
    theirs = Api(house, "theirs", THEIRS)
    assert theirs.get("/handovers").json() == {"handovers": []}
    for answer in (theirs.get(f"/handovers/{receipt.id}"), theirs.post(f"/handovers/{receipt.id}/claim"),
                   theirs.post("/handovers/erase", {"code": receipt.code}),
                   api.get("/handovers/not-an-id"), api.get("/handovers/" + "0" * 32)):  # fmt: skip
        assert (answer.status_code, answer.json()) == (404, {"reason": "unknown"})


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer x y", "Basic eDp5", "bearer halte_x", "Bearer é"])
def test_strange_tokens(house: House, header: str) -> None:
    answer = house.browser().client.get("/api/handovers", headers={"authorization": header.encode("latin-1")})
    assert (answer.status_code, answer.json()) == (401, {"reason": "token"})


def test_a_disabled_token_ends_at_once(api: Api, house: House) -> None:
    assert api.get("/handovers").status_code == 200
    house.desk.tokens.disable("crm", OPERATOR)
    assert api.get("/handovers").status_code == 401


def test_a_desk_cookie_is_no_token(house: House) -> None:
    assert house.person("an", "worker").get("/api/handovers").status_code == 401


def test_the_pace_is_limited_for_each_token(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "api_calls_per_minute", 3)
    one, other = Api(house, "one"), Api(house, "other")
    assert [one.get("/handovers").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    assert one.get("/handovers").headers["retry-after"] == "60"
    assert other.get("/handovers").status_code == 200


def test_tokens_cannot_be_tried_fast(house: House) -> None:
    client = house.browser().client
    answers = [
        client.get("/api/handovers", headers={"authorization": f"Bearer halte_{n}"}).status_code for n in range(125)
    ]
    assert answers == [401] * 120 + [429] * 5
    assert Api(house).get("/handovers").status_code == 200, "who has a token is not shut out"


def test_a_failure_tells_nothing(api: Api, house: House, caplog: pytest.LogCaptureFixture) -> None:
    async def fail(text: str, language: str = "") -> None:
        raise RuntimeError(text)

    house.desk.assessor._recognise = fail  # type: ignore[assignment]
    answer = api.post("/assess", {"text": "CANARY"})
    assert (answer.status_code, answer.json()) == (500, {"reason": "failed"}) and "CANARY" not in caplog.text
