"""News that is shown without flooding Discord."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Generic, TypeVar

from sdbot.errors import DeliveryDelayed, Undeliverable

_log = logging.getLogger(__name__)

_MAX_CLOSING_SECONDS = 3.0

_News = TypeVar("_News")


class Reporter(Generic[_News]):
    """Shows the newest of some news, at most once every `interval_seconds`.

    Its task starts with something to show and ends when there is nothing more, or nowhere to show
    it. `name` and `facts` stand in the log.
    """

    def __init__(
        self,
        name: str,
        show: Callable[[_News], Awaitable[None]],
        interval_seconds: float,
        **facts: object,
    ) -> None:
        self._name = name
        self._facts = facts
        self._show = show
        self._interval_seconds = interval_seconds
        self._newest: _News | None = None
        self._closed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def update(self, news: _News) -> None:
        """Show this next, instead of what was not shown yet."""
        if self._closed.is_set():
            return
        self._newest = news
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Show nothing more; what is under way has a moment to arrive, and no longer."""
        self._closed.set()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=_MAX_CLOSING_SECONDS)
            self._task.cancel()

    async def _run(self) -> None:
        while (news := self._newest) is not None and not self._closed.is_set():
            self._newest = None
            try:
                await self._show(news)
            except DeliveryDelayed as error:
                self._note(logging.INFO, "not shown", error)
            except Undeliverable as error:
                self._note(logging.INFO, "shown no more", error)
                self._closed.set()
            except Exception as error:
                self._note(logging.ERROR, "shown no more", error, exc_info=error)
                self._closed.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closed.wait(), self._interval_seconds)

    def _note(
        self, level: int, what: str, error: Exception, exc_info: Exception | None = None
    ) -> None:
        facts = {**self._facts, "error": repr(error)}
        _log.log(level, "%s is %s", self._name, what, extra=facts, exc_info=exc_info)
