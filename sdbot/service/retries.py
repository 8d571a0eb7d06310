"""Trying again what did not reach Discord, without adding to its trouble."""

from __future__ import annotations

import random
from asyncio import Lock, sleep
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from sdbot.errors import DeliveryDelayed
from sdbot.jobs import Ticket
from sdbot.service.events import Event, Kind, Tell

# Seconds before each further try, the last again and again; each is up to a quarter longer.
DELAYS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
CHANCE = 0.25

_Result = TypeVar("_Result")


class Retries:
    """One line for all that has failed once: there is one try at a time, each time later.

    So Discord is asked no more often when many pictures are held up than when one is. Whoever
    fails again goes to the end, and holds up nobody who would not.
    """

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._turn = Lock()
        self._num_failed = 0  # in a row

    async def persist(self, ticket: Ticket, send: Callable[[], Awaitable[_Result]]) -> _Result:
        """What `send` returns, as soon as it does not raise `DeliveryDelayed`."""
        attempt = send
        while True:
            try:
                return await attempt()
            except DeliveryDelayed as error:
                self._tell(Event(Kind.DELAYED, ticket, error))
                attempt = partial(self._in_turn, send)

    async def _in_turn(self, send: Callable[[], Awaitable[_Result]]) -> _Result:
        async with self._turn:
            num_failed, self._num_failed = self._num_failed, 0
            delay = DELAYS[min(num_failed, len(DELAYS) - 1)]
            await sleep(delay * random.uniform(1, 1 + CHANCE))
            try:
                return await send()
            except DeliveryDelayed:
                self._num_failed = num_failed + 1
                raise
