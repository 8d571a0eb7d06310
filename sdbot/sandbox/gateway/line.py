"""One client's WebSocket."""

import json
import zlib
from collections.abc import AsyncIterator
from functools import partial

from aiohttp import WSMsgType, web

from sdbot.sandbox.documents import Document
from sdbot.sandbox.outgoing import Outgoing, Write

# A client that is gone does not answer the close.
CLOSE_SECONDS = 1


class Line:
    """Frames out in order, frames in as they come; the server may close it or cut it.

    Used as a context, in which it can send. `goodbye` is the code with which the client closed,
    None while it has not or when the server was first.
    """

    def __init__(self, request: web.Request) -> None:
        self._request = request
        self._socket = web.WebSocketResponse(compress=False, timeout=CLOSE_SECONDS)
        self._outgoing = Outgoing(_writer(self._socket, request.query.get("compress")))
        self._is_ours_to_close = False
        self.goodbye: int | None = None

    async def prepare(self) -> web.WebSocketResponse:
        await self._socket.prepare(self._request)
        return self._socket

    async def __aenter__(self) -> "Line":
        await self._outgoing.__aenter__()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._outgoing.__aexit__(*exception)

    async def frames(self) -> AsyncIterator[bytes]:
        """Those of text and the binary ones alike, until the line is closed."""
        async for frame in self._socket:
            if frame.type is WSMsgType.TEXT:
                yield frame.data.encode()
            elif frame.type is WSMsgType.BINARY:
                yield frame.data
        if not self._is_ours_to_close:
            self.goodbye = self._socket.close_code

    def send(self, frame: Document) -> None:
        self._outgoing.send(frame)

    def close(self, code: int) -> None:
        """After what was sent before."""
        self._is_ours_to_close = True
        self._outgoing.end_with(partial(self._socket.close, code=code))

    def cut(self) -> None:
        """As a broken cable would."""
        if self._request.transport:
            self._request.transport.abort()


def _writer(socket: web.WebSocketResponse, compress: str | None) -> Write:
    """Sends JSON as text, or as one zlib stream where the client asked for it."""
    if compress != "zlib-stream":

        async def write(document: Document) -> None:
            await socket.send_str(json.dumps(document))

        return write

    compressor = zlib.compressobj()

    async def write_compressed(document: Document) -> None:
        data = compressor.compress(json.dumps(document).encode())
        await socket.send_bytes(data + compressor.flush(zlib.Z_SYNC_FLUSH))

    return write_compressed
