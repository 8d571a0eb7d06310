"""The one address to which bots connect."""

import logging
from collections.abc import Callable

from aiohttp import WSCloseCode, web

from sdbot.sandbox.documents import Document
from sdbot.sandbox.gateway.codes import Close, Op
from sdbot.sandbox.gateway.connection import Connection
from sdbot.sandbox.gateway.greeting import gateway_url
from sdbot.sandbox.gateway.line import Line
from sdbot.sandbox.gateway.sessions import STARTS_A_DAY, Sessions
from sdbot.sandbox.settings import Settings
from sdbot.sandbox.world import World

log = logging.getLogger(__name__)


class Gateway:
    """All connections and all sessions. `on_presence` is called when a bot comes, goes, or plays.

    While `is_down` nobody can connect.
    """

    def __init__(self, world: World, settings: Settings, on_presence: Callable[[], None]) -> None:
        self._world = world
        self._settings = settings
        self._sessions = Sessions(world, settings.resume_seconds, on_presence)
        self._lines: set[Line] = set()
        self.is_down = False

    @property
    def url(self) -> str:
        return gateway_url(self._world)

    @property
    def is_online(self) -> bool:
        return self._sessions.is_online

    @property
    def activity(self) -> str | None:
        """What the bot says it is doing, as a member reads it."""
        return self._sessions.activity

    def session_start_limit(self) -> Document:
        """As in the answer to GET /gateway/bot."""
        remaining, resets_in = self._sessions.starts_left()
        return {
            "total": STARTS_A_DAY,
            "remaining": remaining,
            "reset_after": int(resets_in * 1000),
            "max_concurrency": 1,
        }

    def dispatch(self, event: str, data: Document, intent: int = 0) -> None:
        """Number an event and send it to each shard that serves its guild.

        Of these, to those that have one of the bits of `intent`.
        """
        self._sessions.dispatch(event, data, intent)

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """One connection, from HELLO until it is closed."""
        if self.is_down:
            raise web.HTTPServiceUnavailable(text="The gateway is down.")
        if request.query.get("encoding", "json") != "json":
            log.error("The gateway speaks JSON only, not %s", request.query["encoding"])
            raise web.HTTPBadRequest(text="This gateway speaks JSON only.")
        line = Line(request)
        socket = await line.prepare()
        self._lines.add(line)
        try:
            async with line:
                if request.query.get("v") == "10":
                    await Connection(line, self._sessions, self._world, self._settings).run()
                else:
                    line.close(Close.INVALID_API_VERSION)
        finally:
            self._lines.discard(line)
        return socket

    def cut(self) -> None:
        """Break every connection without a word; their sessions can be resumed."""
        for line in self._lines:
            line.cut()

    def ask_to_reconnect(self) -> None:
        """Op 7: a client is to connect anew and to resume."""
        for line in self._lines:
            line.send({"op": Op.RECONNECT, "d": None})

    def end_sessions(self) -> None:
        """Op 9 that says false: a client is to identify anew."""
        self._sessions.end_all()

    async def close(self) -> None:
        self._sessions.close()
        for line in self._lines:
            line.close(WSCloseCode.GOING_AWAY)
