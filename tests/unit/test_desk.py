"""The pages of the desk: coming in, forged forms, the queue, hostile text, erasing, figures, the log."""

from __future__ import annotations

import json
import logging
import re
import threading
from html.parser import HTMLParser
from pathlib import Path

import pytest
from desk_house import HOSTILE, OURS, PASSWORD, THEIRS, House
from starlette.testclient import TestClient

from bot.desk.accounts import STEP
from bot.desk.figures import Figures, shown
from bot.desk.pages import erase as erase_page
from bot.desk.site import COOKIE, FORM_COOKIE
from bot.settings import settings


@pytest.fixture()
def house(tmp_path: Path) -> House:
    return House(tmp_path)


# --- coming in ---------------------------------------------------------------------------------------------------


def test_the_cookie_is_as_narrow_as_a_cookie_can_be(house: House) -> None:
    house.person("an", "worker")
    house.clock.now += STEP
    cookies = house.browser().login("an").headers.get_list("set-cookie")
    session = next(cookie for cookie in cookies if cookie.startswith(f"{COOKIE}="))
    assert {"httponly", "secure", "path=/", "samesite=strict"} <= {part.strip().lower() for part in session.split(";")}
    assert "max-age" not in session.lower() and "domain" not in session.lower()


def test_wrong_password_code_and_replay_are_refused_with_a_sentence_and_a_line(house: House) -> None:
    house.person("an", "worker")
    browser = house.browser()
    house.clock.now += STEP
    wrong = [
        browser.login("an", "een ander wachtwoord"),
        browser.login("an", code="123"),
        browser.login("niemand", code="1"),
    ]
    code = house.code("an")
    assert browser.login("an", code=code).status_code == 303
    wrong.append(house.browser().login("an", code=code))
    for answer in wrong:
        assert answer.status_code == 401 and "Elke code werkt één keer" in answer.text
        assert COOKIE not in answer.cookies
    assert [line[1] for line in house.log()].count("login_refused") == 3


def test_an_invitation_leads_to_an_account(house: House) -> None:
    boss = house.person("boss", "supervisor")
    page = boss.post("/desk/staff", "/desk/staff", name="Nieuw", role=["worker", "editor"], language="fr")
    invite = re.search(r"<code>([\w-]{20,})</code>", page.text)
    assert invite
    newcomer = house.browser()
    first = newcomer.post("/desk/join", "/desk/join", name="nieuw", code=invite.group(1))
    assert "<svg" in first.text and "otpauth" not in first.headers
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", first.text)
    assert secret
    import pyotp

    factor = pyotp.TOTP(secret.group(1))
    fields = {"name": "nieuw", "code": invite.group(1), "factor": factor.at(int(house.clock.now))}
    different = newcomer.post("/desk/join", "/desk/join", password=PASSWORD, again="iets heel anders", **fields)
    assert different.status_code == 400 and "niet gelijk" in different.text
    assert newcomer.post("/desk/join", "/desk/join", password=PASSWORD, again=PASSWORD, **fields).status_code == 200
    again = newcomer.post("/desk/join", "/desk/join", password=PASSWORD, again=PASSWORD, **fields)
    assert again.status_code == 403
    house.clock.now += STEP
    assert newcomer.login("nieuw", code=str(factor.at(int(house.clock.now)))).status_code == 303
    assert 'lang="fr"' in newcomer.get("/desk/directory").text
    assert newcomer.get("/desk/staff").status_code == 403


def test_an_idle_session_ends_and_says_so(house: House) -> None:
    an = house.person("an", "worker")
    token = an.token("/desk/assess")
    house.clock.now += settings().desk_idle_minutes * 60
    answer = an.client.post("/desk/assess", data={"form_token": token, "told": "wachtwoord"})
    assert answer.status_code == 401 and "sessie is voorbij" in answer.text and "wachtwoord" not in answer.text
    assert an.get("/desk/queue").headers["location"] == "/desk/login"


def test_logging_out_ends_the_session_on_the_server(house: House) -> None:
    an = house.person("an", "worker")
    stolen = an.client.cookies[COOKIE]
    assert an.post("/desk/logout").headers["location"] == "/desk/login"
    thief = house.browser(cookie=f"{COOKIE}={stolen}")
    assert thief.get("/desk/queue").status_code == 303


