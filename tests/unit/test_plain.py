"""The chat as plain forms, over HTTP: what a page shows, what it hides, what an old page can still do."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

import pytest
from starlette.testclient import TestClient

from bot.app import create_app
from bot.channels import plain
from bot.channels.security import HEADERS
from bot.channels.turn import Action, Bubble, Button, Incoming, Outgoing
from bot.content.schema import Text
from bot.settings import settings
from tests.page_texts import page_texts

TEXTS = page_texts("{key} nl", "{key} fr")
TEXTS["ui.other_language"] = Text(nl="Français", fr="Nederlands")
SHEET = Bubble(
    "sheet", "", "nl", title="My list", lines=["1. First <step>", "2. Second"],
    actions=[Action("copy", "Copy", "", "warned"), Action("save", "Save", "lijst.txt", "warned too")],
)  # fmt: skip
CARD = Bubble(
    "card", "A line", "nl", title="A line", lines=["Open."],
    actions=[Action("call", "Call", "tel:1712"), Action("website", "Bad", "javascript:alert(1)"),
             Action("page", "Notes", "notes?l=nl")],
)  # fmt: skip


class Scripted:
    """Conversations that live until they are forgotten."""

    def __init__(self) -> None:
        self.open: set[str] = set()
        self.heard: list[tuple[str | None, Incoming]] = []
        self.error: Exception | None = None
        self.answers: dict[str, Outgoing] = {}

    async def turn(self, session: str | None, incoming: Incoming) -> Outgoing:
        self.heard.append((session, incoming))
        if self.error:
            raise self.error
        assert incoming.client_id is not None
        if incoming.client_id in self.answers:
            return self.answers[incoming.client_id]
        token = session if session in self.open else f"token-{len(self.heard)}"
        assert token
        self.open.add(token)
        language = incoming.language or "nl"
        bubbles = [Bubble("text", f"answer {len(self.heard)}", language)]
        if incoming.text == "sheet":
            bubbles += [CARD, SHEET]
        if incoming.text == "wipe":
            self.open.discard(token)
            return Outgoing(token, bubbles, [], language, ended=True)
        made = Outgoing(token, bubbles, [Button("b1", "Yes & no"), Button("b2", "Later")], language)
        self.answers[incoming.client_id] = made
        return made

    def forget(self, session: str) -> None:
        self.open.discard(session)

    def sweep(self) -> None:
        """Nothing here expires."""


class Page:
    """A page with its form, as a browser without JavaScript has it."""

    def __init__(self, client: TestClient, answer: Any) -> None:
        self.client, self.answer, self.text = client, answer, answer.text
        found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', self.text)
        self.fields: dict[str, str] = {name: html.unescape(value) for name, value in found}

    def send(self, headers: Mapping[str, str] | None = None, **pressed: str) -> Page:
        return Page(self.client, self.client.post("/talk", data={**self.fields, **pressed}, headers=headers))

    @property
    def visible(self) -> str:
        return re.sub(r'value="[^"]*"', "", self.text)


@pytest.fixture()
def scripted() -> Scripted:
    return Scripted()


@pytest.fixture()
def client(scripted: Scripted) -> TestClient:
    return TestClient(create_app(scripted, TEXTS, lambda language: []), follow_redirects=False)


@pytest.fixture()
def opened(client: TestClient) -> Page:
    return Page(client, client.post("/talk", data={"do": "start", "language": "nl"}))


def test_the_page_offers_the_forms_and_starts_them(client: TestClient, opened: Page, scripted: Scripted) -> None:
    start = client.get("/?l=fr").text
    assert '<form id="plain" action="talk" method="post">' in start and "plain_start fr" in start
    assert opened.answer.status_code == 200 and "answer 1" in opened.text and opened.fields["session"] == "token-1"
    assert scripted.heard[0][1].start and scripted.heard[0][1].language == "nl"
    assert {name: opened.answer.headers.get(name) for name in HEADERS} == HEADERS
    assert opened.answer.headers["refresh"] == f"{settings().session_minutes * 60};url=talk?l=nl"


def test_last_turns_are_shown_from_the_page_and_kept_nowhere_else(opened: Page, client: TestClient) -> None:
    page = opened
    for number in range(2, 8):
        page = page.send(do="say", text=f"words <{number}>")
    assert "words &lt;7&gt;" in page.text and "answer 7" in page.text and "words &lt;4&gt;" in page.text
    assert "words &lt;3&gt;" not in page.text, "only the last turns"
    sealed = page.fields["past"]
    assert "words" not in sealed and len(sealed) < 20_000
    other = create_app(Scripted(), TEXTS, lambda language: [])  # after a restart, nothing opens it any more
    again = Page(TestClient(other), TestClient(other).post("/talk", data={**page.fields, "text": "x", "do": "say"}))
    assert "words" not in again.visible


def test_a_forged_past_is_not_shown(opened: Page) -> None:
    for forged in ("x", "é", opened.fields["past"][:-4] + "AAA=", "gAAAA" * 100):
        page = opened.send(do="say", text="y", past=forged)
        assert page.answer.status_code == 200 and "answer 1<" not in page.text


def test_buttons_are_answers_and_a_draft_stays(opened: Page, scripted: Scripted) -> None:
    assert '<button name="choice" value="b1 Yes &amp; no">Yes &amp; no</button>' in opened.text
    page = opened.send(choice="b1 Yes & no", text="half a thought")
    session, heard = scripted.heard[-1]
    assert (session, heard.choice, heard.text) == ("token-1", "b1", None)
    assert '<p dir="auto">Yes &amp; no</p>' in page.text and ">half a thought</textarea>" in page.text


def test_the_same_form_sent_twice_is_one_message_and_another_answer_is_not(opened: Page, scripted: Scripted) -> None:
    once, twice = opened.send(do="say", text="x"), opened.send(do="say", text="x")
    assert "answer 2" in once.text and "answer 2" in twice.text and "answer 3" not in twice.text
    assert "answer 4" in opened.send(do="say", text="y").text
    assert "answer 5" in opened.send(choice="b1 Yes").text


def test_language_restart_and_delete(opened: Page, scripted: Scripted) -> None:
    french = opened.send(do="language")
    assert '<html lang="fr">' in french.text and scripted.heard[-1][1].text == "Français"
    fresh = french.send(do="restart")
    assert scripted.open == {"token-3"} and "answer 1" not in fresh.text and scripted.heard[-1][1].start
    gone = fresh.send(do="delete")
    assert not scripted.open and "deleted fr" in gone.text and "answer" not in gone.text
    assert gone.fields["session"] == "" and "plain_start fr" in gone.text


def test_an_old_page_tells_nothing_after_leaving(opened: Page, client: TestClient, scripted: Scripted) -> None:
    page = opened.send(do="say", text="SECRET")
    left = client.post("/out", data={"session": page.fields["session"]})
    assert left.status_code == 200 and left.headers["refresh"] == f"0;url={settings().exit_url}"
    assert left.headers["clear-site-data"] == '"storage"' and "<body></body>" in left.text
    assert not scripted.open
    heard = len(scripted.heard)
    for old in (page.send(do="say", text="SECRET"), opened.send(do="say", text="SECRET"), page.send(do="take.0")):
        assert "SECRET" not in old.visible and "answer" not in old.visible and len(scripted.heard) == heard


def test_a_conversation_that_expired_is_not_shown_again(opened: Page, scripted: Scripted) -> None:
    page = opened.send(do="say", text="SECRET one")
    scripted.open.clear()
    page = page.send(do="say", text="SECRET two")
    assert "SECRET" not in page.visible and "answer 3" in page.text and page.fields["session"] == "token-3"


def test_an_ended_conversation_has_no_session(opened: Page) -> None:
    page = opened.send(do="say", text="wipe")
    assert "answer 2" in page.text and page.fields["session"] == "" and "refresh" not in page.answer.headers


def test_cards_are_safe_and_a_sheet_can_be_taken_along(opened: Page) -> None:
    page = opened.send(do="say", text="sheet")
    assert 'href="tel:1712"' in page.text and "javascript:" not in page.text and 'href="notes?l=nl"' in page.text
    assert "<li>First &lt;step&gt;</li>" in page.text and "warned too" in page.text
    assert 'value="take.0"' in page.text
    file = page.send(do="take.0").answer
    assert file.text == "My list\r\n1. First <step>\r\n2. Second\r\n"
    assert file.headers["content-type"].startswith("text/plain")
    assert file.headers["content-disposition"] == 'attachment; filename="lijst.txt"'
    assert file.headers["x-content-type-options"] == "nosniff"
    assert "My list" not in page.send(do="take.0", past="forged").text


def test_a_failure_keeps_the_words_and_shows_112(opened: Page, scripted: Scripted) -> None:
    scripted.error = ValueError("CANARY")
    page = opened.send(do="say", text="important")
    assert page.answer.status_code == 500 and "offline nl" in page.text and ">important</textarea>" in page.text
    assert "CANARY" not in page.text and 'href="tel:112"' in page.text and page.fields["session"] == "token-1"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://testserver"}, 200),
        ({"Origin": "null"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://testserver.evil.example"}, 403),
    ],
)
def test_only_our_own_pages_send_forms(
    client: TestClient, opened: Page, scripted: Scripted, headers: dict[str, str], status: int
) -> None:
    assert opened.send(headers, do="say", text="x").answer.status_code == status
    assert client.post("/out", data={"session": "token-1"}, headers=headers).status_code == status
    assert bool(scripted.open) == (status == 403)


def test_malformed_forms(client: TestClient, opened: Page, scripted: Scripted) -> None:
    assert client.post("/talk", json={"do": "say"}).status_code == 415
    assert client.post("/talk", data={f"f{n}": "x" for n in range(40)}).status_code == 400
    assert opened.send(do="say", text="x", session="a\u0000b").answer.status_code == 400
    assert opened.send(do="say", text="x", choice="\u0000").answer.status_code == 400
    assert opened.send(do="take.²").answer.status_code == 200
    big = opened.send(do="say", text="x" * plain.FORM_LIMIT)
    assert big.answer.status_code == 413 and "offline" in big.text and 'href="tel:112"' in big.text
    opened.send(do="say", text="a\x00b\x1b")
    assert scripted.heard[-1][1].text == "ab"


def test_getting_the_address_shows_nothing(client: TestClient) -> None:
    assert (client.get("/talk").status_code, client.get("/talk").headers["location"]) == (303, "./")
    idle = client.get("/talk?l=fr")
    assert "deleted fr" in idle.text and '<html lang="fr">' in idle.text


def test_markup_in_words_stays_text(opened: Page) -> None:
    page = opened.send(do="say", text='</textarea><script>alert(1)</script>"><img src=x>')
    assert "<script>alert" not in page.text and "<img" not in page.text
