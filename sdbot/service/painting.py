"""From the line to the engine, one job at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Self

from sdbot.engines.base import Engine
from sdbot.errors import (
    Cancelled,
    DiedTwice,
    EngineWedged,
    ModelGone,
    ModelUnavailable,
    OutOfMemory,
    PaintingFailed,
    PictureGone,
    SdbotError,
)
from sdbot.jobs import Job, Loading, Status, Stepping
from sdbot.pictures import PictureStore
from sdbot.queue import JobQueue
from sdbot.service.estimates import Estimates
from sdbot.service.events import Event, Kind, Tell, log
from sdbot.service.models import Models
from sdbot.service.one_by_one import paint_one_by_one
from sdbot.service.outbox import Outbox
from sdbot.service.places import Places
from sdbot.store import Store

# A job with which the process has died so often is not painted again.
MAX_DEATHS = 2


class Painting:
    """Paints while jobs are waiting; its task starts with work and ends with the line.

    `show_status` is called whenever the line has moved.
    """

    def __init__(
        self,
        models: Models,
        queue: JobQueue,
        engine: Engine,
        pictures: PictureStore,
        store: Store,
        outbox: Outbox,
        show_status: Callable[[Status], None],
        tell: Tell = log,
    ) -> None:
        self._models = models
        self._queue = queue
        self._engine = engine
        self._pictures = pictures
        self._store = store
        self._outbox = outbox
        self._estimates = Estimates(store)
        self._show_status = show_status
        self._tell_of = tell
        self.places = Places(queue, self._estimates, outbox)
        self._is_loaded: bool | None = None
        self._is_closed = False
        self._wedged: asyncio.Future[None] = asyncio.Future()
        self._task: asyncio.Task[None] | None = None
        self._picture: asyncio.Task[tuple[Job, list[bytes]]] | None = None

    async def load(self) -> None:
        """Load the default model, and paint what is waiting. Raises what `Engine.load` raises."""
        self._moved()
        try:
            await self._engine.load(self._models.default, self._models.now.library)
        except EngineWedged as error:
            self._wedge(error)
            raise
        except Exception:
            self._is_loaded = False
            self._fail_all(ModelUnavailable())
            raise
        self._is_loaded = self.places.has_times = True
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
            self.places.show()
        self._tell()

    async def cancel(self, job: Job) -> None:
        """End a job that waits or is being painted; its owner is told."""
        if job is self._queue.current:
            if self._picture is not None:
                self._picture.cancel()
            return
        self._outbox.explain(job, Cancelled())
        await self.leave_out(job)

    async def leave_out(self, job: Job) -> None:
        """Take a waiting job out of the line; the member's later ones move up for good."""
        moved = self._queue.remove(job)
        self._moved()
        await self._store.keep_turns(moved)

    async def until_wedged(self) -> None:
        """Wait as long as the engine works. Raises `EngineWedged`; jobs keep their places."""
        await asyncio.shield(self._wedged)

    async def __aenter__(self) -> Self:
        await self._estimates.load()
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
        await self._estimates.close()

    def _fail_all(self, failure: SdbotError) -> None:
        """Nothing will be painted; everybody in the line is told."""
        while (job := self._queue.take()) is not None:
            self._outbox.explain(job, failure)
        self._tell()

    async def _fail_those_of(self, model: str) -> None:
        """What waits for a model that is gone is not waited for."""
        for job in self._queue:
            waiting = self._queue.find(job.id)
            if waiting and job.order.recipe.model == model:
                self._outbox.explain(waiting, ModelGone())
                await self.leave_out(waiting)

    def _wedge(self, error: EngineWedged) -> None:
        self._is_closed = True
        self._wedged.set_exception(error)

    def _moved(self) -> None:
        self.places.show()
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
        while not self._is_closed and (job := self._queue.take()) is not None:
            self._tell()
            await self._paint(job)
        self._tell()

    async def _paint(self, job: Job) -> None:
        self._picture = asyncio.create_task(self._painted(job))
        try:
            with self._estimates.painting(job):
                self.places.show()
                painted, pictures = await self._picture
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task and task.cancelling():
                raise
            self._outbox.explain(job, Cancelled())
        except EngineWedged as error:
            self._tell_of(Event(Kind.NOT_PAINTED, job, error))
            self._wedge(error)
        except Exception as error:
            self._tell_of(Event(Kind.NOT_PAINTED, job, error))
            if isinstance(error, ModelGone):
                await self._fail_those_of(job.order.recipe.model)
            failure = error if isinstance(error, SdbotError) else PaintingFailed(repr(error))
            self._outbox.explain(job, failure)
        else:
            self._tell_of(Event(Kind.PAINTED, job))
            self._outbox.deliver(painted, pictures)

    async def _painted(self, job: Job) -> tuple[Job, list[bytes]]:
        """The job as it was painted, and its pictures."""
        async with self._store.painting(job) as num_deaths:
            if num_deaths >= MAX_DEATHS:
                raise DiedTwice
            return await self._pictures_of(job)

    async def _pictures_of(self, job: Job) -> tuple[Job, list[bytes]]:
        def on_step(done: int, num_steps: int) -> None:
            self._tell_of(Event(Kind.STEPPED if done else Kind.BEGUN, job))
            self._outbox.show(job, Stepping(done=done, num_steps=num_steps))

        order = job.order
        await self._get_ready(job)
        on_step(0, order.recipe.num_calls)
        source = None
        if order.recipe.source is not None:
            source = await self._pictures.find(order.recipe.source.image)
            if source is None:
                raise PictureGone
        try:
            return job, await self._engine.paint(order, source, on_step)
        except OutOfMemory:
            if order.count == 1:
                raise
        pictures = await paint_one_by_one(self._engine, order, source, on_step)
        return replace(job, order=replace(order, is_one_by_one=True)), pictures

    async def _get_ready(self, job: Job) -> None:
        """Have the engine paint with the job's model. Raises `ModelGone`."""
        model = await self._models.find(job.order.recipe.model)
        is_loaded = self._engine.has_loaded(model)
        if not is_loaded:
            self._outbox.show(job, Loading(self._models.now.name_of(model.content_hash)))
        try:
            await self._engine.load(model, self._models.now.library)
        except EngineWedged:
            raise
        except Exception as error:
            self._models.hide(model, error)
            raise ModelGone from error
        if not is_loaded:
            self._estimates.begin_anew(job)
