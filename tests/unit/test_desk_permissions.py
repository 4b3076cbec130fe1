"""Who may do what: role by role and route by route. A route without a rule fails here."""

from __future__ import annotations

from pathlib import Path

import pytest
from desk_house import House
from starlette.routing import Route

from bot.desk import api, permissions, site
from bot.desk.pages import PAGES
from bot.desk.permissions import ALL_SCOPES, RULES, SCOPES

# The second copy of the table, on purpose: whoever opens a page to somebody has to say so twice.
# w = worker, s = supervisor, e = editor, * = everybody.
EXPECTED = """
GET /code *
POST /code *
GET /desk/login *
POST /desk/login *
GET /desk/join *
POST /desk/join *
POST /desk/logout wse
GET /desk wse
GET /desk/assess ws
POST /desk/assess ws
GET /desk/queue ws
POST /desk/queue/find ws
GET /desk/queue/{id} ws
POST /desk/queue/{id}/claim ws
POST /desk/queue/{id}/release ws
POST /desk/queue/{id}/note ws
POST /desk/queue/{id}/close ws
POST /desk/queue/{id}/erase s
GET /desk/directory wse
GET /desk/directory/{id} wse
GET /desk/figures se
GET /desk/figures.csv se
GET /desk/staff s
POST /desk/staff s
POST /desk/staff/{name}/disable s
GET /desk/log s
POST /desk/log.csv s
"""
LETTERS = {"worker": "w", "supervisor": "s", "editor": "e"}
TABLE = {line.rpartition(" ")[0]: line.rpartition(" ")[2] for line in EXPECTED.strip().splitlines()}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(tmp_path_factory.mktemp("desk"))


def filled(path: str) -> str:
    return path.replace("{id}", "0" * 32).replace("{name}", "nobody")


def test_every_route_has_a_rule_here_and_in_the_code(house: House) -> None:
    pages, calls = set(), set()
    for route in house.app.routes:
        assert isinstance(route, Route) and route.methods
        for method in route.methods - {"HEAD"}:
            rule = f"{method} {route.path}"
            (calls if route.path.startswith("/api/") else pages).add(rule.replace("/api/v1/", "/api/"))
    assert pages == set(TABLE) == set(RULES)
    assert calls == set(SCOPES)


def test_a_page_without_a_rule_cannot_be_built(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="GET /desk/secret"):
        site.routes(house.desk, {**PAGES, "GET /desk/secret": lambda visit: visit.go("/")})
    with pytest.raises(ValueError, match="GET /desk/log"):
        site.routes(house.desk, {rule: page for rule, page in PAGES.items() if rule != "GET /desk/log"})
    monkeypatch.setattr(api, "HANDLERS", {**api.HANDLERS, "GET /api/all": lambda call: {}})
    with pytest.raises(ValueError, match="GET /api/all"):
        api.routes(house.desk)
    assert not permissions.allowed("GET /desk/secret", permissions.ROLES)


@pytest.mark.parametrize("role", [*LETTERS, "nobody"])
def test_role_by_role_and_route_by_route(house: House, role: str) -> None:
    """Refused is refused before anything happens; allowed reaches the page (found or not, but not refused)."""
    browser = house.browser() if role == "nobody" else house.person(f"the-{role}", role)
    token = browser.token("/desk/directory") or browser.token("/desk/login")
    for rule, letters in TABLE.items():
        method, _, path = rule.partition(" ")
        if rule == "POST /desk/logout":  # it works for all and ends what is tested here
            continue
        answer = (
            browser.get(filled(path)) if method == "GET"
            else browser.client.post(filled(path), data={"form_token": token, "told": "dag", "name": "x"})
        )  # fmt: skip
        open_to_all = letters == "*"
        if role == "nobody" and not open_to_all:
            expected = (303, "/desk/login") if method == "GET" else (401, None)
            assert (answer.status_code, answer.headers.get("location")) == expected, rule
        elif open_to_all or LETTERS[role] in letters:
            refusals = [line for line in house.log() if line[:2] == (f"the-{role}", "page_refused") and line[2] == rule]
            assert not refusals and answer.status_code != 500, (rule, answer.status_code)
            assert answer.headers.get("location") != "/desk/login", rule
        else:
            assert answer.status_code == 403, (rule, answer.status_code)
            assert (f"the-{role}", "page_refused", rule) in house.log()


@pytest.mark.parametrize("scope", [*ALL_SCOPES, None])
def test_a_token_does_only_what_its_scopes_say(house: House, scope: str | None) -> None:
    """Each scope against each call; None = a token that nobody has."""
    name = f"t-{(scope or 'none').replace('.', '-')}"
    token = house.desk.tokens.add(name, "hulplijn_1712", [scope], house_operator()) if scope else "halte_stolen"
    client = house.browser().client
    for rule, needed in SCOPES.items():
        method, _, path = rule.partition(" ")
        for prefix in ("/api", "/api/v1"):
            answer = client.request(
                method, filled(path).replace("/api", prefix, 1), headers={"Authorization": f"Bearer {token}"},
                json={} if method == "POST" else None,
            )  # fmt: skip
            if needed is None:
                assert answer.status_code == 200
            elif scope is None:
                assert (answer.status_code, answer.json()) == (401, {"reason": "token"}), rule
                assert answer.headers["www-authenticate"] == "Bearer"
            elif needed == scope:
                assert answer.status_code not in (401, 403, 500), (rule, answer.text)
            else:
                assert (answer.status_code, answer.json()) == (403, {"reason": f"scope_missing:{needed}"}), rule
                assert (f"api:{name}", "scope_refused", rule) in house.log()


def house_operator() -> object:
    from desk_house import OPERATOR

    return OPERATOR


def test_a_house_opens_without_its_folder_being_there(tmp_path: Path) -> None:
    assert House(tmp_path / "new" / "deep").browser().get("/desk/login").status_code == 200
