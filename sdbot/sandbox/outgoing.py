"""One WebSocket's way out."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from sdbot.sandbox.documents import Document

Write = Callable[[Document], Awaitable[None]]


class Outgoing:
    """Sends in order and from one task, so that who has news never waits for a slow reader.

    Used as a context: the task lives as long as the block does.
    """

    def __init__(self, write: Write) -> None:
        self._write = write
        self._waiting: asyncio.Queue[Document] = asyncio.Queue()

    def send(self, document: Document) -> None:
        self._waiting.put_nowait(document)

    async def __aenter__(self) -> "Outgoing":
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                await self._write(await self._waiting.get())
