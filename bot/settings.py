"""Every setting of Halte, once, typed, read from ``HALTE_*`` environment variables."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from pydantic import BaseSettings, Field, SecretStr, validator

ROOT = Path(__file__).resolve().parent.parent
ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::\d{1,5})?")


class Settings(BaseSettings):
    """Values an operator may change; every one has a safe default."""

    host: str = Field("127.0.0.1", description="address that `serve` listens on")
    port: int = Field(8080, description="port that `serve` listens on")
    database_url: str = Field(
        f"sqlite:///{ROOT / 'var' / 'directory.sqlite'}", description="SQLAlchemy URL of the service directory"
    )
    model_dir: Path = Field(ROOT / "models", description="where trained models are written and looked for")
    data_dir: Path = Field(ROOT / "data", description="training messages, dialogue, content, directory")
    encoder: str = Field(
        "halte",
        description="sentence encoder: `halte` (ours, models/encoder), `use` (in a package), a folder, or the name or "
        "path of a sentence-transformers model",
    )
    exit_url: str = Field(
        "https://www.google.be/", description="neutral page that the quick exit opens; keep it ordinary"
    )
    telegram_token: SecretStr | None = Field(
        None, description="token of the Telegram bot, from @BotFather; `serve` talks in Telegram when it is set"
    )
    telegram_webhook: str | None = Field(
        None, description="public https address at which Telegram delivers, path included; long polling when unset"
    )
    telegram_api: str = Field("https://api.telegram.org", description="where the Bot API is; for a server of your own")
    session_minutes: int = Field(30, ge=1, le=240, description="idle minutes after which a conversation is erased")
    message_limit: int = Field(1000, ge=100, le=4000, description="longest message, in characters")
    turns_per_minute: int = Field(30, ge=1, description="messages a minute that one conversation may send")
    max_sessions: int = Field(5000, ge=1, description="conversations kept in memory at once")
    turn_seconds: float = Field(5.0, gt=0, description="longest a turn may take before the fixed help sentence")
    baseline_epochs: int = Field(100, ge=1, description="epochs of the baseline in `evaluate` and `bench`")
    desk: str = Field(
        "",
        description="ids of the services (in the directory) whose staff work at this desk, comma separated, the first "
        "that speaks the person's language receives hand-overs; empty = no desk, no API, no hand-over",
    )
    desk_database_url: str = Field(
        f"sqlite:///{ROOT / 'var' / 'desk.sqlite'}", description="SQLAlchemy URL of hand-overs, accounts and audit log"
    )
    desk_key: str | None = Field(
        None, description="key that seals hand-overs, from `halte staff key`; several, comma separated: the first seals"
    )
    desk_key_file: Path = Field(
        ROOT / "var" / "desk.key", description="where the key is when desk_key is unset; made at the first start"
    )
    handover_days: int = Field(7, ge=1, le=90, description="days after which a hand-over is erased")
    desk_idle_minutes: int = Field(15, ge=1, le=120, description="idle minutes after which staff must log in again")
    desk_hours: int = Field(8, ge=1, le=24, description="hours after which staff must log in again in any case")
    api_calls_per_minute: int = Field(60, ge=1, description="calls a minute that one API token may make")
    widget_hosts: str = Field(
        "",
        description="sites that may show the chat: their origins, separated by spaces (https://www.partner.be). No "
        "path, no star; https, but for localhost",
    )
    closed: bool = Field(False, description="1 switches the chat off: every page becomes the list of helplines")
    closed_file: Path = Field(
        ROOT / "var" / "closed", description="the same without a restart: the chat is closed while this file exists"
    )
    secret: str | None = Field(None, description="key for sender pseudonyms; random at each start when unset")

    class Config:
        env_prefix = "HALTE_"

    @validator("widget_hosts")
    def _exact_origins(cls, value: str) -> str:
        for origin in value.replace(",", " ").split():
            found = ORIGIN.fullmatch(origin)
            if not found or (found["scheme"] == "http" and found["host"] not in ("localhost", "127.0.0.1")):
                raise ValueError(f"{origin!r} is no origin like https://www.partner.be")
        return value

    @property
    def widget_origins(self) -> tuple[str, ...]:
        """The sites of ``widget_hosts``."""
        return tuple(self.widget_hosts.replace(",", " ").split())

    @property
    def is_closed(self) -> bool:
        """Whether the chat is switched off at this moment."""
        return self.closed or self.closed_file.exists()

    @property
    def content_dir(self) -> Path:
        """Folder with forms, protocols and texts."""
        return self.data_dir / "content"

    @property
    def desk_organisations(self) -> tuple[str, ...]:
        """Who works at the desk; empty when there is none."""
        return tuple(name.strip() for name in self.desk.split(",") if name.strip())


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process."""
    return Settings()
