"""A real `halte serve` process on loopback, with a home and a temporary folder of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 120


def free_port() -> int:
    """A port nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """Starts, talks to, kills and restarts one server; everything it writes lands below ``folder``."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.log = folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Server:
        """Start and wait until it answers."""
        for name in ("home", "tmp"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        environment = {
            **os.environ, "HOME": str(self.folder / "home"), "TMPDIR": str(self.folder / "tmp"),
            "HALTE_DATABASE_URL": f"sqlite:///{self.folder / 'directory.sqlite'}", "HALTE_TURN_SECONDS": "60",
            "LOG_LEVEL": "DEBUG",
        }  # fmt: skip
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bot", "serve", "--port", str(self.port)],
                cwd=ROOT, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        limit = time.monotonic() + READY_SECONDS
        while time.monotonic() < limit:
            if self._process.poll() is not None:
                raise RuntimeError(f"the server stopped:\n{self.log.read_text(errors='replace')[-2000:]}")
            try:
                urllib.request.urlopen(f"{self.url}/health", timeout=2)
                return self
            except OSError:
                time.sleep(0.3)
        raise RuntimeError("the server did not start in time")

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def turn(self, session: str | None, **message: Any) -> dict[str, Any]:
        """One message over HTTP."""
        body = json.dumps({"session": session, "client_id": uuid.uuid4().hex, **message}).encode()
        request = urllib.request.Request(
            f"{self.url}/api/turn", body, {"Content-Type": "application/json", "X-Halte": "1"}
        )
        with urllib.request.urlopen(request, timeout=90) as answer:
            loaded: dict[str, Any] = json.load(answer)
            return loaded

    def stop(self, hard: bool = False) -> None:
        """End it; ``hard`` kills it without a chance to clean up."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL if hard else signal.SIGTERM)
            self._process.wait(timeout=30)
