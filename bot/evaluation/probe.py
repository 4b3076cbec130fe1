"""One system measured in a process of its own: ``python -m bot.evaluation.probe halte|rasa|train``.

``halte bench`` starts it, so that start-up, memory and caches of one system never help or hurt the
other. The last line on standard output is one JSON object; everything stays inside the process.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, Protocol

from bot.settings import ROOT
from bot.understanding.messages import read

SPAWNED = "HALTE_BENCH_SPAWNED"
"""Environment variable: the wall clock when the parent started this process."""

PARSES = 200
CONVERSATION = 30
REPEATS = 5
LONG = 200
LONG_REPEATS = 3
EDGE = 20  # turns at either end of the long conversation that are compared
ENDING = frozenset({"delete", "stop", "begin_again", "goodbye"})  # acts that would cut a conversation short


class System(Protocol):
    """What is measured: reading a message, and answering one in a conversation."""

    failed: int

    async def parse(self, text: str) -> Any:
        """Read one message."""

    async def turn(self, conversation: str, text: str) -> str:
        """Answer one message; an empty name opens a conversation. Returns the name to go on with."""


class Halte:
    """The assistant behind its edge, as ``halte serve`` runs it."""

    def __init__(self) -> None:
        from bot.channels.conversations import Conversations
        from bot.content.render import Renderer
        from bot.directory.load import open_directory
        from bot.engine import Engine

        open_directory()
        engine = Engine.load()
        self.parse = engine.recognise
        self.failed = 0
        self._conversations = Conversations(engine)
        texts = Renderer()
        self._failures = {
            texts.text(key, language) for key in ("fallback.error", "fallback.too_fast") for language in ("nl", "fr")
        }

    async def turn(self, conversation: str, text: str) -> str:
        """One turn through the edge, as any channel asks for it."""
        from bot.channels.turn import Incoming

        answer = await self._conversations.turn(conversation or None, Incoming(text=text, language="nl"))
        self.failed += not answer.bubbles or any(bubble.text in self._failures for bubble in answer.bubbles)
        return "" if answer.ended else answer.session


class DefaultRasa:
    """A plain Rasa agent with the default pipeline: one rule per intent, one fixed answer."""

    def __init__(self) -> None:
        from bot.evaluation.baseline import Baseline

        self._baseline = Baseline()
        self.parse = self._baseline.agent.parse
        self.failed = 0
        self._opened = 0

    async def turn(self, conversation: str, text: str) -> str:
        """One turn of Rasa's agent."""
        self._opened += not conversation
        name = conversation or f"bench-{self._opened}"
        self.failed += not await self._baseline.agent.say(name, text)
        return name


def measure(system: System, messages: Sequence[str], conversation: Sequence[str]) -> dict[str, Any]:
    """All figures of a loaded system; its first answer ends the cold start."""
    loaded = memory_mb()
    asyncio.run(_talk(system, conversation[:1]))
    result: dict[str, Any] = {
        "cold_start_s": time.time() - float(os.environ.get(SPAWNED, time.time())),
        "memory_loaded_mb": loaded,
    }
    parses = asyncio.run(_parse(system, messages))
    result["memory_after_parses_mb"] = memory_mb()
    turns = [seconds for _ in range(REPEATS) for seconds in asyncio.run(_talk(system, conversation))]
    script = [conversation[number % len(conversation)] for number in range(LONG - 1)] + [conversation[0]]
    long = [asyncio.run(_talk(system, script)) for _ in range(LONG_REPEATS)]
    result.update(
        parse_p50_ms=percentile(parses, 50), parse_p95_ms=percentile(parses, 95),
        turn_p50_ms=percentile(turns, 50), turn_p95_ms=percentile(turns, 95),
        turn_1_ms=statistics.median(times[0] for times in long) * 1000,
        turn_200_ms=statistics.median(times[-1] for times in long) * 1000,
        first_turns_p50_ms=percentile([seconds for times in long for seconds in times[:EDGE]], 50),
        last_turns_p50_ms=percentile([seconds for times in long for seconds in times[-EDGE:]], 50),
        memory_end_mb=memory_mb(), failed_turns=system.failed,
        parses=len(parses), turns=len(turns), long_turns=len(long) * LONG,
    )  # fmt: skip
    return result


def percentile(seconds: Sequence[float], share: int) -> float:
    """Nearest-rank percentile, in milliseconds."""
    ordered = sorted(seconds)
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)] * 1000


def memory_mb() -> float:
    """Resident memory of this process now."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    except OSError:  # no /proc, as on macOS
        return int(subprocess.check_output(["ps", "-o", "rss=", "-p", str(os.getpid())], timeout=10)) * 1024 / 1e6


def samples() -> tuple[list[str], list[str]]:
    """Messages to parse (both languages) and one conversation (Dutch), spread evenly over the dev messages."""
    messages = read(ROOT / "tests" / "messages" / "dev")
    talk = [message.text for message in messages if message.language == "nl" and message.act not in ENDING]
    return _spread([message.text for message in messages], PARSES), _spread(talk, CONVERSATION)


def train() -> dict[str, Any]:
    """Train ours into a folder that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RASA_CACHE_DIRECTORY"] = str(Path(folder, "cache"))
        from bot import engine

        started, worked = time.monotonic(), time.process_time()
        path = engine.train(Path(folder, "models"))
        return {
            "train_s": time.monotonic() - started,
            "train_cpu_s": time.process_time() - worked,
            "archive_mb": path.stat().st_size / 1e6,
        }


async def _parse(system: System, messages: Sequence[str]) -> list[float]:
    times = []
    for text in messages:
        started = time.perf_counter()
        await system.parse(text)
        times.append(time.perf_counter() - started)
    return times


async def _talk(system: System, messages: Sequence[str]) -> list[float]:
    times = []
    conversation = ""
    for text in messages:
        started = time.perf_counter()
        conversation = await system.turn(conversation, text)
        times.append(time.perf_counter() - started)
    return times


def _spread(texts: Sequence[str], count: int) -> list[str]:
    return [texts[number * len(texts) // count] for number in range(min(count, len(texts)))]


def main(name: str) -> None:
    """Measure one system and print its figures."""
    with redirect_stdout(sys.stderr):
        if name == "train":
            result = train()
        elif name == "train-rasa":
            from bot.evaluation.baseline import ensure

            result = ensure()
        else:
            result = measure(Halte() if name == "halte" else DefaultRasa(), *samples())
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
