"""An engine that is not waited for without end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from diffusion.adapters.library import Library
from diffusion.info import ModelInfo
from sdbot.engines.base import Engine, OnStep
from sdbot.errors import EngineWedged
from sdbot.jobs import Order

# The first step of a new size is slow, for it is traced; a busy machine makes any step slow.
SLOWER_THAN_EVER = 10
# Gigabytes from a slow disk, and the tracing of a large model, take minutes.
MAX_LOADING_SECONDS = 1800


class WatchedEngine:
    """An `Engine` that says when another one hangs.

    A step may take ten times as long as the slowest so far, and `least_seconds` at any rate; to get
    ready it has half an hour.
    """

    def __init__(self, engine: Engine, least_seconds: float) -> None:
        self._engine = engine
        self._least_seconds = least_seconds
        self._slowest_seconds = 0.0

    @property
    def dtype(self) -> str:
        """As `Engine.dtype`."""
        return self._engine.dtype

    async def prepare(self) -> None:
        """As `Engine.prepare`. Raises `EngineWedged`."""
        await _in_time(self._engine.prepare())

    def has_loaded(self, model: ModelInfo) -> bool:
        """As `Engine.has_loaded`."""
        return self._engine.has_loaded(model)

    async def load(self, model: ModelInfo, library: Library) -> None:
        """As `Engine.load`. Raises `EngineWedged`."""
        await _in_time(self._engine.load(model, library))

    async def paint(self, order: Order, source: bytes | None, on_step: OnStep) -> list[bytes]:
        """As `Engine.paint`. Raises `EngineWedged`; the thread that hangs cannot be ended."""
        clock = asyncio.get_running_loop().time
        began_at = clock()

        def step() -> None:
            nonlocal began_at
            now = clock()
            self._slowest_seconds = max(self._slowest_seconds, now - began_at)
            began_at = now

        def on_step_in_time(done: int, num_steps: int) -> None:
            step()
            deadline.reschedule(began_at + self._limit)
            on_step(done, num_steps)

        try:
            async with asyncio.timeout(self._limit) as deadline:
                pictures = await self._engine.paint(order, source, on_step_in_time)
        except TimeoutError as error:
            if not deadline.expired():
                raise
            raise EngineWedged(self._limit) from error
        step()
        return pictures

    @property
    def _limit(self) -> float:
        return max(self._least_seconds, SLOWER_THAN_EVER * self._slowest_seconds)


async def _in_time(getting_ready: Coroutine[Any, Any, None]) -> None:
    try:
        async with asyncio.timeout(MAX_LOADING_SECONDS) as deadline:
            await getting_ready
    except TimeoutError as error:
        if not deadline.expired():
            raise
        raise EngineWedged(MAX_LOADING_SECONDS, "no model was loaded") from error
