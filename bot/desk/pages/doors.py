"""Coming in and going out: log in, take up an invitation, log out; and the first page."""

from __future__ import annotations

import segno
from starlette.responses import Response

from bot.channels.edge import Pace
from bot.desk.accounts import Refused
from bot.desk.site import COOKIE, FORM_COOKIE, Pages, Visit

TRIES = Pace(60)
"""Logins and invitations a minute, of everybody together; each account has a limit of its own besides."""

HOME = ("GET /desk/assess", "GET /desk/directory")


def home(visit: Visit) -> Response:
    """The first page that somebody may see."""
    return visit.go(next(rule for rule in HOME if visit.may(rule)).partition(" ")[2])


def login_form(visit: Visit) -> Response:
    """Name, password, code."""
    return visit.go("/desk") if visit.account else visit.page("login", said=None)


def login(visit: Visit) -> Response:
    """Log in. Every refusal looks the same."""
    if not TRIES.allows():
        return visit.problem("desk.too_many", 429)
    try:
        # Not cut, not stripped: a password is what was typed.
        password = (visit.form.get("password") or [""])[0]
        token = visit.desk.accounts.login(visit.value("name").lower(), password, visit.value("factor"))
    except Refused as refused:
        return visit.page("login", 401, said=visit.text(f"desk.refused_{refused.reason}"))
    if visit.account:  # a new login is a new session; the old one ends
        visit.desk.accounts.logout(visit.request.cookies.get(COOKIE, ""))
    visit.cookies[COOKIE], visit.cookies[FORM_COOKIE] = token, None
    return visit.go("/desk")


def logout(visit: Visit) -> Response:
    """End the session, here and on the server."""
    visit.desk.accounts.logout(visit.request.cookies.get(COOKIE, ""))
    visit.cookies[COOKIE] = None
    return visit.go("/desk/login")


def join_form(visit: Visit) -> Response:
    """Name and invitation."""
    return visit.page("join", said=None, name="", code="", picture=None, secret=None)


def join(visit: Visit) -> Response:
    """First the second factor is shown, then password and a first code are taken."""
    if not TRIES.allows():
        return visit.problem("desk.too_many", 429)
    accounts, name, code = visit.desk.accounts, visit.value("name").lower(), visit.value("code")
    try:
        address = accounts.second_factor(name, code)
    except Refused as refused:
        said = visit.text(f"desk.refused_{refused.reason}")
        return visit.page("join", 403, said=said, name=name, code="", picture=None, secret=None)
    said = ""
    if visit.value("factor"):
        passwords = [(visit.form.get(field) or [""])[0] for field in ("password", "again")]
        try:
            if passwords[0] != passwords[1]:
                raise Refused("again")
            accounts.join(name, code, passwords[0], visit.value("factor"))
            return visit.page("login", said=visit.text("desk.joined"))
        except Refused as refused:
            said = visit.text(f"desk.refused_{refused.reason}")
    picture = segno.make(address, error="m").svg_inline(scale=4, border=2)
    secret = address.partition("secret=")[2].partition("&")[0]
    return visit.page("join", 400 if said else 200, said=said, name=name, code=code, picture=picture, secret=secret)


PAGES: Pages = {
    "GET /desk": home,
    "GET /desk/login": login_form,
    "POST /desk/login": login,
    "POST /desk/logout": logout,
    "GET /desk/join": join_form,
    "POST /desk/join": join,
}
