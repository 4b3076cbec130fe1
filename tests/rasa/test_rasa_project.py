"""Halte as an ordinary Rasa project: `rasa train`, `rasa test`, `rasa shell`, `rasa run` from the repository root.

Everything runs in processes of its own, on loopback, on a small part of the training messages.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.content.catalogue import catalogue
from bot.settings import ROOT
from bot.understanding.messages import Labelled, read

pytestmark = pytest.mark.slow

RASA = Path(sys.executable).with_name("rasa")
WHERE_RASA_LOOKS = ("config.yml", "domain.yml", "endpoints.yml", "credentials.yml", "data", "actions")
PER_ACT, PER_SIGN = 15, 12  # messages of each act; of each form and flag
STORY = "iemand heeft mijn adres en telefoonnummer online gezet"
ALSO = (STORY, "hij heeft mijn adres en telefoonnummer online gezet", "mijn adres en telefoonnummer staan online")
"""Learned too, with the form doxing: whether the parts fit together is tested here, not how well so little learns."""
PATIENCE = 300.0  # seconds a step may take on a busy machine
FALLEN_BACK = "not found. Using"
"""What Rasa says when it cannot import a class named in endpoints.yml, before it takes its own instead."""


@dataclass(frozen=True)
class Project:
    """The small data, the model made of it, and how to call Rasa."""

    folder: Path
    model: Path
    environment: dict[str, str]

    def rasa(self, *arguments: str, stdin: str = "") -> tuple[int, str]:
        """Run a command of Rasa to its end: status and everything it printed."""
        with started([str(RASA), *arguments], self.environment, self.folder, stdin) as (process, output):
            try:
                status = process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                pytest.fail(f"rasa {arguments[0]} did not end in {PATIENCE:.0f} s: {tail(output)}")
        return status, output.read_text(encoding="utf-8", errors="replace")


@contextmanager
def started(
    command: list[str], environment: dict[str, str], folder: Path, stdin: str = ""
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A process in a group of its own and the file with its output; whatever happens, the group is ended."""
    output = folder / f"{secrets.token_hex(4)}.log"
    with output.open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        assert process.stdin is not None
        process.stdin.write(stdin.encode())
        process.stdin.flush()  # left open: Rasa's shell cannot stand the end of its input
        yield process, output
    finally:
        for how in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, how)
                process.wait(10)
            except (ProcessLookupError, PermissionError, subprocess.TimeoutExpired):
                continue
        process.wait(10)
        if process.stdin:
            process.stdin.close()


def tail(output: Path) -> str:
    return output.read_text(encoding="utf-8", errors="replace")[-2000:]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def ask(url: str, data: Any = None) -> Any:
    """The JSON answer of a server on this machine."""
    body = None if data is None else json.dumps(data).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


def wait_for(url: str, process: subprocess.Popen[bytes], output: Path) -> None:
    """Until a server answers."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    pytest.fail(f"{url} does not answer: {tail(output)}")


def few(messages: list[Labelled]) -> list[Labelled]:
    """Some messages of each act, form and flag, both languages alike."""
    seen: Counter[tuple[str, str]] = Counter()
    chosen = []
    for message in messages:
        signs = [*message.forms, *message.flags]
        keys = [(name, message.language) for name in (signs or [message.act])]
        if any(seen[key] < (PER_SIGN if signs else PER_ACT) / 2 for key in keys):
            seen.update(keys)
            chosen.append(message)
    return chosen


def write_messages(messages: list[Labelled], folder: Path) -> None:
    """As Rasa reads them, labels in the metadata like in data/nlu."""
    for language in ("nl", "fr"):
        blocks: dict[tuple[Any, ...], list[str]] = defaultdict(list)
        for message in messages:
            if message.language == language:
                blocks[message.act, message.forms, message.flags].append(message.text)
        content = [
            {
                "intent": act,
                "metadata": {"forms": list(forms), "flags": list(flags), "source": f"train-{language}-small"},
                "examples": "".join(f"- {text}\n" for text in texts),
            }
            for (act, forms, flags), texts in blocks.items()
        ]
        path = folder / language / "messages.yml"
        path.parent.mkdir(parents=True)
        text = yaml.safe_dump({"version": "3.1", "nlu": content}, allow_unicode=True, sort_keys=False, width=10**6)
        path.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A model trained by `rasa train` with the real configuration, domain, rules and content."""
    folder = tmp_path_factory.mktemp("rasa")
    data = folder / "data"
    shutil.copytree(ROOT / "data", data, ignore=shutil.ignore_patterns("nlu"))
    also = [Labelled(text, "nl", "tell", ("doxing",)) for text in ALSO]
    write_messages(also + few(read(ROOT / "data" / "nlu")), data / "nlu")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("HALTE_", "RASA_", "SANIC_"))},
        "HALTE_DATA_DIR": str(data),
        "HALTE_DATABASE_URL": f"sqlite:///{folder / 'directory.sqlite'}",
        "RASA_TELEMETRY_ENABLED": "false",
        "RASA_CACHE_DIRECTORY": str(folder / "cache"),
        "SANIC_HOST": "127.0.0.1",  # `rasa run actions` would listen to everybody
        "NO_PROXY": "127.0.0.1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONIOENCODING": "utf-8",
    }
    made = Project(folder, folder / "models" / "small.tar.gz", environment)
    status, output = made.rasa(
        *("train", "--data", str(data), "--config", "config.yml", "--domain", "domain.yml"),
        *("--out", str(made.model.parent), "--fixed-model-name", "small"),
    )
    assert status == 0 and made.model.is_file(), output[-2000:]
    return made


