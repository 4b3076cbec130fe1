"""Who may do what: every page and every call of the desk, closed by default. The only place where this is decided.

A page that is not in this table cannot be built (``bot/desk/site.py``), and ``tests/unit/test_desk_permissions.py``
holds the table against its own copy, role by role.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

WORKER, SUPERVISOR, EDITOR = "worker", "supervisor", "editor"
ROLES = (WORKER, SUPERVISOR, EDITOR)
PUBLIC: tuple[str, ...] = ("public",)
"""Without logging in."""

RULES: Mapping[str, tuple[str, ...]] = {
    "GET /code": PUBLIC,  # a person erases what was passed on, with the code
    "POST /code": PUBLIC,
    "GET /desk/login": PUBLIC,
    "POST /desk/login": PUBLIC,
    "GET /desk/join": PUBLIC,  # an invitation is taken up
    "POST /desk/join": PUBLIC,
    "POST /desk/logout": (WORKER, SUPERVISOR, EDITOR),
    "GET /desk": (WORKER, SUPERVISOR, EDITOR),
    "GET /desk/assess": (WORKER, SUPERVISOR),
    "POST /desk/assess": (WORKER, SUPERVISOR),
    "GET /desk/queue": (WORKER, SUPERVISOR),
    "POST /desk/queue/find": (WORKER, SUPERVISOR),
    "GET /desk/queue/{id}": (WORKER, SUPERVISOR),
    "POST /desk/queue/{id}/claim": (WORKER, SUPERVISOR),
    "POST /desk/queue/{id}/release": (WORKER, SUPERVISOR),
    "POST /desk/queue/{id}/note": (WORKER, SUPERVISOR),
    "POST /desk/queue/{id}/close": (WORKER, SUPERVISOR),
    "POST /desk/queue/{id}/erase": (SUPERVISOR,),
    "GET /desk/directory": (WORKER, SUPERVISOR, EDITOR),
    "GET /desk/directory/{id}": (WORKER, SUPERVISOR, EDITOR),
    "GET /desk/figures": (SUPERVISOR, EDITOR),
    "GET /desk/figures.csv": (SUPERVISOR, EDITOR),
    "GET /desk/staff": (SUPERVISOR,),
    "POST /desk/staff": (SUPERVISOR,),
    "POST /desk/staff/{name}/disable": (SUPERVISOR,),
    "GET /desk/log": (SUPERVISOR,),
    "POST /desk/log.csv": (SUPERVISOR,),
}

RELEASE_FOR_OTHERS = (SUPERVISOR,)
"""Who may give back to the queue what a colleague works on."""

SCOPES: Mapping[str, str | None] = {  # what a token needs; None = no token
    "GET /api/openapi.json": None,
    "POST /api/assess": "assess",
    "GET /api/services": "services",
    "POST /api/handovers": "handover.create",
    "GET /api/handovers": "handover.read",
    "GET /api/handovers/{id}": "handover.read",
    "POST /api/handovers/{id}/claim": "handover.work",
    "POST /api/handovers/{id}/release": "handover.work",
    "POST /api/handovers/{id}/notes": "handover.work",
    "POST /api/handovers/{id}/close": "handover.work",
    "POST /api/handovers/erase": "handover.erase",
}
ALL_SCOPES = tuple(sorted({scope for scope in SCOPES.values() if scope}))


def allowed(rule: str, roles: Iterable[str]) -> bool:
    """Whether somebody with ``roles`` may; what is not in the table, nobody may."""
    needed = RULES.get(rule, ())
    return needed == PUBLIC or bool(set(needed) & set(roles))
