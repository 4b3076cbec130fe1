"""Walking a fixed, reviewed path node by node: start, danger, suicide, minor, witness ..."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.content.catalogue import Catalogue
from bot.content.schema import Node, Option
from bot.recognition.case import Case

DEFAULT_END = "@next"
TARGETS = ("next", "refer", "plan", "return", "interview", "tell")
"""Where a path may lead besides another protocol, written ``@next``; ``tell`` = wait for what the person says."""

MAX_NODES = 20


@dataclass(frozen=True)
class Walk:
    """What one move through a protocol says, in order, and where it stops."""

    visited: list[str] = field(default_factory=list)  # "<protocol>.<node>" keys, each to be said
    waiting: str | None = None  # node whose question is open
    goto: str | None = None  # @target when the path is finished


def node(content: Catalogue, key: str) -> Node:
    """The node called ``<protocol>.<node>``."""
    protocol, _, name = key.partition(".")
    return content.protocols[protocol].nodes[name]


def first(content: Catalogue, protocol: str) -> str:
    """Key of the first node."""
    return f"{protocol}.{content.protocols[protocol].first}"


def walk(content: Catalogue, key: str) -> Walk:
    """From ``key`` on through nodes without a question, to the next question or the end."""
    protocol = key.partition(".")[0]
    visited: list[str] = []
    while len(visited) < MAX_NODES:
        visited.append(key)
        here = node(content, key)
        if here.ask:
            return Walk(visited, waiting=key)
        if here.next is None or here.next.startswith("@"):
            return Walk(visited, goto=here.next or DEFAULT_END)
        key = f"{protocol}.{here.next}"
    raise ValueError(f"protocol {protocol} runs in a circle at {key}")


def known_answer(content: Catalogue, case: Case, key: str) -> Option | None:
    """The answer that need not be asked: how old a minor is in the picture."""
    if not case.minor:
        return None
    return next((o for o in node(content, key).options if o.sets.get("age_in_image") == "minor"), None)


def answer(content: Catalogue, case: Case, option: Option) -> str:
    """Where an answered node leads: a node key or an @target."""
    assert case.node is not None
    protocol = case.node.partition(".")[0]
    target = option.next or DEFAULT_END
    return target if target.startswith("@") else f"{protocol}.{target}"
