"""The chat on a page of somebody else, from another origin: in a shadow root and in a frame."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from bot.app import create_app
from bot.channels.pages import Helpline
from bot.settings import settings
from tests.browser.axe import violations
from tests.browser.conftest import TEXTS, running
from tests.browser.test_chat import eventually, say, shift_three_times

HOST = """<!doctype html><html lang="{lang}"><head><title>Partner</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><main><h1>Partner</h1><p>PARTNER words</p><input id="field" aria-label="search"></main>
<script src="{chat}halte.js" {attributes}></script></body></html>"""


@pytest.fixture()
def embedded(partner: Any, scripted: Any) -> Iterator[Any]:
    """Address of the partner's page, and the address of the chat."""
    address, pages = partner
    with running(create_app(scripted, TEXTS, lambda language: [Helpline(f"Line {language}", "1712")])) as chat:
        pages["chat"] = chat
        for path, lang, attributes in (
            ("/nl", "nl", ""), ("/fr", "nl", 'data-lang="fr"'), ("/lang", "fr-BE", ""), ("/frame", "fr", "data-frame"),
        ):  # fmt: skip
            pages[path] = HOST.format(lang=lang, chat=chat, attributes=attributes)
        yield address, chat


def unfolded(context: Any, address: str, path: str = "nl") -> Any:
    page = context.new_page()
    page.goto(f"{address}{path}")
    page.locator("halte-chat #open").click()
    page.get_by_text("hello", exact=False).wait_for()
    return page


def tell(page: Any, text: str) -> None:
    page.locator("halte-chat #field").fill(text)
    page.locator("halte-chat #field").press("Enter")
    page.get_by_text(f"heard {text}").wait_for()


def test_talking_on_a_page_with_a_strict_policy(context: Any, embedded: Any, scripted: Any) -> None:
    address, chat = embedded
    asked: list[str] = []
    errors: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{address}nl")
    assert not scripted.heard, "nothing is said before the panel is opened"
    page.locator("halte-chat #open").click()
    tell(page, "one")
    page.locator("halte-chat .choices button").first.click()
    page.get_by_text("chosen choice-1").wait_for()
    tell(page, "cards x")
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(address).netloc, urlsplit(chat).netloc}
    assert not [error for error in errors if "favicon" not in error]
    assert context.cookies() == []
    assert page.evaluate("[localStorage.length, sessionStorage.length, history.length]") == [0, 0, 2]
    assert page.title() == "Partner" and page.url == f"{address}nl"


@pytest.mark.parametrize(("path", "language"), [("nl", "nl"), ("fr", "fr"), ("lang", "fr")])
def test_language_of_the_attribute_or_the_page(context: Any, embedded: Any, path: str, language: str) -> None:
    page = unfolded(context, embedded[0], path)
    page.get_by_text(f"hello {language}").wait_for()
    assert page.locator("halte-chat #send").inner_text() == f"{language} send"
    assert page.locator("halte-chat").get_attribute("lang") == language
    page.locator("halte-chat #language").click()
    other = "nl" if language == "fr" else "fr"
    page.get_by_text(f"hello {other}").wait_for()
    assert page.locator("halte-chat #close").inner_text() == f"{other} close"
    assert page.evaluate("document.documentElement.lang") != other or path != "nl"


@pytest.mark.parametrize("way", ["click", "keys in the chat", "keys in the page", "keys before it was opened"])
def test_leaving_takes_the_page_along(context: Any, embedded: Any, elsewhere: str, scripted: Any, way: str) -> None:
    address, _ = embedded
    if way == "keys before it was opened":
        page = context.new_page()
        page.goto(f"{address}nl")
    else:
        page = unfolded(context, address)
        tell(page, "SECRET")
    if way == "click":
        page.locator("halte-chat #exit").click()
    else:
        page.locator("halte-chat #field" if "chat" in way else "main #field").focus()
        shift_three_times(page)
    page.wait_for_url(elsewhere)
    assert eventually(lambda: not scripted.open)
    page.go_back(wait_until="commit")
    assert "SECRET" not in page.content() and "PARTNER" not in page.content()


def test_the_page_is_empty_before_the_other_answers(context: Any, embedded: Any) -> None:
    page = unfolded(context, embedded[0])
    left = page.evaluate(
        """() => { document.querySelector("halte-chat").shadowRoot.getElementById("exit").click();
                   return document.body.innerHTML; }"""
    )
    assert left == ""


def test_going_elsewhere_ends_the_conversation_and_back_shows_a_closed_panel(
    context: Any, embedded: Any, elsewhere: str, scripted: Any
) -> None:
    page = unfolded(context, embedded[0])
    tell(page, "SECRET")
    page.goto(elsewhere)
    assert eventually(lambda: not scripted.open)
    page.go_back(wait_until="commit")
    page.locator("halte-chat #open").wait_for()
    assert not page.locator("halte-chat #page").count()
    page.locator("halte-chat #open").click()
    page.get_by_text("hello nl").wait_for()
    assert page.get_by_text("SECRET").count() == 0 and len(scripted.open) == 1


def test_closing_and_opening_keeps_the_thread_and_the_focus(context: Any, embedded: Any, scripted: Any) -> None:
    page = unfolded(context, embedded[0])
    inside = "document.querySelector('halte-chat').shadowRoot.activeElement.id"
    assert page.evaluate(inside) == "heading"
    tell(page, "one")
    page.locator("halte-chat #close").click()
    assert not page.locator("halte-chat #page").is_visible() and page.evaluate(inside) == "open"
    page.locator("halte-chat #open").click()
    assert page.get_by_text("heard one").is_visible() and len(scripted.open) == 1


