"""Every path of every protocol: it ends, nothing is out of reach, and in a crisis a human is always shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.content.catalogue import catalogue
from bot.content.schema import Node, Option, Protocol
from bot.recognition import protocol as protocols
from bot.recognition.case import Case

CONTENT = catalogue()
NAMES = sorted(CONTENT.protocols)
OTHER_ENTRIES = {"minor": ["sextortion_first"]}  # see actions/tell.py
CRISES = ["danger", "suicide"]


def entries(name: str) -> list[str]:
    return [protocols.first(CONTENT, name)] + [f"{name}.{node}" for node in OTHER_ENTRIES.get(name, [])]


def exits(key: str) -> list[str]:
    """Where the open question of a node can lead, the way out for what is not understood included."""
    name = key.partition(".")[0]
    here = protocols.node(CONTENT, key)
    ways = [protocols.answer(CONTENT, Case(node=key), option) for option in here.options]
    otherwise = here.otherwise or protocols.DEFAULT_END
    return ways + [otherwise if otherwise.startswith("@") else f"{name}.{otherwise}"]


def paths(key: str, walked: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """All paths from ``key`` to an end; a node that comes back is not walked again."""
    walk = protocols.walk(CONTENT, key)
    walked += tuple(walk.visited)
    if not walk.waiting:
        yield (*walked, walk.goto or "")
        return
    for target in dict.fromkeys(exits(walk.waiting)):
        if target.startswith("@"):
            yield (*walked, target)
        elif target not in walked:
            yield from paths(target, walked)


@pytest.mark.parametrize("name", NAMES)
def test_every_node_is_within_reach_and_every_question_can_be_left(name: str) -> None:
    reached: set[str] = set()
    waiting = entries(name)
    while waiting:
        key = waiting.pop()
        if key in reached or key.startswith("@"):
            continue
        walk = protocols.walk(CONTENT, key)
        reached.update(walk.visited)
        if walk.waiting:
            waiting += exits(walk.waiting)
    assert reached == {f"{name}.{node}" for node in CONTENT.protocols[name].nodes}


@pytest.mark.parametrize("name", NAMES)
def test_from_every_node_an_end_can_be_reached(name: str) -> None:
    for node in CONTENT.protocols[name].nodes:
        assert any(path[-1].startswith("@") for path in paths(f"{name}.{node}")), node


@pytest.mark.parametrize("name", NAMES)
def test_every_end_leads_somewhere_known(name: str) -> None:
    known = {f"@{target}" for target in (*protocols.TARGETS, *CONTENT.protocols)}
    assert {path[-1] for entry in entries(name) for path in paths(entry)} <= known


@pytest.mark.parametrize("name", NAMES)
def test_waiting_for_a_story_comes_after_a_sentence(name: str) -> None:
    """``@tell`` says nothing itself: an answer that led straight there would be met with silence."""
    for key, node in CONTENT.protocols[name].nodes.items():
        assert "@tell" not in [node.otherwise, *(option.next for option in node.options)], key


@pytest.mark.parametrize("name", CRISES)
def test_in_a_crisis_every_path_shows_somebody_who_can_help(name: str) -> None:
    for path in paths(protocols.first(CONTENT, name)):
        nodes = [protocols.node(CONTENT, key) for key in path[:-1]]
        assert any(node.services for node in nodes), path


def test_danger_shows_112_before_anything_is_asked() -> None:
    walk = protocols.walk(CONTENT, protocols.first(CONTENT, "danger"))
    assert "emergency_112" in protocols.node(CONTENT, walk.visited[0]).services


def test_a_plan_for_suicide_shows_112_at_once() -> None:
    target = next(
        option.next for option in CONTENT.protocols["suicide"].nodes["plan"].options if option.id == "yes_plan"
    )
    assert "emergency_112" in CONTENT.protocols["suicide"].nodes[str(target)].services


def test_a_minor_is_always_shown_a_line_unless_the_path_turns_to_another_protocol() -> None:
    for entry in entries("minor"):
        for path in paths(entry):
            shown = [service for key in path[:-1] for service in protocols.node(CONTENT, key).services]
            assert shown or path[-1] == "@suicide", path


@pytest.mark.parametrize("name", CRISES + ["minor"])
def test_not_understood_never_ends_a_crisis_as_if_all_were_well(name: str) -> None:
    for key, node in CONTENT.protocols[name].nodes.items():
        if node.ask:
            assert node.otherwise, f"{key}: an answer that is not understood would end the protocol"


def test_a_circle_without_a_question_is_an_error_and_not_an_endless_loop() -> None:
    circle = Protocol.construct(id="circle", first="a", nodes={"a": Node(next="b"), "b": Node(next="a")})
    content = replace(catalogue(), protocols={"circle": circle})
    with pytest.raises(ValueError, match="circle"):
        protocols.walk(content, "circle.a")


def test_an_answer_without_target_ends_at_the_usual_place() -> None:
    option = Option(id="x", label={"nl": "x", "fr": "x"})
    assert protocols.answer(CONTENT, Case(node="danger.call"), option) == protocols.DEFAULT_END
