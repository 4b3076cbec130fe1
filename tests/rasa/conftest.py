"""Marks of the tests of this folder."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: starts Rasa itself several times; a few minutes on a small machine")
