"""Events that discord.py cannot read."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import discord

_log = logging.getLogger(__name__)

_Parse = Callable[[Any], None]


def leave_unreadable_events(client: discord.Client) -> None:
    """Let such an event be logged and left; discord.py would end the connection (its `connect`).

    All but READY, without which a connection is worth nothing.
    """
    parsers = client._connection.parsers
    for name, parse in parsers.items():
        if name != "READY":
            parsers[name] = _forgiving(name, parse)


def _forgiving(name: str, parse: _Parse) -> _Parse:
    def parse_or_leave(data: Any) -> None:
        try:
            parse(data)
        except Exception:
            _log.exception("%s cannot be read and is left", name)

    return parse_or_leave
