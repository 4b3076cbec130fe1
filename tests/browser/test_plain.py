"""The chat without JavaScript in a real browser: whole journeys, leaving, going back, being usable by everyone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright import sync_api as playwright

from bot.app import create_app
from bot.settings import settings
from tests.browser.axe import violations
from tests.browser.conftest import running
from tests.browser.test_chat import eventually

MODEL = list(settings().model_dir.glob("*.tar.gz"))


@pytest.fixture()
def without_script(browser: Any) -> Iterator[Any]:
    """A phone whose browser runs no script."""
    made = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844}, locale="nl-BE")
    made.set_default_timeout(5000)
    yield made
    made.close()


def started(context: Any, site: str) -> Any:
    page = context.new_page()
    page.goto(site)
    page.locator("#plain button").click()
    page.get_by_text("hello").wait_for()
    return page


def say(page: Any, text: str) -> None:
    page.locator("#field").fill(text)
    page.locator("#send").click()


def gone_back(page: Any) -> str:
    """What is shown after Back. For a form, the browser shows a page of its own that asks whether to send it again."""
    try:
        page.go_back(wait_until="load")
    except playwright.Error as error:
        assert "ERR_CACHE_MISS" in str(error)
    page.wait_for_timeout(300)
    return str(page.content())


def test_talking_by_typing_and_by_button(without_script: Any, site: str, scripted: Any) -> None:
    page = started(without_script, site)
    page.get_by_role("button", name="Second answer").click()
    page.get_by_text("chosen choice-2").wait_for()
    say(page, "cards")
    page.locator(".card.urgent").wait_for()
    assert page.locator(".card a").all_inner_texts() == ["Call 1712", "Chat"]
    assert page.locator("blockquote").get_attribute("lang") == "fr"
    assert [said.choice or said.text for said in scripted.heard] == [None, "choice-2", "cards"]
    assert page.url == f"{site}talk#now" and len(scripted.open) == 1
    assert page.locator(".turn").count() == 5, "the turns before stay on the page"
    box = page.locator("#now").bounding_box()
    assert 0 <= box["y"] < 844, "the page opens at the newest turn"


def test_leaving_ends_the_session_and_back_shows_nothing(
    without_script: Any, site: str, elsewhere: str, scripted: Any
) -> None:
    page = started(without_script, site)
    say(page, "SECRET one")
    page.get_by_text("heard SECRET one").wait_for()
    session = next(iter(scripted.open))
    page.locator("#exit").click()
    page.wait_for_url(elsewhere)
    assert session in scripted.forgotten and not scripted.open
    for _ in range(3):
        assert "SECRET" not in gone_back(page)
        page.keyboard.press("F5")  # "send the form again"
        page.wait_for_timeout(300)
        assert "SECRET" not in page.content()
    assert not [said for said in scripted.heard if said.text][1:], "an old form that is sent again reaches nobody"


def test_leaving_with_a_script_is_at_once_and_keys_work(context: Any, site: str, elsewhere: str, scripted: Any) -> None:
    page = context.new_page()
    page.goto(f"{site}talk?l=nl")
    page.get_by_role("button", name="nl plain_start").click()
    say(page, "SECRET")
    page.get_by_text("heard SECRET").wait_for()
    assert len(scripted.open) == 1, "sending the form does not end the conversation"
    for _ in range(3):
        page.keyboard.press("Shift")
    page.wait_for_url(elsewhere)
    assert eventually(lambda: not scripted.open)
    assert "SECRET" not in gone_back(page)


def test_nothing_is_stored_and_nobody_else_is_asked(without_script: Any, site: str) -> None:
    asked: list[str] = []
    without_script.on("request", lambda request: asked.append(request.url))
    page = started(without_script, site)
    say(page, "cards")
    page.locator(".card").first.wait_for()
    assert without_script.cookies() == [] and all(url.startswith(site) for url in asked)
    assert not any("SECRET" in url or "?" in url for url in asked)


@pytest.mark.parametrize(("width", "height"), [(320, 568), (320, 256), (1280, 800)])
def test_reflow_and_exit_in_reach(without_script: Any, site: str, width: int, height: int) -> None:
    page = started(without_script, site)
    page.set_viewport_size({"width": width, "height": height})
    say(page, "x" * 300)
    page.get_by_text("heard xxx", exact=False).wait_for()
    say(page, "cards")
    page.locator(".card").first.wait_for()
    for scroll in ("start", "end"):
        page.locator("#below" if scroll == "end" else "#intro").scroll_into_view_if_needed()
        box = page.locator("#exit").bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= height and box["x"] + box["width"] <= width
        assert box["width"] >= 44 and box["height"] >= 44
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_no_accessibility_violations(context: Any, site: str) -> None:
    page = context.new_page()
    page.goto(f"{site}talk?l=fr")
    assert violations(page) == []
    page.get_by_role("button", name="fr plain_start").click()
    for text in ("words", "cards", "sheet"):
        say(page, text)
        page.locator(".turn.bot").first.wait_for()
        assert violations(page) == []


def test_keyboard_alone(without_script: Any, site: str) -> None:
    page = started(without_script, site)
    page.locator("#exit").focus()
    reached = []
    for _ in range(9):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim() || document.activeElement.id"))
    assert reached == [
        "nl danger_bar", "First answer", "Second answer", "field", "nl send", "Français", "nl restart", "nl delete",
        reached[-1],
    ]  # fmt: skip


def test_delete_shows_an_empty_page(without_script: Any, site: str, scripted: Any) -> None:
    page = started(without_script, site)
    say(page, "SECRET")
    page.get_by_role("button", name="nl delete").click()
    page.get_by_text("nl deleted").wait_for()
    assert "SECRET" not in page.content() and not scripted.open


@pytest.mark.skipif(not MODEL, reason="no trained model: run `halte train`")
def test_real_journeys_in_both_languages(browser: Any, exit_url: str) -> None:
    with running(create_app(), wait=180) as address:
        for language, words, plan in (
            ("nl", "mijn ex leest mijn berichten mee op whatsapp", "plan"),
            ("fr", "mon ex lit mes messages sur whatsapp", "plan"),
        ):
            context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 568})
            page = context.new_page()
            page.set_default_timeout(20_000)
            page.goto(f"{address}?l={language}")
            page.locator("#plain button").click()
            page.locator("#field").wait_for()
            say(page, words)
            page.locator("#now .person").wait_for()
            for _ in range(30):  # the first answer to every question, until the plan is offered
                offered = page.locator(".choices button")
                labels = offered.all_inner_texts()
                wanted = [index for index, label in enumerate(labels) if plan in label.lower()]
                if not labels or wanted:
                    break
                offered.nth(0).click()
                page.wait_for_load_state()
            assert wanted, labels
            page.locator(".choices button").nth(wanted[0]).click()
            page.wait_for_load_state()
            assert page.locator("#now .bot").inner_text().strip()
            assert page.evaluate("document.documentElement.lang") == language
            page.get_by_role("button", name="Nederlands" if language == "fr" else "Français").click()
            page.wait_for_load_state()
            assert page.evaluate("document.documentElement.lang") != language
            page.locator("#exit").click()
            page.wait_for_url(exit_url)
            context.close()
