"""The web chat over HTTP: headers, refusals, limits, leaving. The conversation itself is scripted."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from starlette.testclient import TestClient

from bot.app import create_app, directory_helplines
from bot.channels import notes
from bot.channels.pages import Helpline, page_language
from bot.channels.security import HEADERS
from bot.channels.turn import Bubble, Button, Incoming, Outgoing
from bot.channels.web import BODY_LIMIT, routes
from tests.page_texts import page_texts

TEXTS = page_texts("{key} <nl>", "{key} <fr>")
OURS = {"X-Halte": "1", "Content-Type": "application/json"}
START = {"session": None, "client_id": "c1", "start": True, "language": "fr"}


class Scripted:
    """Conversations that remember what they were asked."""

    def __init__(self) -> None:
        self.heard: list[tuple[str | None, Incoming]] = []
        self.forgotten: list[str] = []
        self.error: Exception | None = None

    async def turn(self, session: str | None, incoming: Incoming) -> Outgoing:
        self.heard.append((session, incoming))
        if self.error:
            raise self.error
        bubble = Bubble("text", "hello", "nl")
        return Outgoing(session or "fresh", [bubble], [Button("b1", "yes")], "nl", state={"secret": "inside"})

    def forget(self, session: str) -> None:
        self.forgotten.append(session)

    def sweep(self) -> None:
        raise AssertionError("no test here waits for a sweep")


@pytest.fixture()
def scripted() -> Scripted:
    return Scripted()


@pytest.fixture()
def client(scripted: Scripted) -> TestClient:
    helplines = {"nl": [Helpline("Lijn", "0800 12 34")], "fr": [Helpline("Ligne", "103")]}
    return TestClient(create_app(scripted, TEXTS, lambda language: helplines[language]))


def post(client: TestClient, data: Any, **headers: str) -> Any:
    content = data if isinstance(data, (bytes, str)) else json.dumps(data)
    return client.post("/api/turn", content=content, headers={**OURS, **headers})


@pytest.mark.parametrize(
    "path", ["/", "/?l=fr", "/health", "/static/chat.js", "/static/none.js", "/nothing", "/api/turn"]
)
def test_every_answer_has_the_safety_headers(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert "set-cookie" not in answer.headers and "server" not in answer.headers
    assert "unsafe" not in answer.headers["content-security-policy"]


def test_refusals_errors_and_leaving_have_the_headers_too(client: TestClient, scripted: Scripted) -> None:
    scripted.error = RuntimeError("boom")
    for answer in (post(client, START), client.post("/api/turn", content="x"), client.post("/api/leave", content="x")):
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


def test_page_is_neutral_escaped_and_self_contained(client: TestClient) -> None:
    page = client.get("/?l=nl")
    assert page.headers["content-type"].startswith("text/html") and page.headers["content-language"] == "nl"
    assert '<html lang="nl">' in page.text and "<title>title &lt;nl&gt;</title>" in page.text
    assert "no_js &lt;nl&gt;" in page.text and 'href="tel:0800' in page.text and 'href="tel:112"' in page.text
    assert " style=" not in page.text and "<style" not in page.text and " on" + "click" not in page.text
    assert page.text.count("<script ") == 2 and all(f'src="static/{name}.js"' in page.text for name in ("exit", "page"))


def test_exit_is_the_first_thing_to_reach_and_works_without_script(client: TestClient) -> None:
    body = client.get("/").text.partition("<body")[2]
    first = min(body.find(tag) for tag in ("<a ", "<button", "<textarea", "tabindex"))
    assert body[first:].startswith('<a id="exit" href="https://www.google.be/"')


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        (None, "", "nl"),
        (None, "fr-BE,fr;q=0.9,nl;q=0.8", "fr"),
        (None, "de,en;q=0.9", "nl"),
        (None, "fr;q=0.4, nl-BE;q=0.5", "nl"),
        (None, "fr;q=bad,nl", "nl"),
        ("fr", "nl", "fr"),
        ("xx", "fr", "fr"),
    ],
)
def test_page_language(asked: str | None, accepted: str, language: str) -> None:
    assert page_language(asked, accepted) == language


def test_a_missing_text_is_noticed_at_the_start() -> None:
    with pytest.raises(KeyError):
        routes(Scripted(), {key: text for key, text in TEXTS.items() if key != "ui.exit"})


def test_the_empty_session_of_a_busy_answer_asks_for_a_new_one(client: TestClient, scripted: Scripted) -> None:
    assert post(client, {"session": "", "client_id": "c1", "text": "dag"}).status_code == 200
    assert scripted.heard == [(None, Incoming(text="dag", client_id="c1"))]


def test_turns_reach_the_conversation_and_state_stays_inside(client: TestClient, scripted: Scripted) -> None:
    answer = post(client, START)
    assert answer.status_code == 200 and answer.json()["session"] == "fresh" and "state" not in answer.json()
    post(client, {"session": "s", "client_id": "c2", "text": "dag"})
    post(
        client,
        {"session": "s", "client_id": "c3", "choice": "b1"},
        **{"Content-Type": "application/json; charset=utf-8"},
    )
    assert scripted.heard == [
        (None, Incoming(start=True, language="fr", client_id="c1")),
        ("s", Incoming(text="dag", client_id="c2")),
        ("s", Incoming(choice="b1", client_id="c3")),
    ]


def test_text_is_cleaned_of_what_breaks_databases_and_logs(client: TestClient, scripted: Scripted) -> None:
    post(client, '{"client_id": "c", "text": "a\\u0000b\\ud800c\\r\\nd\\te\\u001b[2J"}')
    assert scripted.heard[0][1].text == "ab\ufffdc\nd\te[2J"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "not_json"),
        ("{", "not_json"),
        (b"\xff\xfe", "not_json"),
        ("[" * 10000, "not_json"),
        ('{"client_id": "c", "text": ' + "9" * 10000 + "}", None),
        ([], "unknown_field"),
        ({"client_id": "c", "text": "x", "sender": "admin"}, "unknown_field"),
        ({"client_id": "c"}, "one_of_text_choice_start"),
        ({"client_id": "c", "text": "x", "choice": "b"}, "one_of_text_choice_start"),
        ({"client_id": "c", "start": "yes"}, "one_of_text_choice_start"),
        ({"client_id": "c", "start": False}, "one_of_text_choice_start"),
        ({"client_id": "c", "text": ["x"]}, "text"),
        ({"client_id": "c", "choice": "/intent{ }"}, "choice"),
        ({"client_id": "c", "start": True, "language": "de"}, "language"),
        ({"client_id": "c", "start": True, "language": ["nl"]}, "language"),
        ({"text": "x"}, "client_id"),
        ({"client_id": 7, "text": "x"}, "client_id"),
        ({"client_id": "c", "session": "a\u0000b", "text": "x"}, "session"),
        ({"client_id": "c", "session": "x" * 201, "text": "x"}, "session"),
        ({"client_id": "c", "session": "s\n", "text": "x"}, "session"),
        ('{"client_id": "c", "session": "\\ud800", "text": "x"}', "session"),
    ],
)
def test_malformed_turns_are_refused_with_a_reason(
    client: TestClient, scripted: Scripted, body: Any, reason: str | None
) -> None:
    answer = post(client, body)
    assert answer.status_code == 400 and not scripted.heard
    assert reason is None or answer.json() == {"reason": reason}


def test_foreign_requests_are_refused(client: TestClient, scripted: Scripted) -> None:
    plain = {"X-Halte": "1", "Content-Type": "text/plain"}
    assert client.post("/api/turn", content=json.dumps(START), headers=plain).status_code == 415
    bare = {"Content-Type": "application/json"}
    refused = client.post("/api/turn", content=json.dumps(START), headers=bare)
    assert (refused.status_code, refused.json()) == (403, {"reason": "header_missing"})
    assert client.get("/api/turn").status_code == 405 and client.put("/").status_code == 405
    preflight = client.options(
        "/api/turn", headers={"Origin": "https://x.example", "Access-Control-Request-Method": "POST"}
    )
    assert not [name for name in preflight.headers if name.startswith("access-control")]
    assert not scripted.heard


def test_size_limit(client: TestClient, scripted: Scripted) -> None:
    frame = len(json.dumps({"client_id": "c", "text": ""}))
    assert post(client, {"client_id": "c", "text": "x" * (BODY_LIMIT - frame)}).status_code == 200
    refused = post(client, {"client_id": "c", "text": "x" * (BODY_LIMIT - frame + 1)})
    assert (refused.status_code, refused.json()) == (413, {"reason": "too_large"})
    chunks = client.post("/api/turn", content=(b"x" * 1000 for _ in range(100)), headers=OURS)
    assert chunks.status_code == 413
    assert client.post("/api/leave", content="x" * (BODY_LIMIT + 1)).status_code == 413


def test_leaving_forgets_and_always_says_the_same(client: TestClient, scripted: Scripted) -> None:
    for body in ("token-1", "token-1", "", "not a token", b"\xff\x00"):
        answer = client.post("/api/leave", content=body, headers={"Content-Type": "text/plain;charset=UTF-8"})
        assert (answer.status_code, answer.content) == (204, b"")
    assert scripted.forgotten == ["token-1", "token-1"]


def test_a_failing_engine_answers_json_and_logs_no_word(
    client: TestClient, scripted: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    scripted.error = ValueError("he said CANARY")
    with caplog.at_level(logging.DEBUG):
        answer = post(client, {"client_id": "c", "text": "CANARY"})
    assert (answer.status_code, answer.json()) == (500, {"reason": "failed"})
    assert "CANARY" not in caplog.text and "ValueError" in caplog.text


def test_errors_outside_a_turn_are_guarded_too(
    client: TestClient, scripted: Scripted, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(session: str) -> None:
        raise ValueError(session)

    monkeypatch.setattr(scripted, "forget", fail)
    answer = client.post("/api/leave", content="CANARY")
    assert answer.status_code == 500 and "CANARY" not in caplog.text and "CANARY" not in answer.text


def test_health_and_unknown_addresses(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "ok"}
    unknown = client.get("/../etc/passwd")
    assert (unknown.status_code, unknown.json()) == (404, {"reason": "not_here"})
    assert client.get("/static/../templates/chat.html").status_code == 404
    assert client.get("/static/%2e%2e/templates/chat.html").status_code == 404


def test_the_page_is_small(client: TestClient) -> None:
    import gzip

    scripts = [f"/static/{name}.js" for name in ("exit", "page", "wayout", "chat", "bubbles", "sheet")]
    paths = ("/", "/static/chat.css", "/static/sheet.css", "/static/icon.svg", *scripts)
    sizes: dict[str, int] = {path: len(gzip.compress(client.get(path).content)) for path in paths}
    assert sum(sizes.values()) < 25_000, sizes
    assert client.get("/", headers={"Accept-Encoding": "gzip"}).headers["content-encoding"] == "gzip"
    assert "content-encoding" not in post(client, START, **{"Accept-Encoding": "gzip"}).headers


def test_lines_for_when_the_chat_cannot_run_come_from_the_directory() -> None:
    for language, expected in (("nl", "1712"), ("fr", "0800 30 030")):
        lines = directory_helplines(language)
        assert lines[0].phone == "112" and expected in [line.phone for line in lines] and len(lines) == 4


@pytest.mark.parametrize("language", ["nl", "fr"])
def test_the_page_for_notes_is_empty_and_neutral(client: TestClient, language: str) -> None:
    answer = client.get(f"/notes?l={language}")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-language"] == language
    assert f"<title>title &lt;{language}&gt;</title>" in answer.text
    assert "name=" not in answer.text.split("<body")[1], "no field has a name: nothing typed can end up in an address"
    assert all(f"notes_{column} &lt;{language}&gt;" in answer.text for column in notes.COLUMNS)
