"""Versions of a text for one channel, ``<key>@<channel>``: each must have the text it stands for."""

from __future__ import annotations

from collections.abc import Iterator

from bot.channels.turn import CHANNELS
from bot.checks.project import Finding, Project
from bot.content.catalogue import ContentError, load
from bot.content.render import Renderer


def check(project: Project) -> Iterator[Finding]:
    """Without such a key or channel nobody would ever read the version."""
    try:
        renderer = Renderer(load(project.content))
    except (ContentError, OSError):
        return  # the content check says so
    for version, file in sorted(project.loose_texts().items()):
        key, at, channel = version.partition("@")
        if not at:
            continue
        if channel not in CHANNELS:
            yield Finding(file, version, f"no channel is called {channel!r}")
        try:
            renderer.text(key, "nl")
        except (LookupError, AttributeError, ValueError, StopIteration, AssertionError):
            yield Finding(file, version, f"text {key!r} does not exist")
