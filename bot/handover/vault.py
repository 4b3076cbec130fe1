"""Seals what is kept: AES-256-GCM, one key for each organisation, made from the operator's key.

A sealed value is bound to its organisation and record: moved to another row, it does not open.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.settings import settings

KEY_BYTES, NONCE_BYTES, MARK_BYTES = 32, 12, 4


class KeyMissing(ValueError):
    """There is no usable key; the message says what is wrong, never the key."""


class SealBroken(ValueError):
    """A sealed value was changed, moved, or sealed with a key that is not here."""


class Vault:
    """Seals and opens with ``keys``: the first seals, all open, so that a key can be replaced."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise KeyMissing("a key of 32 bytes is needed; `halte staff key` prints a new one")
        self._keys = tuple(keys)

    def seal(self, plain: str, organisation: str, record: str) -> bytes:
        """``plain`` as bytes that only this organisation's key opens, and only as this record."""
        key, nonce = self._keys[0], secrets.token_bytes(NONCE_BYTES)
        return _mark(key) + nonce + _cipher(key, organisation).encrypt(nonce, plain.encode(), record.encode())

    def open(self, sealed: bytes, organisation: str, record: str) -> str:
        """Undo :meth:`seal`; :class:`SealBroken` when it is not exactly what was sealed."""
        mark, rest = sealed[:MARK_BYTES], sealed[MARK_BYTES:]
        for key in self._keys:
            if hmac.compare_digest(mark, _mark(key)):
                try:
                    cipher = _cipher(key, organisation)
                    return cipher.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], record.encode()).decode()
                except (InvalidTag, ValueError):
                    break
        raise SealBroken("cannot be opened")

    def digest(self, purpose: str, value: str) -> str:
        """A keyed hash, of the first key: a thief of the database cannot try out short codes."""
        return _digest(self._keys[0], purpose, value)

    def digests(self, purpose: str, value: str) -> list[str]:
        """The keyed hashes of all keys, to find what an older key marked."""
        return [_digest(key, purpose, value) for key in self._keys]


def _digest(key: bytes, purpose: str, value: str) -> str:
    return hmac.new(_derived(key, f"digest {purpose}"), value.encode(), hashlib.sha256).hexdigest()


def _derived(key: bytes, purpose: str) -> bytes:
    made: bytes = HKDF(SHA256(), KEY_BYTES, salt=None, info=f"halte {purpose}".encode()).derive(key)
    return made


def _cipher(key: bytes, organisation: str) -> AESGCM:
    return AESGCM(_derived(key, f"handover {organisation}"))


def _mark(key: bytes) -> bytes:
    """Tells which key sealed, without saying anything about it."""
    return hashlib.sha256(_derived(key, "mark")).digest()[:MARK_BYTES]


def new_key() -> str:
    """A fresh key, as it is written in the setting or the key file."""
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def read_keys(text: str) -> list[bytes]:
    """Keys from a setting or file: base64, one a line or comma separated."""
    try:
        return [base64.urlsafe_b64decode(part.encode()) for part in text.replace(",", "\n").split()]
    except (binascii.Error, UnicodeEncodeError, ValueError):
        raise KeyMissing("the desk key is not base64; `halte staff key` prints a usable one") from None


def open_vault() -> Vault:
    """The vault of the settings. Without a key it makes one, readable by its owner only."""
    given = settings().desk_key
    return Vault(read_keys(given if given else _from_file(settings().desk_key_file)))


def _from_file(path: Path) -> str:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii")
    with os.fdopen(handle, "w", encoding="ascii") as file:
        key = new_key()
        file.write(key + "\n")
    return key
