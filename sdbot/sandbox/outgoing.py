"""One WebSocket's way out."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from functools import partial

from sdbot.sandbox.documents import Document

Write = Callable[[Document], Awaitable[None]]


class Outgoing:
    """Sends in order and from one task, so that who has news never waits for a slow reader.

    Used as a context: the task lives as long as the block does.
    """

    def __init__(self, write: Write) -> None:
        self._write = write
        self._waiting: asyncio.Queue[Callable[[], Awaitable[object]]] = asyncio.Queue()
        self._is_ending = False

    def send(self, document: Document) -> None:
        if not self._is_ending:
            self._waiting.put_nowait(partial(self._write, document))

    def end_with(self, act: Callable[[], Awaitable[object]]) -> None:
        """Do this after all that waits, and nothing after it; the block's end waits for it."""
        if not self._is_ending:
            self._waiting.put_nowait(act)
            self._is_ending = True

    async def __aenter__(self) -> "Outgoing":
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *exception: object) -> None:
        if not self._is_ending:
            self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        with contextlib.suppress(ConnectionError):
            while not self._is_ending or not self._waiting.empty():
                await (await self._waiting.get())()