@pytest.fixture(scope="module")
def endpoints(project: Project) -> Iterator[Path]:
    """Our endpoints.yml with the port of an action server that runs."""
    port = free_port()
    content = (ROOT / "endpoints.yml").read_text(encoding="utf-8")
    assert "127.0.0.1:5055" in content
    path = project.folder / "endpoints.yml"
    path.write_text(content.replace("127.0.0.1:5055", f"127.0.0.1:{port}"), encoding="utf-8")
    command = [str(RASA), "run", "actions", "--port", str(port)]
    with started(command, project.environment, project.folder) as (process, output):
        wait_for(f"http://127.0.0.1:{port}/health", process, output)
        names = {entry["name"] for entry in ask(f"http://127.0.0.1:{port}/actions")}
        domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
        assert set(domain["actions"]) <= names
        yield path


def dutch(key: str) -> str:
    """A sentence of ours."""
    return catalogue().text(key).in_language("nl", False)


def test_everything_is_where_rasa_looks_for_it() -> None:
    assert RASA.is_file()
    for name in WHERE_RASA_LOOKS:
        assert (ROOT / name).exists(), name


def test_the_stories_pass(project: Project) -> None:
    """`rasa test core --e2e`: our own messages, their intents, the rules."""
    results = project.folder / "results"
    status, output = project.rasa(
        *("test", "core", "--e2e", "--stories", "tests/rasa/test_stories.yml", "--model", str(project.model)),
        *("--endpoints", "endpoints.yml", "--out", str(results)),
    )
    assert status == 0, output[-2000:]
    report = json.loads((results / "story_report.json").read_text(encoding="utf-8"))
    found = report["conversation_accuracy"]
    assert found["correct"] == found["total"] == 2, (results / "failed_test_stories.yml").read_text(encoding="utf-8")
    assert FALLEN_BACK not in output


def test_rasa_shell_answers_in_our_words(project: Project, endpoints: Path) -> None:
    """Two lines typed; the third is how one leaves Rasa's shell. Buttons show as text."""
    status, output = project.rasa(
        *("shell", "--model", str(project.model), "--endpoints", str(endpoints), "--port", str(free_port())),
        stdin=f"{STORY}\nja\n/stop\n",
    )
    assert status == 0, output[-2000:]
    assert dutch("hello.short") in output
    assert output.count(dutch("hello.short")) == 1  # the second turn knew the first
    assert dutch("tell.confirm") in output
    assert catalogue().question("intake.fear").ask.in_language("nl", False) in output  # "ja" was its answer
    assert "1: Ja" in output
    assert FALLEN_BACK not in output and "Traceback" not in output


def test_rasa_run_answers_on_loopback_and_keeps_no_message(project: Project, endpoints: Path) -> None:
    port, token = free_port(), secrets.token_hex(8)
    here = f"http://127.0.0.1:{port}"
    command = [
        *(str(RASA), "run", "--interface", "127.0.0.1", "--port", str(port), "--model", str(project.model)),
        *("--endpoints", str(endpoints), "--credentials", "credentials.yml", "--enable-api", "--auth-token", token),
    ]
    with started(command, project.environment, project.folder) as (process, output):
        wait_for(f"{here}/status?token={token}", process, output)
        rest = f"{here}/webhooks/rest/webhook"
        first = ask(rest, {"sender": "one", "message": STORY})
        again = ask(rest, {"sender": "one", "message": "ja"})
        other = ask(rest, {"sender": "two", "message": "il est devant ma porte avec un couteau, il va me tuer"})
        tracker = ask(f"{here}/conversations/one/tracker?include_events=ALL&token={token}")
    said = [message["text"] for message in first if "text" in message]
    assert said[0] == dutch("hello.short") and said[-1] == dutch("tell.confirm")
    assert [button["title"] for message in first for button in message.get("buttons", ())][0] == "Ja"
    assert dutch("hello.short") not in [message.get("text") for message in again]
    urgent = " ".join(message.get("text", "") for message in other)
    assert "112" in urgent or "101" in urgent
    assert "doxing" in tracker["slots"]["case"]["forms"]
    kept = json.dumps(tracker, ensure_ascii=False)
    assert STORY not in kept and dutch("tell.confirm") not in kept
    assert not [event for event in tracker["events"] if event["event"] in ("user", "bot")]
    printed = output.read_text(encoding="utf-8", errors="replace")
    assert FALLEN_BACK not in printed and "Traceback" not in printed


def test_nothing_keeps_running(tmp_path: Path) -> None:
    """Ending a process ends its whole group, even one that does not listen."""
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True)"
    stubborn += "; time.sleep(60)"
    with started([sys.executable, "-c", stubborn], dict(os.environ), tmp_path) as (process, output):
        while "up" not in output.read_text():
            time.sleep(0.1)
    assert process.returncode == -signal.SIGKILL
