"""The page in a real browser: talking, leaving, being forgotten, being usable by everyone."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from bot.app import create_app
from bot.settings import settings
from tests.browser.axe import violations
from tests.browser.conftest import running

STORED = """async () => ({
    cookies: document.cookie, local: localStorage.length, session: sessionStorage.length,
    databases: (await indexedDB.databases()).length, workers: (await navigator.serviceWorker.getRegistrations()).length,
    state: history.state,
})"""


def opened(context: Any, address: str) -> Any:
    """A page whose conversation has begun."""
    page = context.new_page()
    page.goto(address)
    page.get_by_text("hello", exact=False).wait_for()
    return page


def say(page: Any, text: str) -> None:
    page.locator("#field").fill(text)
    page.locator("#field").press("Enter")


def eventually(check: Callable[[], bool], seconds: float = 5) -> bool:
    limit = time.monotonic() + seconds
    while not check() and time.monotonic() < limit:
        time.sleep(0.02)
    return check()


def shift_three_times(page: Any) -> None:
    for _ in range(3):
        page.keyboard.press("Shift")


def test_nothing_is_asked_of_another_place_and_nothing_is_wrong(context: Any, site: str) -> None:
    asked: list[str] = []
    errors: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(site)
    say(page, "cards")
    page.locator(".card").wait_for()
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(site).netloc}
    assert not errors


def test_talking_by_typing_and_by_button(context: Any, site: str, scripted: Any) -> None:
    page = opened(context, site)
    page.get_by_role("button", name="Second answer").click()
    page.get_by_text("chosen choice-2").wait_for()
    assert page.locator(".person").last.inner_text().strip().endswith("Second answer")
    assert page.locator(".choices").count() == 0
    page.locator("#field").type("first line")
    page.locator("#field").press("Shift+Enter")
    page.locator("#field").type("second line")
    page.locator("#send").click()
    page.get_by_text("heard first line").wait_for()
    assert [said.text for said in scripted.heard] == [None, None, "first line\nsecond line"]
    assert len(scripted.open) == 1 and page.locator("#field").input_value() == ""


def test_an_old_question_cannot_be_answered_after_typing(context: Any, site: str) -> None:
    page = opened(context, site)
    say(page, "x")
    page.get_by_text("heard x").wait_for()
    assert page.locator(".choices").count() == 1


def test_every_kind_of_bubble_is_text_and_links_are_safe(context: Any, site: str) -> None:
    page = opened(context, site)
    say(page, "cards")
    page.locator(".card.urgent").wait_for()
    assert page.locator("blockquote").inner_text() == "her own words <b>not bold</b>"
    assert page.locator("blockquote").get_attribute("lang") == "fr"
    assert page.locator(".items li").all_inner_texts() == ["one", "2. two"]
    marker = "(item) => getComputedStyle(item, '::before').content"
    assert [item.evaluate(marker) for item in page.locator(".items li").all()] == ['"–"', "none"]
    assert page.get_by_text("A line", exact=True).count() == 1  # the name of a card, said once
    links = page.locator(".card a")
    assert [link.get_attribute("href") for link in links.all()] == ["tel:1712", "https://line.example/chat"]
    assert all(link.get_attribute("rel") == "noopener noreferrer nofollow" for link in links.all())
    say(page, "<img src=x onerror=alert(1)> **bold** \u202eabc")
    page.get_by_text("heard <img", exact=False).wait_for()
    assert page.locator("img").count() == 0


@pytest.mark.parametrize("way", ["click", "shift", "space", "ctrl-click"])
def test_leaving_covers_everything_and_back_does_not_return(
    context: Any, site: str, elsewhere: str, scripted: Any, way: str
) -> None:
    page = context.new_page()
    page.goto(f"{elsewhere}?before")
    page.goto(site)
    say(page, "SECRET one")
    page.get_by_text("heard SECRET one").wait_for()
    page.locator("#field").fill("SECRET two")
    length = page.evaluate("history.length")
    session = next(iter(scripted.open))
    if way == "click":
        page.locator("#exit").click()
    elif way == "shift":
        shift_three_times(page)
    elif way == "space":
        page.locator("#exit").press(" ")
    else:
        page.locator("#exit").click(modifiers=["Control"])
    page.wait_for_url(elsewhere)
    assert page.evaluate("history.length") == length and len(context.pages) == 1
    assert eventually(lambda: session in scripted.forgotten) and not scripted.open
    for _ in range(2):
        page.go_back(wait_until="commit")
        assert "SECRET" not in page.content() and site not in page.url
    page.go_forward(wait_until="commit")
    assert "SECRET" not in page.content() and page.title() == "Weather"


def test_the_screen_is_empty_before_the_other_page_answers(context: Any, site: str, elsewhere: str) -> None:
    page = opened(context, site)
    say(page, "SECRET")
    page.get_by_text("heard SECRET").wait_for()
    covered = page.evaluate("() => { document.getElementById('exit').click(); return document.body.innerHTML; }")
    assert covered == ""
    page.wait_for_url(elsewhere)


def test_leaving_works_while_an_answer_is_on_its_way(context: Any, site: str, elsewhere: str, scripted: Any) -> None:
    page = opened(context, site)
    scripted.delay = 1.5
    say(page, "slow")
    page.locator("#typing:not(:empty)").wait_for()
    page.locator("#exit").click()
    page.wait_for_url(elsewhere)
    assert eventually(lambda: bool(scripted.forgotten))


@pytest.mark.parametrize(
    "keys",
    [["Shift", "Shift"], ["Shift", "Shift", "a", "Shift"], ["Shift+A", "Shift+B", "Shift+C"], ["Escape"] * 3],
)
def test_ordinary_typing_does_not_leave(context: Any, site: str, keys: list[str]) -> None:
    page = opened(context, site)
    page.locator("#field").focus()
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_timeout(150)
    assert page.url == site and page.locator("#log .turn").count() == 1


def test_three_presses_spread_over_a_long_time_do_not_leave(context: Any, site: str) -> None:
    context.clock.install()
    page = opened(context, site)
    for _ in range(3):
        page.keyboard.press("Shift")
        context.clock.fast_forward(5100)
    assert page.url == site and page.locator("#log .turn").count() == 1


def test_going_anywhere_else_and_back_shows_a_new_conversation(
    context: Any, site: str, elsewhere: str, scripted: Any
) -> None:
    page = opened(context, site)
    say(page, "SECRET")
    page.get_by_text("heard SECRET").wait_for()
    session = next(iter(scripted.open))
    page.goto(elsewhere)
    assert eventually(lambda: session in scripted.forgotten)
    page.go_back(wait_until="commit")
    page.get_by_text("hello nl").wait_for()
    assert "SECRET" not in page.content() and session not in scripted.open


def test_a_page_brought_back_from_the_cache_stays_blank_and_starts_again(context: Any, site: str) -> None:
    page = opened(context, site)
    say(page, "SECRET")
    page.get_by_text("heard SECRET").wait_for()
    with page.expect_navigation():
        left = page.evaluate(
            """() => { dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
                       return document.body.innerHTML; }"""
        )
    assert left == ""
    page.get_by_text("hello nl").wait_for()
    assert page.evaluate("history.length") == 2  # about:blank and the page: nothing was pushed


def test_nothing_is_stored(context: Any, site: str) -> None:
    page = opened(context, site)
    say(page, "SECRET")
    page.get_by_text("heard SECRET").wait_for()
    assert page.evaluate(STORED) == {
        "cookies": "", "local": 0, "session": 0, "databases": 0, "workers": 0, "state": None,
    }  # fmt: skip
    assert context.cookies() == [] and page.url == site
    page.reload()
    page.get_by_text("hello nl").wait_for()
    assert "SECRET" not in page.content() and page.locator("#field").input_value() == ""


def test_two_tabs_are_two_conversations(context: Any, site: str, scripted: Any) -> None:
    one, two = opened(context, site), opened(context, site)
    say(one, "from one")
    say(two, "from two")
    one.get_by_text("heard from one").wait_for()
    two.get_by_text("heard from two").wait_for()
    assert len(scripted.open) == 2
    assert sorted(scripted.said.values()) == [["", "from one"], ["", "from two"]]
    one.close(run_before_unload=True)
    assert eventually(lambda: len(scripted.open) == 1)
    say(two, "still here")
    two.get_by_text("heard still here").wait_for()


def test_delete_and_restart_forget_on_the_server(context: Any, site: str, scripted: Any) -> None:
    page = opened(context, site)
    first = next(iter(scripted.open))
    say(page, "SECRET")
    page.get_by_text("heard SECRET").wait_for()
    page.locator("#delete").click()
    page.get_by_text("nl deleted").wait_for()
    assert first in scripted.forgotten and page.locator("#log").inner_text() == "" and not scripted.open
    say(page, "again")
    page.get_by_text("heard again").wait_for()
    second = next(iter(scripted.open))
    page.locator("#restart").click()
    page.get_by_text("hello nl").wait_for()
    assert second in scripted.forgotten and page.locator("#log .turn").count() == 1 and len(scripted.open) == 1
    say(page, "wipe")
    page.get_by_text("all gone").wait_for()
    assert page.locator("#log .turn").count() == 1 and not scripted.open


def test_a_message_that_did_not_arrive_is_kept_and_retried_as_the_same(context: Any, site: str, scripted: Any) -> None:
    page = opened(context, site)
    scripted.fail = 1
    say(page, "important")
    page.get_by_text("nl offline").wait_for()
    assert page.locator("#field").input_value() == "important" and page.locator(".person").count() == 0
    assert page.get_by_role("button", name="First answer").is_visible()
    page.locator("#retry").click()
    page.get_by_text("heard important").wait_for()
    ids = [said.client_id for said in scripted.heard if said.text]
    assert len(ids) == 2 and ids[0] == ids[1] and page.locator("#field").input_value() == ""
    assert not page.locator("#notice.shown").count()


def test_without_network_the_page_says_so_and_recovers(context: Any, site: str, scripted: Any) -> None:
    page = opened(context, site)
    page.set_viewport_size({"width": 390, "height": 420})
    context.set_offline(True)
    page.get_by_role("button", name="First answer").click()
    page.get_by_text("nl offline").wait_for()

    def question_in_view() -> bool:
        button = page.get_by_role("button", name="First answer").bounding_box()
        return bool(button["y"] + button["height"] <= page.locator("#foot").bounding_box()["y"])

    assert eventually(question_in_view)
    context.set_offline(False)
    page.locator("#retry").click()
    page.get_by_text("chosen choice-1").wait_for()
    assert len(scripted.heard) == 2


def test_typing_goes_on_while_an_answer_is_on_its_way_and_only_one_is_sent(
    context: Any, site: str, scripted: Any
) -> None:
    page = opened(context, site)
    scripted.delay = 1
    say(page, "one")
    say(page, "two")
    page.locator("#typing", has_text="nl typing").wait_for()
    page.get_by_text("heard one").wait_for()
    assert page.locator("#field").input_value() == "two" and len(scripted.heard) == 2
    assert page.locator("#typing").inner_text() == ""


def test_language_changes_without_an_address_and_without_losing_the_thread(
    context: Any, site: str, scripted: Any
) -> None:
    page = opened(context, site)
    page.get_by_role("link", name="Français").click()
    page.get_by_text("hello fr").wait_for()
    assert page.evaluate("document.documentElement.lang") == "fr" and page.title() == "fr title"
    assert len(scripted.open) == 1  # nothing had been said: the first one was dropped
    say(page, "bonjour")
    page.get_by_text("heard bonjour").wait_for()
    page.get_by_role("link", name="Nederlands").click()
    page.get_by_text("heard Nederlands").wait_for()
    assert page.evaluate("document.documentElement.lang") == "nl" and page.url == site
    assert page.get_by_text("heard bonjour").is_visible() and len(scripted.open) == 1


@pytest.mark.parametrize(
    ("width", "height"), [(390, 844), (360, 640), (320, 568), (320, 256), (195, 422), (640, 360), (1280, 800)]
)
def test_no_sideways_scrolling_and_the_exit_is_always_in_reach(
    context: Any, site: str, width: int, height: int
) -> None:
    page = opened(context, site)
    page.set_viewport_size({"width": width, "height": height})
    for turns, text in enumerate(("cards", "x" * 300, "long"), start=2):
        say(page, text)
        page.locator("#log .bot").nth(turns - 1).wait_for(state="attached")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.getElementById('talk').scrollWidth <= document.getElementById('talk').clientWidth")
    box = page.locator("#exit").bounding_box()
    assert box["width"] >= 44 and box["height"] >= 44 and box["y"] >= 0 and box["x"] + box["width"] <= width
    middle = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
    assert page.evaluate("([x, y]) => document.elementFromPoint(x, y).id", middle) == "exit"
    page.keyboard.type("a")  # where the header alone stays in place, typing brings the field into view

    def field_in_view() -> bool:
        field = page.locator("#field").bounding_box()
        return bool(field["y"] >= 0 and field["y"] + field["height"] <= height)

    assert eventually(field_in_view)


@pytest.mark.parametrize(("width", "height"), [(390, 844), (320, 256), (195, 422)])
def test_a_long_answer_is_shown_from_its_beginning(context: Any, site: str, width: int, height: int) -> None:
    page = opened(context, site)
    page.set_viewport_size({"width": width, "height": height})
    say(page, "long")
    page.get_by_text("heard long").wait_for()
    assert eventually(lambda: 0 <= page.locator("#log .bot").last.bounding_box()["y"] < 400)


def test_keyboard_alone(context: Any, site: str) -> None:
    page = opened(context, site)
    focused = "document.activeElement.id || document.activeElement.textContent"
    order = []
    for _ in range(10):
        page.keyboard.press("Tab")
        order.append(page.evaluate(focused))
    expected = ["exit", "skip", "language", "nl danger_bar", "talk", "First answer", "Second answer", "field", "send"]
    assert order[:9] == expected
    page.keyboard.press("Shift+Tab")
    while page.evaluate(focused) != "Second answer":
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.get_by_text("chosen choice-2").wait_for()
    assert page.evaluate(focused) == "field"
    page.keyboard.type("by keyboard")
    page.keyboard.press("Enter")
    page.get_by_text("heard by keyboard").wait_for()
    assert page.evaluate(focused) == "field"  # an answer never moves the focus
    assert page.url == site


def test_what_a_screen_reader_gets(context: Any, site: str) -> None:
    page = opened(context, site)
    assert page.get_by_role("log", name="nl log_label").count() == 1
    assert page.get_by_role("group", name="nl choices_label").get_by_role("button").count() == 2
    assert page.get_by_role("textbox", name="nl input_label").count() == 1
    assert page.locator("#log [aria-live], #log [role=status], #log #typing").count() == 0
    assert page.evaluate("[...document.querySelectorAll('#log .turn')].every((turn) => turn.lang)")
    assert page.evaluate("document.querySelectorAll('[role=status]').length") == 2


def test_idle_conversations_are_announced_and_then_wiped(context: Any, site: str, scripted: Any) -> None:
    context.clock.install()
    page = opened(context, site)
    say(page, "SECRET")
    page.get_by_text("heard SECRET").wait_for()
    context.clock.fast_forward(26 * 60_000)
    page.get_by_text("nl idle_warning").wait_for()
    context.clock.fast_forward(5 * 60_000)
    page.get_by_text("nl deleted").wait_for()
    assert "SECRET" not in page.content() and not scripted.open


def test_a_person_who_shows_that_she_is_there_is_not_wiped(context: Any, site: str, scripted: Any) -> None:
    context.clock.install()
    page = opened(context, site)
    context.clock.fast_forward(26 * 60_000)
    page.get_by_text("nl idle_warning").wait_for()
    page.keyboard.press("a")
    assert not page.locator("#notice.shown").count()
    context.clock.fast_forward(2 * 60_000)
    assert not page.locator("#notice.shown").count() and page.locator("#log .turn").count() == 1
    context.clock.fast_forward(2 * 60_000)
    page.get_by_text("nl idle_warning").wait_for()
    page.locator("#intro").click()
    context.clock.fast_forward(4 * 60_000)
    assert page.locator("#log .turn").count() == 1 and scripted.open
    context.clock.fast_forward(2 * 60_000)
    page.get_by_text("nl deleted").wait_for()


@pytest.mark.parametrize("button", ["delete", "restart"])
def test_deleting_without_network_is_honest_and_is_made_good(
    context: Any, site: str, scripted: Any, button: str
) -> None:
    page = opened(context, site)
    say(page, "SECRET")
    page.get_by_text("heard SECRET").wait_for()
    session = next(iter(scripted.open))
    context.set_offline(True)
    page.locator(f"#{button}").click()
    page.get_by_text("nl delete_offline").wait_for()
    assert "SECRET" not in page.content() and session in scripted.open
    page.locator("#retry").click()
    page.get_by_text("nl delete_offline").wait_for()
    context.set_offline(False)
    assert eventually(lambda: session in scripted.forgotten), "erased without a question once there is a network"
    page.get_by_text("nl deleted").wait_for()


def test_after_deleting_without_network_words_begin_a_new_conversation(
    context: Any, site: str, scripted: Any, elsewhere: str
) -> None:
    page = opened(context, site)
    session = next(iter(scripted.open))
    page.route("**/api/leave", lambda route: route.abort())
    page.locator("#delete").click()
    page.get_by_text("nl delete_offline").wait_for()
    say(page, "new")
    page.get_by_text("heard new").wait_for()
    assert len(scripted.open) == 2 and scripted.said[session] == [""]
    page.unroute("**/api/leave")
    page.locator("#exit").click()
    page.wait_for_url(elsewhere)
    assert eventually(lambda: not scripted.open), "leaving erases both"


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_no_accessibility_violations(context: Any, site: str, colours: str) -> None:
    page = opened(context, site)
    page.emulate_media(color_scheme=colours)
    assert violations(page) == []
    for turns, text in enumerate(("cards", "sheet"), start=2):
        say(page, text)
        page.locator("#log .bot").nth(turns - 1).wait_for(state="attached")
        assert violations(page) == []
    context.set_offline(True)
    say(page, "x")
    page.get_by_text("nl offline").wait_for()
    assert violations(page) == []
    context.set_offline(False)
    page.goto(f"{site}notes?l=fr")
    assert violations(page) == []


def test_without_script_there_is_help(browser: Any, site: str, elsewhere: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 568}, locale="fr-BE")
    page = context.new_page()
    page.goto(site)
    # Here script is only emulated away, so the page waits its two seconds before it shows the list.
    page.locator("noscript p", has_text="fr no_js").wait_for()
    assert page.locator('#without a[href="tel:1712"]').is_visible()
    assert page.locator('#danger a[href="tel:112"]').is_visible()
    assert not page.locator("#field").is_visible()
    page.locator("#exit").click()
    assert page.url == elsewhere
    context.close()


@pytest.mark.skipif(not list(settings().model_dir.glob("*.tar.gz")), reason="no trained model: run `halte train`")
def test_a_real_conversation(context: Any, exit_url: str) -> None:
    with running(create_app(), wait=180) as address:
        page = context.new_page()
        page.goto(f"{address}?l=nl")
        page.locator("#log .bot").wait_for(timeout=20_000)
        say(page, "mijn ex leest mijn berichten mee op whatsapp")
        page.locator("#log .person").wait_for()
        page.locator("#log .bot").nth(1).wait_for(timeout=20_000)
        assert not page.locator("#notice.shown").count()
        if page.locator(".choices button").count():
            page.locator(".choices button").first.click()
            page.locator("#log .bot").nth(2).wait_for(timeout=20_000)
        page.locator("#exit").click()
        page.wait_for_url(exit_url)