def test_too_many_logins_of_all_together(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.channels.edge import Pace
    from bot.desk.pages import doors

    monkeypatch.setattr(doors, "TRIES", Pace(2))
    browser = house.browser()
    assert [browser.login(f"naam{n}", code="1").status_code for n in range(4)] == [401, 401, 429, 429]


# --- forged forms ------------------------------------------------------------------------------------------------


def test_forged_forms_are_refused_and_written_down(house: House) -> None:
    an = house.person("an", "worker")
    receipt = house.pass_on("x")
    path, good = f"/desk/queue/{receipt.id}/claim", an.token("/desk/assess")
    other = house.person("ben", "worker").token("/desk/assess")
    for data, headers in (
        ({"x": "y"}, {}), ({"form_token": ""}, {}), ({"form_token": "x" * 32}, {}), ({"form_token": other}, {}),
        ({"form_token": good}, {"sec-fetch-site": "cross-site"}),
        ({"form_token": good}, {"sec-fetch-site": "same-site"}),
    ):  # fmt: skip
        answer = an.client.post(path, data=data, headers=headers)
        assert answer.status_code == 403 and "formulier" in answer.text
    assert [line[:2] for line in house.log()].count(("an", "form_refused")) == 6
    assert house.desk.handovers.queue(OURS)[0].state == "waiting"
    as_json = an.client.post(path, content=json.dumps({"form_token": good}), headers={"content-type": "text/plain"})
    assert as_json.status_code == 415
    assert an.client.post(path, data={"form_token": good}, headers={"sec-fetch-site": "same-origin"}).status_code == 303


def test_public_forms_are_bound_to_their_browser(house: House) -> None:
    token = house.browser().token("/desk/login")
    for path in ("/desk/login", "/code", "/desk/join"):
        assert house.browser().client.post(path, data={"form_token": token}).status_code == 403
    browser = house.browser()
    browser.client.cookies.set(FORM_COOKIE, "")
    assert browser.client.post("/code", data={"form_token": ""}).status_code == 403


@pytest.mark.parametrize("body", [b"a=1&" * 100, b"\xff\xfe", b"form_token=" + b"x" * 70_000, b"%ff=%00"])
def test_broken_forms_are_refused(house: House, body: bytes) -> None:
    an = house.person("an", "worker")
    answer = an.client.post("/desk/assess", content=body, headers={"content-type": "application/x-www-form-urlencoded"})
    assert answer.status_code in (400, 403, 413)


# --- assess ------------------------------------------------------------------------------------------------------


def test_assess_shows_reasons_questions_steps_and_services(house: House) -> None:
    an = house.person("an", "worker")
    story = "Mijn ex heeft mijn wachtwoord. Hij staat voor de deur met een mes."
    page = an.post("/desk/assess", "/desk/assess", told=story, region="flanders").text
    for part in ("Gevaar nu", "112", "Wapen", "een mes", "Danger Assessment", "Vraag nu dit", "Eerste stappen",
                 "Liever niet", "Diensten die nu open zijn", "Geen diagnose en geen risicoscore"):  # fmt: skip
        assert part in page, part
    assert page.count("<li>") > 15
    note = re.search(r'<textarea id="note"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert note and "Wapen («met een mes»)" in note.group(1)


def test_nothing_of_an_assessment_is_kept_or_logged(
    house: House, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    an = house.person("an", "worker")
    before = house.log()
    with caplog.at_level(logging.DEBUG):
        an.post("/desk/assess", "/desk/assess", told="CANARY wachtwoord")
    assert "CANARY" not in caplog.text and house.log() == before
    assert all(b"CANARY" not in path.read_bytes() for path in tmp_path.iterdir())


def test_who_does_harm_gets_no_steps_for_who_is_harmed(house: House) -> None:
    an = house.person("an", "worker")
    page = an.post("/desk/assess", "/desk/assess", told="ik heb haar wachtwoord en spijt").text
    assert "Eerste stappen" not in page and "Risicofactoren" not in page and "over een grens" in page


def test_a_failing_recogniser_is_a_sentence(house: House, caplog: pytest.LogCaptureFixture) -> None:
    async def fail(text: str, language: str = "") -> None:
        raise RuntimeError(text)

    house.desk.assessor._recognise = fail  # type: ignore[assignment]
    an = house.person("an", "worker")
    with caplog.at_level(logging.DEBUG):
        answer = an.post("/desk/assess", "/desk/assess", told="CANARY")
    assert answer.status_code == 500 and "Er ging hier iets mis" in answer.text
    assert "CANARY" not in caplog.text and "CANARY" not in answer.text


# --- hostile text ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["nl", "fr"])
def test_hostile_text_is_shown_as_text(house: House, language: str) -> None:
    boss = house.person("boss", "worker", "supervisor", language=language)
    receipt = house.pass_on(HOSTILE)
    one = f"/desk/queue/{receipt.id}"
    boss.post(f"{one}/claim", one)
    boss.post(f"{one}/note", one, note=HOSTILE)
    pages = [
        boss.get(one).text, boss.get("/desk/queue").text, boss.get("/desk/log").text,
        boss.post("/desk/assess", "/desk/assess", told=HOSTILE + " wachtwoord").text,
        boss.get("/desk/directory", params={"q": HOSTILE}).text,
        boss.post("/desk/staff", "/desk/staff", name=HOSTILE, role="worker", language="nl").text,
        house.browser().post("/desk/login", "/desk/login", name=HOSTILE, password=HOSTILE, factor="1").text,
        house.browser().post("/code", "/code", code=HOSTILE).text,
        boss.get("/desk/figures", params={"week": HOSTILE}).text,
        house.browser().post("/desk/join", "/desk/join", name=HOSTILE, code=HOSTILE).text,
    ]  # fmt: skip
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in pages[0]
    assert "<bdi>&lt;script" in pages[0]
    for page in pages:
        seen = Elements(page)
        assert seen.scripts <= 1 and seen.images == 0 and not seen.handlers
    assert any("{{7*7}}" in page for page in pages), "no template runs in what somebody wrote"


class Elements(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.scripts = self.images = 0
        self.handlers: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.images += tag == "img"
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


def test_headers_of_the_desk(house: House) -> None:
    an = house.person("an", "worker")
    for path in ("/desk/queue", "/code", "/api/openapi.json"):
        headers = an.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store" and headers["referrer-policy"] == "no-referrer"
    for name in ("assess", "queue", "directory"):
        page = an.get(f"/desk/{name}").text
        assert " style=" not in page and "onclick" not in page and page.count("<script") == 1


# --- the queue ---------------------------------------------------------------------------------------------------


def test_two_racing_workers(house: House) -> None:
    browsers = [house.person(name, "worker") for name in ("an", "ben")]
    receipt = house.pass_on("x", flag="danger")
    path = f"/desk/queue/{receipt.id}"
    tokens = [browser.token(path) for browser in browsers]
    barrier, answers = threading.Barrier(2), []

    def claim(n: int) -> None:
        barrier.wait()
        answers.append(browsers[n].client.post(f"{path}/claim", data={"form_token": tokens[n]}))

    racers = [threading.Thread(target=claim, args=(n,)) for n in range(2)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    late = next(answer for answer in answers if answer.status_code == 409)
    assert "Iemand anders werkt hieraan" in late.text
    assert [line[1] for line in house.log()].count("claimed") == 1


def test_the_way_of_a_hand_over_over_the_desk(house: House) -> None:
    an, ben, boss = house.person("an", "worker"), house.person("ben", "worker"), house.person("boss", "supervisor")
    receipt = house.pass_on("hij leest mijn mails", flag="danger")
    one = f"/desk/queue/{receipt.id}"
    assert "Gevaar nu" in an.get("/desk/queue").text and "mails" not in an.get("/desk/queue").text
    found = an.post("/desk/queue/find", "/desk/queue", code=receipt.code.lower())
    assert found.headers["location"] == one
    assert an.post("/desk/queue/find", "/desk/queue", code="AAA-AAA-AAA").status_code == 404
    assert "hij leest mijn mails" in an.get(one).text
    an.post(f"{one}/claim", one)
    assert "Ik neem dit op" not in ben.get(one).text and "Terug in de wachtrij" not in ben.get(one).text
    assert ben.post(f"{one}/release", one).status_code == 409
    assert ben.post(f"{one}/note", one, note="x").status_code == 409
    assert boss.post(f"{one}/release", one).status_code == 303
    ben.post(f"{one}/claim", one)
    ben.post(f"{one}/note", one, note="belt morgen")
    ben.post(f"{one}/close", one, outcome="referred")
    page = an.get(one).text
    assert "belt morgen" in page and "Doorverwezen" in page
    assert receipt.id in an.get("/desk/queue?closed=1").text and receipt.id not in an.get("/desk/queue").text
    assert ("an", "opened", receipt.id) in house.log()
    assert ben.post(f"{one}/erase", one).status_code == 403
    assert boss.post(f"{one}/erase", one).headers["location"] == "/desk/queue"
    assert an.get(one).status_code == 404


def test_another_organisation_sees_nothing(house: House) -> None:
    theirs = house.person("eve", "worker", "supervisor", organisation=THEIRS)
    receipt = house.pass_on("CANARY", flag="danger")
    one = f"/desk/queue/{receipt.id}"
    assert receipt.id not in theirs.get("/desk/queue").text
    for answer in (theirs.get(one), theirs.post(f"{one}/claim"), theirs.post(f"{one}/erase"),
                   theirs.post("/desk/queue/find", "/desk/queue", code=receipt.code)):  # fmt: skip
        assert answer.status_code == 404 and "CANARY" not in answer.text
    house.person("an", "worker")
    assert ">an<" not in theirs.get("/desk/staff").text
    assert theirs.post("/desk/staff/an/disable").status_code == 409
    log = theirs.get("/desk/log").text
    assert "passed_on" not in log and OURS not in log


def test_a_person_erases_with_the_code_and_no_account(house: House) -> None:
    receipt = house.pass_on("CANARY")
    person = house.browser()
    assert person.post("/code", "/code", code="AAA-AAA-AAA").status_code == 404
    gone = person.post("/code?l=fr", "/code", code=receipt.code.lower().replace("-", " "))
    assert gone.status_code == 200 and "C&#39;est effacé" in gone.text
    assert house.desk.handovers.queue(OURS) == []
    assert COOKIE not in person.client.cookies
    assert "Halte" not in re.search(r"<title>.*?</title>", person.get("/code").text).group()  # type: ignore[union-attr]


def test_codes_cannot_be_tried_fast(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.channels.edge import Pace

    monkeypatch.setattr(erase_page, "TRIES", Pace(3))
    person = house.browser()
    assert [person.post("/code", "/code", code=f"AAA-AAA-AA{n}").status_code for n in "23456"] == [404] * 3 + [429] * 2


# --- figures -----------------------------------------------------------------------------------------------------


def test_small_counts_are_not_shown(house: House) -> None:
    figures = house.desk.figures
    for n in range(23):
        figures.observe({}, {"language": "nl"}, "web")
        heard = {"sextortion" if n < 4 else "doxing": 0.9}
        figures.observe({"language": "nl"}, {"language": "nl", "forms": heard, "failed": n % 2}, "web")
    figures.write()
    figures.observe({}, {"language": "fr", "shown": ["x"]}, "telegram")
    figures.write()
    week = figures.weeks()[0]
    counts = figures.of_week(week)
    assert counts["form"] == [("doxing", 20), ("sextortion", None)]
    assert counts["language"] == [("fr", None), ("nl", 25)]
    assert counts["referral"] == [("helpline", None)]
    assert [shown(n) for n in (0, 4, 5, 7, 8, 12, 13)] == [None, None, 5, 5, 10, 10, 15]
    page = house.person("boss", "supervisor").get("/desk/figures").text
    assert "<td>&lt;5</td>" in page and ">4<" not in page and ">23<" not in page
    table = figures.as_csv()
    assert f"{week},form,sextortion,<5" in table and ",4\r\n" not in table and ",23\r\n" not in table


def test_counts_survive_a_database_that_is_busy(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    figures: Figures = house.desk.figures
    for _ in range(6):
        figures.observe({}, {"language": "nl"}, "web")
    import bot.desk.figures as module

    real = module.Transaction
    monkeypatch.setattr(module, "Transaction", lambda database: (_ for _ in ()).throw(RuntimeError("locked")))
    with pytest.raises(RuntimeError):
        figures.write()
    monkeypatch.setattr(module, "Transaction", real)
    figures.write()
    assert figures.of_week(figures.weeks()[0])["language"] == [("nl", 5)]


# --- directory, log ----------------------------------------------------------------------------------------------


def test_the_directory_can_be_searched(house: House) -> None:
    editor = house.person("ed", "editor", language="fr")
    page = editor.get("/desk/directory", params={"q": "ECOUTE violences"}).text
    assert THEIRS in page and "0800 30 030" in page
    assert "Vérifié le" in editor.get(f"/desk/directory/{THEIRS}").text
    assert editor.get("/desk/directory/nobody").status_code == 404
    assert "Rien trouvé" in editor.get("/desk/directory", params={"q": "zzzz"}).text


def test_the_log_is_exported_and_says_when_it_was_touched(house: House) -> None:
    boss = house.person("boss", "supervisor")
    table = boss.post("/desk/log.csv", "/desk/log")
    assert table.headers["content-type"].startswith("text/csv") and "logged_in" in table.text
    assert house.log()[-1][:2] == ("boss", "log_exported")
    assert "volledig en onveranderd" in boss.get("/desk/log").text
    import sqlite3

    raw = sqlite3.connect(house.folder / "desk.sqlite")
    raw.executescript("DROP TRIGGER audit_no_update; UPDATE audit SET actor = 'eve' WHERE id = 1;")
    raw.close()
    assert "werd veranderd" in boss.get("/desk/log").text


def test_the_desk_is_not_there_where_none_is_configured() -> None:
    from bot.app import create_app

    class Silent:
        def sweep(self) -> None: ...

    client = TestClient(create_app(Silent(), None, lambda language: []))  # type: ignore[arg-type]
    for path in ("/desk", "/desk/login", "/code", "/api/openapi.json", "/api/services"):
        assert client.get(path).status_code == 404
