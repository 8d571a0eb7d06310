"""Deliver until delivered."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Self, TypeVar

from sdbot.errors import DeliveryDelayed, DeliveryError, Undeliverable
from sdbot.jobs import Job
from sdbot.service.delivery import Delivery
from sdbot.store import Store

_log = logging.getLogger(__name__)

# Seconds before each further try: about two minutes in all, each a little longer by chance.
RETRY_DELAYS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
MAX_CLOSING_SECONDS = 5.0

_Result = TypeVar("_Result")


class Outbox:
    """Brings pictures and bad news to their owners while the next picture is being painted."""

    def __init__(
        self, store: Store, delivery: Delivery, retry_delays: tuple[float, ...] = RETRY_DELAYS
    ) -> None:
        self._store = store
        self._delivery = delivery
        self._retry_delays = retry_delays
        self._tasks: set[asyncio.Task[None]] = set()

    def deliver(self, job: Job, picture: bytes) -> None:
        """Post a job's picture, in the background."""
        self._start(self._deliver(job, picture))

    def explain(self, job: Job, failure: str) -> None:
        """Tell a job's owner that it failed, in the background; `failure` is for the operator."""
        self._start(self._explain(job, failure))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Wait a while for what is under way; what is late is painted again after a restart."""
        if self._tasks:
            _done, late = await asyncio.wait(self._tasks, timeout=MAX_CLOSING_SECONDS)
            for task in late:
                task.cancel()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, job: Job, picture: bytes) -> None:
        with _logged(job):
            try:
                message_id = await self._persist(lambda: self._delivery.post(job, picture))
            except Undeliverable as error:
                await self._explain(job, f"undeliverable: {error}")
                return
            await self._store.mark_delivered(job, message_id)
            _log.info("job %d: delivered", job.id)
            await self._persist(lambda: self._delivery.show_delivered(job, message_id))

    async def _explain(self, job: Job, failure: str) -> None:
        with _logged(job):
            await self._store.mark_failed(job, failure)
            _log.warning("job %d: failed: %s", job.id, failure)
            await self._persist(lambda: self._delivery.show_failed(job))

    async def _persist(self, send: Callable[[], Awaitable[_Result]]) -> _Result:
        for delay in self._retry_delays:
            try:
                return await send()
            except DeliveryDelayed as error:
                _log.info("trying again in about %g s: %s", delay, error)
                await asyncio.sleep(delay * random.uniform(1, 1.25))
        return await send()


@contextmanager
def _logged(job: Job) -> Iterator[None]:
    """Nobody awaits the tasks of the outbox, so what they raise ends in the log."""
    try:
        yield
    except DeliveryError as error:
        _log.error("job %d: not delivered: %s", job.id, error)
    except Exception:
        _log.exception("job %d: not delivered", job.id)
