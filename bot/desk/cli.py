"""``halte staff``: accounts, tokens and the key of the desk, for whoever runs the machine."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from bot.desk.accounts import INVITE_SECONDS, Accounts, Refused
from bot.desk.permissions import ALL_SCOPES, ROLES, WORKER
from bot.desk.tokens import Tokens
from bot.handover.audit import Actor
from bot.handover.database import engine
from bot.handover.vault import KeyMissing, new_key, open_vault
from bot.settings import settings


def run(arguments: argparse.Namespace) -> int:
    """Carry out a parsed ``staff`` command; the result is the exit code."""
    if arguments.staff_command == "key":
        print(new_key())
        return 0
    try:
        database, vault = engine(), open_vault()
        return int(_COMMANDS[arguments.staff_command](arguments, Accounts(database, vault), Tokens(database, vault)))
    except (Refused, KeyMissing) as error:
        print(f"staff: {_SAYS.get(str(error), str(error))}", file=sys.stderr)
        return 2


def _add(arguments: argparse.Namespace, accounts: Accounts, _: Tokens) -> int:
    organisation = _organisation(arguments)
    roles = arguments.role or [WORKER]
    code = accounts.invite(arguments.name, organisation, roles, arguments.lang, _operator(organisation))
    print(f"{arguments.name} ({', '.join(roles)}, {organisation}) joins at /desk/join with this invitation,")
    print(f"shown once, valid for {INVITE_SECONDS // 3600} hours:")
    print(code)
    return 0


def _list(_: argparse.Namespace, accounts: Accounts, tokens: Tokens) -> int:
    for account in accounts.listed():
        state = "disabled" if account.disabled else "active" if account.joined else "invited"
        print(f"{account.name:24} {state:9} {','.join(account.roles):28} {account.organisation}")
    for program in tokens.listed():
        state = "disabled" if program.disabled else "active"
        print(f"api:{program.name:20} {state:9} {','.join(program.scopes):28} {program.organisation}")
    return 0


def _disable(arguments: argparse.Namespace, accounts: Accounts, tokens: Tokens) -> int:
    if arguments.name.startswith("api:"):
        tokens.disable(arguments.name.removeprefix("api:"), _operator(""))
    else:
        accounts.disable(arguments.name, _operator(""), any_organisation=True)
    print(f"{arguments.name} is disabled")
    return 0


def _token(arguments: argparse.Namespace, _: Accounts, tokens: Tokens) -> int:
    organisation = _organisation(arguments)
    token = tokens.add(arguments.name, organisation, arguments.scope, _operator(organisation))
    print(f"api:{arguments.name} ({', '.join(arguments.scope)}, {organisation}); the token is shown once:")
    print(token)
    return 0


def _organisation(arguments: argparse.Namespace) -> str:
    """The one named, else the first of the desk."""
    known = settings().desk_organisations
    chosen = arguments.organisation or next(iter(known), None)
    if chosen is None or (known and chosen not in known):
        raise Refused("organisation")
    return str(chosen)


def _operator(organisation: str) -> Actor:
    return Actor("operator", organisation)


_SAYS = {
    "name": "that name cannot be used: 2 to 40 small letters, digits, dots or dashes, and still free",
    "roles": f"roles are {', '.join(ROLES)}",
    "scopes": f"scopes are {', '.join(ALL_SCOPES)}",
    "unknown": "there is nobody of that name",
    "organisation": "which organisation? HALTE_DESK names those that work at this desk",
}
_COMMANDS: dict[str, Any] = {"add": _add, "list": _list, "disable": _disable, "token": _token}


def add_parser(subparsers: Any) -> None:
    """Add ``staff`` to the command line; ``arguments.run(arguments)`` carries it out."""
    staff = subparsers.add_parser("staff", help="accounts, tokens and the key of the desk")
    commands = staff.add_subparsers(dest="staff_command", required=True)
    add = commands.add_parser("add", help="invite somebody, or invite again who lost password or phone")
    add.add_argument("name")
    add.add_argument("--role", action="append", choices=ROLES, help="repeatable; default: worker")
    add.add_argument("--lang", choices=("nl", "fr"), default="nl")
    add.add_argument("--organisation", metavar="ID", help="default: the first of HALTE_DESK")
    commands.add_parser("list", help="everybody, and all tokens")
    commands.add_parser("disable", help="shut somebody out at once, or api:NAME").add_argument("name")
    token = commands.add_parser("token", help="a token for a program of an organisation")
    token.add_argument("name")
    token.add_argument("--scope", action="append", required=True, choices=ALL_SCOPES, help="repeatable")
    token.add_argument("--organisation", metavar="ID", help="default: the first of HALTE_DESK")
    commands.add_parser("key", help="print a new key for HALTE_DESK_KEY")
    staff.set_defaults(run=run)
