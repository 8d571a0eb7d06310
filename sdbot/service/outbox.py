"""All that goes out to members: progress, pictures and bad news, each until it has arrived."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain, repeat
from typing import Any, Self, TypeVar

from sdbot.errors import DeliveryDelayed, DeliveryError, SdbotError, Undeliverable
from sdbot.jobs import Job, Paused, Progress
from sdbot.service.delivery import Delivery
from sdbot.service.progress import Reporter
from sdbot.store import Store

_log = logging.getLogger(__name__)

# Seconds before each further try, the last again and again; each is a little longer by chance.
RETRY_DELAYS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
PROGRESS_INTERVAL_SECONDS = 2.0
MAX_CLOSING_SECONDS = 5.0

_Result = TypeVar("_Result")


class Outbox:
    """Delivers in the background, while the next picture is being painted."""

    def __init__(
        self,
        store: Store,
        delivery: Delivery,
        *,
        retry_delays: tuple[float, ...] = RETRY_DELAYS,
        progress_interval_seconds: float = PROGRESS_INTERVAL_SECONDS,
    ) -> None:
        self._store = store
        self._delivery = delivery
        self._retry_delays = retry_delays
        self._progress_interval_seconds = progress_interval_seconds
        self._reporters: dict[int, Reporter[Progress]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def show(self, job: Job, progress: Progress) -> None:
        """Say how far a job is, soon."""
        if job.id not in self._reporters:
            self._reporters[job.id] = Reporter(
                f"job {job.id}",
                partial(self._delivery.show_progress, job),
                self._progress_interval_seconds,
            )
        self._reporters[job.id].update(progress)

    def deliver(self, job: Job, pictures: list[bytes]) -> None:
        """Post a job's pictures."""
        self._start(self._deliver(job, pictures))

    def explain(self, job: Job, failure: SdbotError) -> None:
        """Tell a job's owner that it failed."""
        self._start(self._explain(job, failure))

    def pause(self, job: Job) -> None:
        """Tell a job's owner that it goes on after a restart."""
        self._start(self._pause(job))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Wait a while for what is under way; what is late is painted again after a restart."""
        closing = [asyncio.create_task(one.close()) for one in self._reporters.values()]
        if pending := {*self._tasks, *closing}:
            _done, late = await asyncio.wait(pending, timeout=MAX_CLOSING_SECONDS)
            for task in late:
                task.cancel()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, job: Job, pictures: list[bytes]) -> None:
        with _logged(job):
            try:
                message_id = await self._persist(lambda: self._delivery.post(job, pictures))
            except Undeliverable as error:
                await self._explain(job, error)
                return
            await self._store.mark_delivered(job, message_id)
            _log.info("job %d: delivered", job.id)
            await self._end_progress(job)
            await self._persist(lambda: self._delivery.show_delivered(job, message_id))

    async def _explain(self, job: Job, failure: SdbotError) -> None:
        with _logged(job):
            await self._store.mark_failed(job, repr(failure))
            _log.warning("job %d: failed: %r", job.id, failure)
            await self._end_progress(job)
            await self._persist(lambda: self._delivery.show_failed(job, failure))

    async def _pause(self, job: Job) -> None:
        with _logged(job):
            await self._end_progress(job)
            await self._delivery.show_progress(job, Paused())

    async def _end_progress(self, job: Job) -> None:
        """What the progress message says from now on is the last word."""
        if reporter := self._reporters.pop(job.id, None):
            await reporter.close()

    async def _persist(self, send: Callable[[], Awaitable[_Result]]) -> _Result:
        for delay in chain(self._retry_delays, repeat(self._retry_delays[-1])):
            try:
                return await send()
            except DeliveryDelayed as error:
                _log.info("trying again in about %g s: %s", delay, error)
                await asyncio.sleep(delay * random.uniform(1, 1.25))
        raise AssertionError("the delays never end")


@contextmanager
def _logged(job: Job) -> Iterator[None]:
    """Nobody awaits the tasks of the outbox, so what they raise ends in the log."""
    try:
        yield
    except DeliveryError as error:
        _log.error("job %d: not delivered: %s", job.id, error)
    except Exception:
        _log.exception("job %d: not delivered", job.id)
