"""From the line to the engine, one job at a time."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Self

from sdbot.engines.base import Engine
from sdbot.jobs import Job, Stepping, Waiting
from sdbot.queue import JobQueue
from sdbot.service.delivery import Delivery
from sdbot.service.outbox import Outbox
from sdbot.service.progress import ProgressReporter

_log = logging.getLogger(__name__)

PROGRESS_INTERVAL_SECONDS = 2.0


class Painting:
    """Paints while jobs are waiting; its task starts with work and ends with the line."""

    def __init__(
        self,
        queue: JobQueue,
        engine: Engine,
        delivery: Delivery,
        outbox: Outbox,
        progress_interval_seconds: float = PROGRESS_INTERVAL_SECONDS,
    ) -> None:
        self._queue = queue
        self._engine = engine
        self._delivery = delivery
        self._outbox = outbox
        self._interval_seconds = progress_interval_seconds
        self._reporters: dict[int, ProgressReporter] = {}
        self._task: asyncio.Task[None] | None = None

    def add(self, job: Job) -> None:
        """Put a job in the line and see that it is painted."""
        self._queue.put(job)
        self._reporters[job.id] = ProgressReporter(job, self._delivery, self._interval_seconds)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        else:
            self._show_places()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Stop between two steps. Jobs that are not painted stay in the store."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        for reporter in self._reporters.values():
            await reporter.close()

    async def _run(self) -> None:
        while (job := self._queue.take()) is not None:
            self._show_places()
            await self._paint(job)

    async def _paint(self, job: Job) -> None:
        reporter = self._reporters[job.id]

        def on_step(done: int, num_steps: int) -> None:
            reporter.update(Stepping(done=done, num_steps=num_steps))

        on_step(0, job.recipe.sampling.num_steps)
        try:
            picture = await self._engine.paint(job.recipe, on_step)
        except Exception as error:
            _log.exception("job %d: painting failed", job.id)
            await self._close_reporter(job)
            self._outbox.explain(job, f"painting failed: {error!r}")
        else:
            await self._close_reporter(job)
            self._outbox.deliver(job, picture)

    async def _close_reporter(self, job: Job) -> None:
        await self._reporters.pop(job.id).close()

    def _show_places(self) -> None:
        for place, job in enumerate(self._queue, 1):
            self._reporters[job.id].update(Waiting(place=place))
