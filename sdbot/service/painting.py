"""From the line to the engine, one job at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from typing import Self

from sdbot.engines.base import Engine
from sdbot.errors import (
    Cancelled,
    ModelUnavailable,
    PaintingFailed,
    PictureGone,
    SdbotError,
)
from sdbot.jobs import Job, Status, Stepping, Waiting
from sdbot.pictures import PictureStore
from sdbot.queue import JobQueue
from sdbot.service.outbox import Outbox

_log = logging.getLogger(__name__)

# Who is further back reads of their place when they ask, and again when they come this near.
PLACES_SHOWN = 5


class Painting:
    """Paints while jobs are waiting; its task starts with work and ends with the line.

    `show_status` is called whenever the line has moved.
    """

    def __init__(
        self,
        queue: JobQueue,
        engine: Engine,
        pictures: PictureStore,
        outbox: Outbox,
        show_status: Callable[[Status], None],
    ) -> None:
        self._queue = queue
        self._engine = engine
        self._pictures = pictures
        self._outbox = outbox
        self._show_status = show_status
        self._is_loaded: bool | None = None
        self._is_closed = False
        self._task: asyncio.Task[None] | None = None
        self._picture: asyncio.Task[list[bytes]] | None = None

    async def load(self) -> None:
        """Get the engine ready, and paint what is waiting. Raises what `Engine.load` raises."""
        self._tell()
        try:
            await self._engine.load()
        except Exception:
            self._is_loaded = False
            self._fail_all(ModelUnavailable())
            raise
        self._is_loaded = True
        self._go_on()
        self._tell()

    def add(self, job: Job) -> None:
        """Put a job in the line and see that it is painted; where it is not, its owner is told."""
        if self._is_closed:
            self._outbox.pause(job)
            return
        if self._is_loaded is False:
            self._outbox.explain(job, ModelUnavailable())
            return
        self._queue.put(job)
        if not self._go_on():
            self._outbox.show(job, Waiting(place=len(self._queue)))
        self._tell()

    def cancel(self, job: Job) -> None:
        """End a job that waits or is being painted; its owner is told."""
        if job is self._queue.current:
            if self._picture is not None:
                self._picture.cancel()
            return
        self._queue.remove(job)
        self._outbox.explain(job, Cancelled())
        self._tell()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Stop between two steps. Jobs that are not painted keep their places in the store."""
        self._is_closed = True
        unfinished = [job for job in (self._queue.current, *self._queue) if job]
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        for job in unfinished:
            self._outbox.pause(job)

    def _fail_all(self, failure: SdbotError) -> None:
        """Nothing will be painted; everybody in the line is told."""
        while (job := self._queue.take()) is not None:
            self._outbox.explain(job, failure)
        self._tell()

    def _tell(self) -> None:
        self._show_status(
            Status(
                is_loaded=self._is_loaded,
                is_painting=self._queue.current is not None,
                num_waiting=len(self._queue),
            )
        )

    def _go_on(self) -> bool:
        """Whether the line was at rest and moves now."""
        if not self._is_loaded or (self._task is not None and not self._task.done()):
            return False
        self._task = asyncio.create_task(self._run())
        return True

    async def _run(self) -> None:
        while (job := self._queue.take()) is not None:
            self._tell()
            for place, waiting in enumerate(islice(self._queue, PLACES_SHOWN), 1):
                self._outbox.show(waiting, Waiting(place=place))
            await self._paint(job)
        self._tell()

    async def _paint(self, job: Job) -> None:
        self._picture = asyncio.create_task(self._painted(job))
        try:
            pictures = await self._picture
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task and task.cancelling():
                raise
            self._outbox.explain(job, Cancelled())
        except Exception as error:
            _log.exception("job %d: painting failed", job.id)
            failure = error if isinstance(error, SdbotError) else PaintingFailed(repr(error))
            self._outbox.explain(job, failure)
        else:
            self._outbox.deliver(job, pictures)

    async def _painted(self, job: Job) -> list[bytes]:
        def on_step(done: int, num_steps: int) -> None:
            self._outbox.show(job, Stepping(done=done, num_steps=num_steps))

        order = job.order
        on_step(0, order.recipe.sampling.num_steps)
        source = None
        if order.recipe.source is not None:
            source = await self._pictures.find(order.recipe.source.image)
            if source is None:
                raise PictureGone
        return await self._engine.paint(order, source, on_step)
