"""From the line to the engine, one job at a time."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from itertools import islice
from typing import Self

from sdbot.engines.base import Engine
from sdbot.jobs import Job, Stepping, Waiting
from sdbot.queue import JobQueue
from sdbot.service.outbox import Outbox

_log = logging.getLogger(__name__)

# Who is further back reads of their place when they ask, and again when they come this near.
PLACES_SHOWN = 5


class Painting:
    """Paints while jobs are waiting; its task starts with work and ends with the line."""

    def __init__(self, queue: JobQueue, engine: Engine, outbox: Outbox) -> None:
        self._queue = queue
        self._engine = engine
        self._outbox = outbox
        self._task: asyncio.Task[None] | None = None

    def add(self, job: Job) -> None:
        """Put a job in the line and see that it is painted."""
        self._queue.put(job)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        else:
            self._outbox.show(job, Waiting(place=len(self._queue)))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Stop between two steps. Jobs that are not painted stay in the store."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while (job := self._queue.take()) is not None:
            for place, waiting in enumerate(islice(self._queue, PLACES_SHOWN), 1):
                self._outbox.show(waiting, Waiting(place=place))
            await self._paint(job)

    async def _paint(self, job: Job) -> None:
        def on_step(done: int, num_steps: int) -> None:
            self._outbox.show(job, Stepping(done=done, num_steps=num_steps))

        on_step(0, job.recipe.sampling.num_steps)
        try:
            picture = await self._engine.paint(job.recipe, on_step)
        except Exception as error:
            _log.exception("job %d: painting failed", job.id)
            self._outbox.explain(job, f"painting failed: {error!r}")
        else:
            self._outbox.deliver(job, picture)