def test_only_allowed_origins_may_talk(context: Any, embedded: Any, scripted: Any, monkeypatch: Any) -> None:
    address, chat = embedded
    page = context.new_page()
    page.goto(f"{address.replace('127.0.0.1', 'localhost')}nl")  # the same server, another origin
    page.locator("halte-chat #open").click()
    page.get_by_text("nl offline").wait_for()
    assert not scripted.heard


def test_colours_and_size_can_be_set_from_outside(context: Any, embedded: Any) -> None:
    page = unfolded(context, embedded[0])
    page.evaluate(
        """() => { const host = document.querySelector("halte-chat").style;
                   host.setProperty("--halte-mine", "rgb(1, 2, 3)"); host.setProperty("--halte-unit", "20px");
                   document.documentElement.style.fontSize = "7px"; document.body.style.color = "red"; }"""
    )
    style = "(node) => [getComputedStyle(node).backgroundColor, getComputedStyle(node).minHeight]"
    assert page.locator("halte-chat #send").evaluate(style) == ["rgb(1, 2, 3)", "58px"]
    assert page.locator("halte-chat #heading").evaluate("(node) => getComputedStyle(node).color") != "rgb(255, 0, 0)"


@pytest.mark.parametrize(("width", "height"), [(320, 568), (320, 256), (390, 844), (1280, 800)])
def test_reflow_exit_in_reach_and_no_violations(context: Any, embedded: Any, width: int, height: int) -> None:
    page = unfolded(context, embedded[0])
    page.set_viewport_size({"width": width, "height": height})
    tell(page, "x" * 200)
    page.locator("halte-chat #field").fill("cards")
    page.locator("halte-chat #send").click()
    page.locator("halte-chat .card").wait_for(state="attached")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    box = page.locator("halte-chat #exit").bounding_box()
    assert box["y"] >= 0 and box["x"] + box["width"] <= width and box["width"] >= 44 and box["height"] >= 44
    middle = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
    found = "([x, y]) => document.querySelector('halte-chat').shadowRoot.elementFromPoint(x, y).id"
    assert page.evaluate(found, middle) == "exit"
    assert violations(page) == []


def test_a_list_is_printed_alone(context: Any, embedded: Any) -> None:
    page = unfolded(context, embedded[0])
    page.evaluate("() => { print = () => { window.printed = document.querySelector('.halte-paper').textContent; }; }")
    page.locator("halte-chat #field").fill("sheet")
    page.locator("halte-chat #send").click()
    page.locator("halte-chat .sheet button", has_text="print").click()
    page.locator("halte-chat .warning button").first.click()
    assert page.evaluate("window.printed") == "My list\n1. one\n2. two"
    page.emulate_media(media="print")
    assert not page.get_by_text("PARTNER words").is_visible() and page.locator(".halte-paper").is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator(".halte-paper").count() == 0


@pytest.mark.parametrize("way", ["click", "keys in the chat", "keys in the page"])
def test_in_a_frame_leaving_takes_the_page_along(
    context: Any, embedded: Any, elsewhere: str, scripted: Any, way: str
) -> None:
    page = context.new_page()
    page.goto(f"{embedded[0]}frame")
    frame = page.frame_locator("iframe")
    frame.get_by_text("hello fr").wait_for()
    frame.locator("#field").fill("SECRET")
    frame.locator("#field").press("Enter")
    frame.get_by_text("heard SECRET").wait_for()
    if way == "click":
        frame.locator("#exit").click()
    else:
        (frame.locator("#field") if "chat" in way else page.locator("main #field")).focus()
        shift_three_times(page)
    page.wait_for_url(elsewhere)
    assert eventually(lambda: not scripted.open)
    page.go_back(wait_until="commit")
    assert "SECRET" not in page.content() and "PARTNER" not in page.content()


def test_a_frame_is_only_for_the_allowed(context: Any, embedded: Any, scripted: Any) -> None:
    page = context.new_page()
    page.goto(f"{embedded[0].replace('127.0.0.1', 'localhost')}frame")
    page.wait_for_timeout(500)
    assert not scripted.heard


def test_switched_off_in_the_middle_of_a_conversation(
    context: Any, embedded: Any, site: str, scripted: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch = tmp_path / "closed"
    object.__setattr__(settings(), "closed_file", switch)
    page = unfolded(context, embedded[0])
    own = context.new_page()
    own.goto(site)
    own.get_by_text("hello nl").wait_for()
    switch.touch()
    say(own, "SECRET")
    own.get_by_text("nl closed").wait_for()
    assert own.locator('#without a[href="tel:1712"]').is_visible() and not own.locator("#composer").is_visible()
    page.locator("halte-chat #field").fill("SECRET")
    page.locator("halte-chat #send").click()
    page.get_by_text("nl closed").wait_for()
    assert page.locator('halte-chat #without a[href="tel:1712"]').is_visible()
    own.reload()
    assert own.get_by_text("nl closed").is_visible() and own.locator('main a[href="tel:1712"]').is_visible()
    assert violations(own) == [] and "SECRET" not in own.content()
    assert not [said for said in scripted.heard if said.text]
