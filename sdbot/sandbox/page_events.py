"""News for the open pages: WS /sandbox/events, whose messages `page_api` documents."""

import json

from aiohttp import WSCloseCode, web

from sdbot.sandbox.documents import Document
from sdbot.sandbox.outgoing import Outgoing

# A page that is gone does not answer the close.
CLOSE_SECONDS = 1


class PageEvents:
    """The pages that are open now; one that opens later asks for the state."""

    def __init__(self) -> None:
        self._open: dict[web.WebSocketResponse, tuple[str, Outgoing]] = {}

    def publish(self, type: str, to: str | None = None, **fields: object) -> None:
        """Tell every open page, or those of one person."""
        for person_id, outgoing in self._open.values():
            if to in (None, person_id):
                outgoing.send({"type": type, **fields})

    async def serve(self, request: web.Request, person_id: str) -> web.WebSocketResponse:
        """Stay until the page of a person goes. What it sends is not read."""
        socket = web.WebSocketResponse(heartbeat=30, timeout=CLOSE_SECONDS)
        await socket.prepare(request)

        async def write(document: Document) -> None:
            await socket.send_str(json.dumps(document))

        async with Outgoing(write) as outgoing:
            self._open[socket] = person_id, outgoing
            try:
                async for _ in socket:
                    pass
            finally:
                del self._open[socket]
        return socket

    async def close(self) -> None:
        for socket in list(self._open):
            await socket.close(code=WSCloseCode.GOING_AWAY)
