"""Nothing a person says may reach a log, a terminal or somebody else's server. Imported before Rasa."""

from __future__ import annotations

import logging
import os
import threading
import time
import warnings
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog

ALLOWED = frozenset({"event", "level", "timestamp", "error_class", "action"})
"""Fields that may appear in a structured log line; everything else is dropped."""

NOISY = (
    "rasa",
    "rasa_sdk",
    "httpx",
    "httpcore",
    "telegram",
    "asyncio",
    "matplotlib",
    "tensorflow",
    "sqlalchemy",
    "aiohttp",
    "sanic",
)


class OurLogsOnly(logging.Filter):
    """Lets only Halte's own records through: other libraries put messages and local variables in theirs."""

    def filter(self, record: logging.LogRecord) -> bool:
        """See :class:`logging.Filter`."""
        return record.name.split(".", 1)[0] in ("halte", "uvicorn") and not record.exc_info


def _silent(*_: Any, **__: Any) -> None:
    """Shows no warning."""


def _allow_list(_: Any, __: str, fields: MutableMapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key in ALLOWED}


def be_quiet() -> None:
    """Switch off telemetry, foreign logs and warnings that quote messages. Safe to call twice."""
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("LOG_LEVEL", "ERROR")  # Rasa then draws no progress bars either
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    warnings.simplefilter("ignore")
    warnings.showwarning = _silent  # libraries put the filter back; a warning of Rasa quotes the message
    structlog.configure(
        processors=[_allow_list, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL),
        cache_logger_on_first_use=False,
    )
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.StreamHandler())
    for handler in root.handlers:
        if not any(isinstance(entry, OurLogsOnly) for entry in handler.filters):
            handler.addFilter(OurLogsOnly())
    root.setLevel(logging.INFO)


def log(event: str, **numbers: Any) -> None:
    """One line about ourselves: an event name and numbers or class names, never words of a person."""
    details = " ".join(f"{key}={value}" for key, value in numbers.items())
    logging.getLogger("halte").info("%s %s", event, details)


@contextmanager
def progress(every: float = 10.0) -> Iterator[None]:
    """Say every few seconds that something long is still going on."""
    started = time.monotonic()
    stop = threading.Event()

    def tell() -> None:
        while not stop.wait(every):
            print(f"  … still working, {time.monotonic() - started:.0f} s", flush=True)

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
