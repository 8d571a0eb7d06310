"""Progress that is shown without flooding Discord."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from sdbot.errors import DeliveryError
from sdbot.jobs import Job, Progress
from sdbot.service.delivery import Delivery

_log = logging.getLogger(__name__)


class ProgressReporter:
    """Shows the newest progress of one job, at most once every `interval_seconds`.

    Its task starts with something to show and ends when there is nothing more.
    """

    def __init__(self, job: Job, delivery: Delivery, interval_seconds: float) -> None:
        self._job = job
        self._delivery = delivery
        self._interval_seconds = interval_seconds
        self._newest: Progress | None = None
        self._closed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def update(self, progress: Progress) -> None:
        """Show this next, instead of what was not shown yet."""
        if self._closed.is_set():
            return
        self._newest = progress
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._show())

    async def close(self) -> None:
        """Show nothing more; return when what is under way has been shown."""
        self._newest = None
        self._closed.set()
        if self._task is not None:
            await self._task

    async def _show(self) -> None:
        while (progress := self._newest) is not None:
            self._newest = None
            try:
                await self._delivery.show_progress(self._job, progress)
            except DeliveryError as error:
                _log.info("job %d: progress not shown: %s", self._job.id, error)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closed.wait(), self._interval_seconds)
