"""The widget over HTTP: who may load, call and frame it, and how large it is."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from bot.app import create_app, directory_helplines
from bot.app import page_texts as real_texts
from bot.channels import widget
from bot.channels.pages import Helpline
from bot.channels.security import HEADERS
from bot.settings import Settings, settings
from tests.page_texts import page_texts
from tests.unit.test_web import OURS, START, Scripted

PARTNER = "https://www.partner.be"
ASK = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,x-halte"}


@pytest.fixture(autouse=True)
def hosts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """One partner is allowed; gives the file that closes the chat."""
    monkeypatch.setenv("HALTE_WIDGET_HOSTS", f"{PARTNER}, https://other.example:8443")
    monkeypatch.setenv("HALTE_CLOSED_FILE", str(tmp_path / "closed"))
    settings.cache_clear()
    yield tmp_path / "closed"
    monkeypatch.undo()
    settings.cache_clear()


def lines(language: str) -> list[Helpline]:
    return [Helpline(f"Line {language}", "0800 12 34")]


@pytest.fixture()
def scripted() -> Scripted:
    return Scripted()


@pytest.fixture()
def client(scripted: Scripted) -> TestClient:
    return TestClient(create_app(scripted, page_texts("{key} <nl>", "{key} <fr>"), lines))


def cors(answer: Any) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control")}


def test_allowed_origins_may_talk_and_leave(client: TestClient, scripted: Scripted) -> None:
    for origin in (PARTNER, "https://other.example:8443"):
        preflight = client.options("/api/turn", headers={"Origin": origin, **ASK})
        assert preflight.status_code == 200 and preflight.headers["access-control-allow-origin"] == origin
        assert "access-control-allow-credentials" not in preflight.headers
        answer = client.post("/api/turn", json=START, headers={**OURS, "Origin": origin})
        assert answer.status_code == 200 and answer.headers["access-control-allow-origin"] == origin
        assert "Origin" in answer.headers["vary"] and answer.headers["cache-control"] == "no-store"
        left = client.post("/api/leave", content="fresh", headers={"Origin": origin})
        assert left.status_code == 204 and left.headers["access-control-allow-origin"] == origin


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "http://www.partner.be", f"{PARTNER}.evil.example", "https://partner.be", "null",
     f"{PARTNER}:443", "https://WWW.partner.be", ""],
)  # fmt: skip
def test_others_hear_nothing(client: TestClient, scripted: Scripted, origin: str) -> None:
    preflight = client.options("/api/turn", headers={"Origin": origin, **ASK})
    assert preflight.status_code == 405 and not cors(preflight)
    assert not cors(client.post("/api/turn", json=START, headers={**OURS, "Origin": origin}))


@pytest.mark.parametrize("path", ["/", "/talk?l=nl", "/notes", "/embed", "/health", "/static/chat.js", "/halte.js"])
def test_only_the_two_addresses_are_shared(client: TestClient, path: str) -> None:
    assert not cors(client.get(path, headers={"Origin": PARTNER}))


def test_only_allowed_sites_may_frame_the_page_made_for_it(client: TestClient) -> None:
    framed = client.get("/embed?l=fr").headers
    assert f"frame-ancestors {PARTNER} https://other.example:8443" in framed["content-security-policy"]
    assert "default-src 'none'" in framed["content-security-policy"] and framed["content-language"] == "fr"
    rest = {name: value for name, value in HEADERS.items() if name[:5] not in ("Conte", "Cross")}
    assert {name: framed.get(name) for name in rest} == rest
    for path in ("/", "/talk?l=nl", "/notes"):
        assert "frame-ancestors 'none'" in client.get(path).headers["content-security-policy"]


def test_without_a_list_nobody_may(monkeypatch: pytest.MonkeyPatch, scripted: Scripted) -> None:
    monkeypatch.setenv("HALTE_WIDGET_HOSTS", "")
    settings.cache_clear()
    client = TestClient(create_app(scripted, page_texts("{key} nl", "{key} fr"), lines))
    assert "frame-ancestors 'none'" in client.get("/embed").headers["content-security-policy"]
    assert client.options("/api/turn", headers={"Origin": "", **ASK}).status_code == 405


@pytest.mark.parametrize(
    "hosts", ["*", "https://*.be", "partner.be", "https://partner.be/", "https://partner.be/x", "http://partner.be",
              "https://Partner.be", "https://a.be;script-src", "null", "https://a.be 'self'"],
)  # fmt: skip
def test_an_inexact_list_is_refused_at_the_start(hosts: str) -> None:
    with pytest.raises(ValueError, match="is no origin"):
        Settings(widget_hosts=hosts)


def test_the_script_may_be_loaded_elsewhere_and_holds_no_module(client: TestClient) -> None:
    answer = client.get("/halte.js")
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert not re.search(r"^(import|export) ", answer.text, re.MULTILINE)
    assert "</script" not in answer.text.lower() and "eval(" not in answer.text
    for word in ("localStorage", "sessionStorage", "document.cookie", "indexedDB", "pushState"):
        assert word not in answer.text


def test_no_name_is_declared_twice() -> None:
    names = [
        name
        for module in widget.MODULES
        for name in re.findall(
            r"^(?:export )?(?:async )?(?:function|const|let) (\w+)",
            (widget.WEB / "static" / f"{module}.js").read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    ]
    assert len(names) == len(set(names)) > 20


def test_the_real_script_is_small() -> None:
    assert len(gzip.compress(widget.script(real_texts(None), directory_helplines).encode())) < 25_000


def test_every_address_becomes_the_list_while_closed(client: TestClient, scripted: Scripted, hosts: Path) -> None:
    assert client.get("/health").json() == {"status": "ok"}
    hosts.touch()
    for method, path in (
        ("GET", "/"), ("POST", "/talk"), ("GET", "/talk"), ("GET", "/notes"), ("GET", "/embed"), ("GET", "/none"),
    ):  # fmt: skip
        answer = client.request(method, path, params={"l": "fr"})
        assert answer.status_code == 503 and "closed &lt;fr&gt;" in answer.text and 'href="tel:08001234"' in answer.text
        assert 'href="tel:112"' in answer.text and "<script" not in answer.text
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    turned = client.post("/api/turn", json=START, headers={**OURS, "Origin": PARTNER})
    assert (turned.status_code, turned.json()) == (503, {"reason": "closed"})
    assert turned.headers["access-control-allow-origin"] == PARTNER, "the widget must be able to read it"
    assert client.get("/health").json() == {"status": "closed"} and client.get("/halte.js").status_code == 200
    assert not scripted.heard
    assert client.post("/api/leave", content="t").status_code == 204 and scripted.forgotten == ["t"]
    hosts.unlink()
    assert client.get("/").status_code == 200


def test_closed_from_the_start_nothing_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HALTE_CLOSED", "1")
    settings.cache_clear()

    def broken(language: str) -> list[Helpline]:
        raise RuntimeError("no directory")

    monkeypatch.setattr("bot.engine.Engine.load", lambda: pytest.fail("the engine was loaded"))
    app = create_app(None, page_texts("{key} nl", "{key} fr"), broken)
    with TestClient(app) as client:
        answer = client.get("/")
        assert answer.status_code == 503 and 'href="tel:112"' in answer.text
