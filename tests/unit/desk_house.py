"""A desk with a real database, key and directory, a recogniser with a script, and people who are logged in."""

from __future__ import annotations

import html
import re
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import argon2
import pyotp
from sqlalchemy import event
from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from bot.app import Guard
from bot.desk.accounts import STEP, Accounts
from bot.desk.api import routes as api_routes
from bot.desk.build import open_desk
from bot.desk.figures import Figures
from bot.desk.pages import PAGES
from bot.desk.site import FORM_TOKEN, routes
from bot.desk.tokens import Tokens
from bot.directory.load import open_directory
from bot.handover import audit
from bot.handover.audit import Actor
from bot.handover.database import engine
from bot.handover.handovers import Handovers, Receipt
from bot.handover.summary import Line, Summary
from bot.handover.vault import Vault
from bot.understanding.understanding import Reading, Understanding

OURS, THEIRS = "hulplijn_1712", "ecoute_violences_conjugales"
PASSWORD = "een lang wachtwoord"
OPERATOR = Actor("operator", OURS)
HOSTILE = "<script>alert(1)</script> \"'><img src=x onerror=alert(2)> {{7*7}} \u202egnp.exe"


async def scripted(text: str, language: str = "") -> Understanding:
    """Sees what the tests need; the real recogniser has tests of its own."""
    forms = (Reading("account_control", 0.9, (text[:60],)),) if "wachtwoord" in text else ()
    words = (("danger", "deur"), ("minor", "14"), ("perpetrator", "spijt"))
    flags = tuple(flag for flag, word in words if word in text)
    evidence = dict.fromkeys(flags, text[:40])
    return Understanding("fr" if "mot" in text else "nl", "tell", 0.9, forms, flags, flag_evidence=evidence)


@lru_cache(maxsize=1)
def directory() -> Any:
    """The shipped directory, loaded once: nothing of the desk writes into it."""
    return open_directory(f"sqlite:///{tempfile.mkdtemp()}/directory.sqlite")


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class House:
    """The whole desk behind its real routes."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, Clock()
        self.database, self.vault = engine(f"sqlite:///{folder / 'desk.sqlite'}"), Vault([b"k" * 32])
        event.listen(self.database, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        self.desk = open_desk(scripted, self.database, self.vault, directory())
        cheap = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
        self.desk.accounts = Accounts(self.database, self.vault, self.clock, cheap)
        self.desk.handovers = Handovers(self.database, self.vault, self.clock)
        self.desk.tokens = Tokens(self.database, self.vault, self.clock)
        self.desk.figures = Figures(self.database, lambda name: "helpline", self.clock)
        self.app = Starlette(routes=[*routes(self.desk, PAGES), *api_routes(self.desk)], middleware=[Middleware(Guard)])
        self._factors: dict[str, pyotp.TOTP] = {}

    def browser(self, **headers: str) -> Browser:
        client = TestClient(self.app, base_url="https://desk.test", headers=headers, follow_redirects=False)
        return Browser(self, client)

    def person(self, name: str, *roles: str, organisation: str = OURS, language: str = "nl") -> Browser:
        """Somebody of the desk, logged in with a browser of their own."""
        invite = self.desk.accounts.invite(name, organisation, roles, language, OPERATOR)
        self._factors[name] = pyotp.parse_uri(self.desk.accounts.second_factor(name, invite))
        self.desk.accounts.join(name, invite, PASSWORD, self.code(name))
        browser = self.browser()
        self.clock.now += STEP
        answer = browser.login(name)
        assert answer.status_code == 303, answer.text
        return browser

    def code(self, name: str) -> str:
        return str(self._factors[name].at(int(self.clock.now)))

    def pass_on(self, *texts: str, organisation: str = OURS, flag: str = "witness") -> Receipt:
        lines = [Line("flag", flag, flag), *(Line("words", "", text) for text in texts)]
        return self.desk.handovers.pass_on(Summary("nl", tuple(lines)), organisation)

    def log(self) -> list[tuple[str, str, str]]:
        with Session(self.database, future=True) as session:
            return [(line.actor, line.action, line.target) for line in audit.lines(session)]


class Browser:
    """Fills in forms as a browser without JavaScript does."""

    def __init__(self, house: House, client: TestClient) -> None:
        self.house, self.client = house, client

    def get(self, path: str, **options: Any) -> Any:
        return self.client.get(path, **options)

    def token(self, path: str) -> str:
        found = re.search(rf'name="{FORM_TOKEN}" value="([^"]+)"', self.get(path).text)
        return html.unescape(found.group(1)) if found else ""

    def post(self, path: str, page: str = "/desk/directory", **fields: Any) -> Any:
        """Submit a form that stands on ``page``."""
        return self.client.post(path, data={FORM_TOKEN: self.token(page), **fields})

    def login(self, name: str, password: str = PASSWORD, code: str | None = None) -> Any:
        code = self.house.code(name) if code is None else code
        return self.post("/desk/login", "/desk/login", name=name, password=password, factor=code)


Make = Callable[..., Browser]
