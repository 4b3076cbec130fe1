"""Accounts of staff: invitations, passwords, codes that work once, locks, sessions that end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import argon2
import pyotp
import pytest
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bot.desk.accounts import LOCKED_SECONDS, MOST_FAILURES, STEP, Accounts, Refused
from bot.desk.tokens import Tokens
from bot.handover import audit
from bot.handover.audit import Actor
from bot.handover.database import engine
from bot.handover.vault import Vault
from bot.settings import settings

KEY = b"k" * 32
OURS, THEIRS = "hulplijn_1712", "ecoute_violences_conjugales"
BOSS, OPERATOR = Actor("boss", OURS), Actor("operator", OURS)
PASSWORD = "een lang wachtwoord"


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture()
def clock() -> Clock:
    return Clock()


@pytest.fixture()
def database(tmp_path: Path) -> Iterator[Engine]:
    made = engine(f"sqlite:///{tmp_path / 'desk.sqlite'}")
    yield made
    made.dispose()


@pytest.fixture()
def accounts(database: Engine, clock: Clock) -> Accounts:
    return Accounts(database, Vault([KEY]), clock, argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


class Person:
    """Somebody who joined, with their phone."""

    def __init__(
        self, accounts: Accounts, clock: Clock, name: str = "an", roles: tuple[str, ...] = ("worker",)
    ) -> None:
        self.accounts, self.clock, self.name = accounts, clock, name
        invite = accounts.invite(name, OURS, roles, "nl", BOSS)
        self.totp = pyotp.parse_uri(accounts.second_factor(name, invite))
        accounts.join(name, invite, PASSWORD, self.code())
        clock.now += STEP

    def code(self) -> str:
        return str(self.totp.at(int(self.clock.now)))

    def login(self, password: str = PASSWORD, code: str | None = None) -> str:
        return self.accounts.login(self.name, password, self.code() if code is None else code)


@pytest.fixture()
def an(accounts: Accounts, clock: Clock) -> Person:
    return Person(accounts, clock)


def actions(database: Engine) -> list[str]:
    with Session(database, future=True) as session:
        return [line.action for line in audit.lines(session)]


def refused(reason: str, step: object) -> None:
    with pytest.raises(Refused) as caught:
        step()  # type: ignore[operator]
    assert caught.value.reason == reason


def test_invited_joined_logged_in(an: Person, accounts: Accounts, database: Engine) -> None:
    account = accounts.session(an.login())
    assert account and (account.name, account.organisation, account.roles) == ("an", OURS, ("worker",))
    assert actions(database) == ["invited", "joined", "logged_in"]


def test_no_secret_is_on_the_disk(an: Person, accounts: Accounts, tmp_path: Path) -> None:
    token = an.login()
    content = (tmp_path / "desk.sqlite").read_bytes()
    assert b"argon2id" in content
    for secret in (PASSWORD, an.totp.secret, token):
        assert secret.encode() not in content


@pytest.mark.parametrize("name", ["", "A", "an bart", "<b>", "a" * 41, "1an", "an\n"])
def test_strange_names_are_refused(accounts: Accounts, name: str) -> None:
    refused("name", lambda: accounts.invite(name, OURS, ["worker"], "nl", BOSS))


def test_roles_must_exist(accounts: Accounts) -> None:
    refused("roles", lambda: accounts.invite("an", OURS, ["owner"], "nl", BOSS))
    refused("roles", lambda: accounts.invite("an", OURS, [], "nl", BOSS))


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "Annelies is hier", "x1y2z" * 50])
def test_weak_passwords_are_refused(accounts: Accounts, clock: Clock, password: str) -> None:
    invite = accounts.invite("annelies", OURS, ["worker"], "nl", BOSS)
    totp = pyotp.parse_uri(accounts.second_factor("annelies", invite))
    refused("password", lambda: accounts.join("annelies", invite, password, totp.at(int(clock.now))))


def test_an_invitation_works_once_for_three_days_and_for_one_name(accounts: Accounts, clock: Clock) -> None:
    invite = accounts.invite("an", OURS, ["worker"], "nl", BOSS)
    accounts.invite("ben", OURS, ["worker"], "nl", BOSS)
    for name, code in (("ben", invite), ("nobody", invite), ("an", "wrong"), ("an", "")):
        refused("invite", lambda name=name, code=code: accounts.second_factor(name, code))
    totp = pyotp.parse_uri(accounts.second_factor("an", invite))
    refused("factor", lambda: accounts.join("an", invite, PASSWORD, "000000"))
    accounts.join("an", invite, PASSWORD, totp.at(int(clock.now)))
    refused("invite", lambda: accounts.join("an", invite, PASSWORD, totp.at(int(clock.now))))
    late = accounts.invite("cas", OURS, ["worker"], "nl", BOSS)
    clock.now += 72 * 3600
    refused("invite", lambda: accounts.second_factor("cas", late))


def test_wrong_passwords_codes_and_names_say_the_same(an: Person, accounts: Accounts, database: Engine) -> None:
    refused("login", lambda: an.login("een ander wachtwoord"))
    refused("login", lambda: an.login(code="000000"))
    refused("login", lambda: an.login(code=""))
    refused("login", lambda: accounts.login("nobody", PASSWORD, an.code()))
    assert actions(database).count("login_refused") == 3


def test_a_code_works_once(an: Person, clock: Clock) -> None:
    code = an.code()
    an.login(code=code)
    refused("login", lambda: an.login(code=code))
    earlier = str(an.totp.at(int(clock.now) - STEP))
    refused("login", lambda: an.login(code=earlier))  # older than the one that was used
    clock.now += STEP
    an.login()


def test_the_code_of_joining_does_not_log_in(accounts: Accounts, clock: Clock) -> None:
    person = Person(accounts, clock)
    clock.now -= STEP
    refused("login", person.login)


def test_five_failures_lock_for_a_while(an: Person, clock: Clock) -> None:
    for _ in range(MOST_FAILURES):
        refused("login", lambda: an.login("een ander wachtwoord"))
    clock.now += STEP
    refused("login", an.login)
    clock.now += LOCKED_SECONDS
    an.login()


def test_a_right_login_forgets_failures(an: Person, clock: Clock) -> None:
    for _ in range(3):
        for _ in range(MOST_FAILURES - 1):
            refused("login", lambda: an.login("een ander wachtwoord"))
        clock.now += STEP
        an.login()


@pytest.mark.parametrize("active", [True, False])
def test_sessions_end_when_idle_and_after_hours(an: Person, accounts: Accounts, clock: Clock, active: bool) -> None:
    token = an.login()
    pause = settings().desk_idle_minutes * 60 - 1
    if not active:
        clock.now += pause
        assert accounts.session(token)
        clock.now += pause + 1
        assert accounts.session(token) is None
        return
    began = clock.now
    while clock.now < began + settings().desk_hours * 3600 - pause:
        clock.now += pause
        assert accounts.session(token)
    clock.now = began + settings().desk_hours * 3600
    assert accounts.session(token) is None


def test_logged_out_is_logged_out(an: Person, accounts: Accounts) -> None:
    token = an.login()
    accounts.logout(token)
    assert accounts.session(token) is None and accounts.session("") is None and accounts.session("x") is None


def test_disabled_at_once(an: Person, accounts: Accounts, clock: Clock) -> None:
    token = an.login()
    clock.now += STEP
    refused("unknown", lambda: accounts.disable("an", Actor("boss", THEIRS)))
    accounts.disable("an", BOSS)
    assert accounts.session(token) is None
    refused("login", an.login)


def test_the_last_supervisor_stays(accounts: Accounts, clock: Clock) -> None:
    Person(accounts, clock, "boss", ("supervisor",))
    refused("last", lambda: accounts.disable("boss", BOSS))
    Person(accounts, clock, "second", ("supervisor", "worker"))
    accounts.disable("boss", BOSS)


def test_a_new_invitation_ends_the_old_password_phone_and_sessions(
    an: Person, accounts: Accounts, clock: Clock
) -> None:
    token = an.login()
    clock.now += STEP
    accounts.invite("an", OURS, ["worker"], "nl", BOSS)
    assert accounts.session(token) is None
    refused("login", an.login)
    refused("name", lambda: accounts.invite("an", THEIRS, ["worker"], "nl", Actor("boss", THEIRS)))


def test_tokens_are_found_by_what_only_their_owner_has(database: Engine, tmp_path: Path) -> None:
    tokens = Tokens(database, Vault([KEY]))
    token = tokens.add("website", OURS, ["assess"], OPERATOR)
    program = tokens.find(token)
    assert program and (program.name, program.organisation, program.scopes) == ("website", OURS, ("assess",))
    assert tokens.find(token[:-1]) is None and tokens.find("") is None
    assert token.encode() not in (tmp_path / "desk.sqlite").read_bytes()
    refused("scopes", lambda: tokens.add("all", OURS, ["everything"], OPERATOR))
    refused("name", lambda: tokens.add("website", OURS, ["assess"], OPERATOR))
    tokens.disable("website", OPERATOR)
    assert tokens.find(token) is None
