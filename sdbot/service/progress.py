"""Progress that is shown without flooding Discord."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from sdbot.errors import DeliveryDelayed, Undeliverable
from sdbot.jobs import Job, Progress
from sdbot.service.delivery import Delivery

_log = logging.getLogger(__name__)

_MAX_CLOSING_SECONDS = 3.0


class ProgressReporter:
    """Shows the newest progress of one job, at most once every `interval_seconds`.

    Its task starts with something to show and ends when there is nothing more, or nowhere to show
    it.
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
        """Show nothing more; what is under way has a moment to arrive, and no longer."""
        self._closed.set()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=_MAX_CLOSING_SECONDS)
            self._task.cancel()

    async def _show(self) -> None:
        while (progress := self._newest) is not None and not self._closed.is_set():
            self._newest = None
            try:
                await self._delivery.show_progress(self._job, progress)
            except DeliveryDelayed as error:
                _log.info("job %d: progress not shown: %s", self._job.id, error)
            except Undeliverable as error:
                _log.info("job %d: progress shown no more: %s", self._job.id, error)
                self._closed.set()
            except Exception:
                _log.exception("job %d: progress shown no more", self._job.id)
                self._closed.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closed.wait(), self._interval_seconds)
