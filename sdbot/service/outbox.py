"""All that goes out to members: progress, pictures and bad news, each until it has arrived."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, Self

from sdbot.errors import SdbotError, Undeliverable
from sdbot.jobs import Job, Paused, Posted, Progress, Ticket
from sdbot.service.delivery import Delivery
from sdbot.service.events import Event, Kind, Tell, log
from sdbot.service.progress import Reporter
from sdbot.service.retries import Retries
from sdbot.store import Store

PROGRESS_INTERVAL_SECONDS = 2.0
MAX_CLOSING_SECONDS = 5.0


class Outbox:
    """Delivers in the background, while the next picture is being painted."""

    def __init__(
        self,
        store: Store,
        delivery: Delivery,
        tell: Tell = log,
        *,
        progress_interval_seconds: float = PROGRESS_INTERVAL_SECONDS,
    ) -> None:
        self._store = store
        self._delivery = delivery
        self._tell = tell
        self._retries = Retries(tell)
        self._progress_interval_seconds = progress_interval_seconds
        self._reporters: dict[int, Reporter[Progress]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def show(self, job: Job, progress: Progress) -> None:
        """Say how far a job is, soon."""
        if job.id not in self._reporters:
            self._reporters[job.id] = Reporter(
                "progress",
                partial(self._delivery.show_progress, job),
                self._progress_interval_seconds,
                job=job.id,
            )
        self._reporters[job.id].update(progress)

    def deliver(self, job: Job, pictures: list[bytes]) -> None:
        """Post a job's pictures."""
        self._start(job, self._deliver(job, pictures))

    def explain(self, job: Job, failure: SdbotError) -> None:
        """Tell a job's owner that it failed."""
        self._start(job, self._explain(job, failure))

    def repeat_end(self, ticket: Ticket, end: Posted | SdbotError) -> None:
        """Tell the owner of a job how it ended before a restart."""
        if isinstance(end, Posted):
            self._start(ticket, self._show_delivered(ticket, end))
        else:
            self._start(ticket, self._show_failed(ticket, end))

    async def is_delivered(self, job: Job) -> bool:
        """Whether a job's pictures stand in Discord already; if so, its owner is told.

        False where that cannot be found out yet: they are looked for again before they are posted.
        """
        try:
            posted = await self._find(job)
        except Exception as error:
            self._tell(Event(Kind.DELAYED, job, error))
            return False
        if posted:
            self._start(job, self._end(job, posted))
        return posted is not None

    def pause(self, job: Job) -> None:
        """Tell a job's owner that it goes on after a restart."""
        self._start(job, self._pause(job))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Wait a while for what is under way; what is late is painted again after a restart."""
        closing = [asyncio.create_task(one.close()) for one in self._reporters.values()]
        if pending := {*self._tasks, *closing}:
            _done, late = await asyncio.wait(pending, timeout=MAX_CLOSING_SECONDS)
            for task in late:
                task.cancel()

    def _start(self, ticket: Ticket, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._told(ticket, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, job: Job, pictures: list[bytes]) -> None:
        try:
            posted = await self._retries.persist(job, lambda: self._post(job, pictures))
        except Undeliverable as error:
            await self._explain(job, error)
        else:
            await self._end(job, posted)

    async def _post(self, job: Job, pictures: list[bytes]) -> Posted:
        """One try; what an earlier one may have posted is looked for first."""
        if posted := await self._find(job):
            return posted
        await self._store.mark_tried(job)
        return await self._delivery.post(job, pictures)

    async def _find(self, job: Job) -> Posted | None:
        return await self._delivery.find(job) if await self._store.is_tried(job) else None

    async def _end(self, job: Job, posted: Posted) -> None:
        await self._store.mark_delivered(job, posted)
        self._tell(Event(Kind.DELIVERED, job))
        await self._show_delivered(job, posted)

    async def _explain(self, job: Job, failure: SdbotError) -> None:
        """Unless its pictures stand there all the same: the answer to a try may have been lost."""
        if posted := await self._retries.persist(job, lambda: self._find(job)):
            await self._end(job, posted)
            return
        await self._store.mark_failed(job, failure)
        self._tell(Event(Kind.FAILED, job, failure))
        await self._show_failed(job, failure)

    async def _show_delivered(self, ticket: Ticket, posted: Posted) -> None:
        await self._show_end(ticket, lambda: self._delivery.show_delivered(ticket, posted))

    async def _show_failed(self, ticket: Ticket, failure: SdbotError) -> None:
        await self._show_end(ticket, lambda: self._delivery.show_failed(ticket, failure))

    async def _show_end(self, ticket: Ticket, show: Callable[[], Awaitable[None]]) -> None:
        """Until it is shown or cannot be, whatever restarts lie between."""
        await self._end_progress(ticket)
        try:
            await self._retries.persist(ticket, show)
        except Undeliverable as error:
            self._tell(Event(Kind.NOT_DELIVERED, ticket, error))
        await self._store.mark_told(ticket)

    async def _pause(self, job: Job) -> None:
        self._tell(Event(Kind.PAUSED, job))
        await self._end_progress(job)
        await self._delivery.show_progress(job, Paused())

    async def _end_progress(self, ticket: Ticket) -> None:
        """What the progress message says from now on is the last word."""
        if reporter := self._reporters.pop(ticket.id, None):
            await reporter.close()

    async def _told(self, ticket: Ticket, work: Coroutine[Any, Any, None]) -> None:
        """Nobody awaits the tasks of the outbox, so what they raise is told."""
        try:
            await work
        except Exception as error:
            self._tell(Event(Kind.NOT_DELIVERED, ticket, error))
