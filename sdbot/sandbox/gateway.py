"""Gateway v10: HELLO, IDENTIFY, heartbeats, dispatches, RESUME with replay."""

import asyncio
import json
import logging
import secrets
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from sdbot.sandbox import objects
from sdbot.sandbox.documents import Document
from sdbot.sandbox.outgoing import Outgoing, Write
from sdbot.sandbox.settings import Settings
from sdbot.sandbox.world import World

log = logging.getLogger(__name__)

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, INVALID_SESSION, HELLO, ACK = 0, 1, 2, 6, 9, 10, 11
DECODE_ERROR, NOT_AUTHENTICATED, WRONG_TOKEN, ALREADY_AUTHENTICATED = 4002, 4003, 4004, 4005
# A client that closes with one of these says that it will not resume.
FINAL_CLOSE_CODES = {1000, 1001}
REPLAYED_EVENTS = 500
# A client that is gone does not answer the close.
CLOSE_SECONDS = 1
# discord.py notes when it sent a heartbeat after sending it, and in another thread. On loopback an
# immediate ACK overtakes that: its latency is then counted from the heartbeat before.
ACK_SECONDS = 0.05


@dataclass
class Session:
    """What outlives a connection: the numbered events, and whether one is there to take them."""

    intents: int
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    sequence: int = 0
    events: deque[Document] = field(default_factory=lambda: deque(maxlen=REPLAYED_EVENTS))
    outgoing: Outgoing | None = None
    expiry: asyncio.TimerHandle | None = None
    """Ends the session; runs while no connection is there."""

    def dispatch(self, event: str, data: Document) -> None:
        self.sequence += 1
        frame = {"op": DISPATCH, "t": event, "s": self.sequence, "d": data}
        self.events.append(frame)
        if self.outgoing:
            self.outgoing.send(frame)

    def missed_since(self, sequence: int) -> list[Document] | None:
        """The events after `sequence`, or None when some of them are no longer kept."""
        missed = [frame for frame in self.events if frame["s"] > sequence]
        return missed if len(missed) == self.sequence - sequence else None

    def cancel_expiry(self) -> None:
        if self.expiry:
            self.expiry.cancel()
            self.expiry = None


class Gateway:
    """All sessions. `on_presence` is called whenever a bot comes or goes."""

    def __init__(self, world: World, settings: Settings, on_presence: Callable[[], None]) -> None:
        self._world = world
        self._settings = settings
        self._on_presence = on_presence
        self._sessions: dict[str, Session] = {}
        self._connections: set[web.WebSocketResponse] = set()

    @property
    def is_online(self) -> bool:
        return any(session.outgoing for session in self._sessions.values())

    def dispatch(self, event: str, data: Document, intent: int = 0) -> None:
        """Number an event and send it to every session that has one of the bits of `intent`."""
        for session in self._sessions.values():
            if not intent or session.intents & intent:
                session.dispatch(event, data)

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """One connection, from HELLO until it is closed."""
        socket = web.WebSocketResponse(compress=False, timeout=CLOSE_SECONDS)
        await socket.prepare(request)
        self._connections.add(socket)
        try:
            async with Outgoing(_writer(socket, request.query.get("compress"))) as outgoing:
                interval = int(self._settings.heartbeat_seconds * 1000)
                outgoing.send({"op": HELLO, "d": {"heartbeat_interval": interval, "_trace": []}})
                await Connection(self, socket, outgoing).run()
        finally:
            self._connections.discard(socket)
        return socket

    def identify(self, data: Document, outgoing: Outgoing) -> Session | None:
        """A new session with its READY and GUILD_CREATE, or None for a wrong token."""
        if data.get("token") != self._world.identity.token:
            return None
        session = Session(intents=data.get("intents", 0))
        self._attach(session, outgoing)
        session.dispatch("READY", self._ready(session, data))
        session.dispatch("GUILD_CREATE", objects.guild_create(self._world))
        return session

    def resume(self, data: Document, outgoing: Outgoing) -> Session | None:
        """The session with what it missed sent again, or None when it is gone."""
        session = self._sessions.get(str(data.get("session_id")))
        if session is None or data.get("token") != self._world.identity.token:
            return None
        missed = session.missed_since(data.get("seq") or 0)
        if missed is None:
            return None
        for frame in missed:
            outgoing.send(frame)
        self._attach(session, outgoing)
        session.dispatch("RESUMED", {"_trace": []})
        return session

    def detach(self, session: Session, outgoing: Outgoing, close_code: int | None) -> None:
        """Keep the session for a while, unless its client said that it will not come back."""
        if session.outgoing is not outgoing:
            return
        session.outgoing = None
        if close_code in FINAL_CLOSE_CODES:
            self._sessions.pop(session.id, None)
        else:
            loop = asyncio.get_running_loop()
            session.expiry = loop.call_later(
                self._settings.resume_seconds, self._sessions.pop, session.id
            )
        self._on_presence()

    async def close(self) -> None:
        for session in self._sessions.values():
            session.cancel_expiry()
        for socket in list(self._connections):
            await socket.close(code=WSCloseCode.GOING_AWAY)

    def _attach(self, session: Session, outgoing: Outgoing) -> None:
        self._sessions[session.id] = session
        session.outgoing = outgoing
        session.cancel_expiry()
        self._on_presence()

    def _ready(self, session: Session, identify: Document) -> Document:
        ready: Document = {
            "v": 10,
            "user": objects.own_user(self._world),
            "guilds": [{"id": self._world.identity.guild_id, "unavailable": True}],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": self.url,
            "application": {"id": self._world.identity.id, "flags": 0},
            "private_channels": [],
            "relationships": [],
            "presences": [],
            "user_settings": {},
            "geo_ordered_rtc_regions": [],
            "guild_join_requests": [],
            "_trace": [],
        }
        return {**ready, "shard": identify["shard"]} if "shard" in identify else ready

    @property
    def url(self) -> str:
        return self._world.origin.replace("http", "ws", 1) + "/gateway"


class Connection:
    """What one client says, and what is done about it."""

    def __init__(self, gateway: Gateway, socket: web.WebSocketResponse, outgoing: Outgoing) -> None:
        self._gateway = gateway
        self._socket = socket
        self._outgoing = outgoing
        self._session: Session | None = None
        self._acks: deque[asyncio.TimerHandle] = deque()

    async def run(self) -> None:
        try:
            async for frame in self._socket:
                if frame.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    await self._receive(frame.data)
        finally:
            for ack in self._acks:
                ack.cancel()
            if self._session:
                self._gateway.detach(self._session, self._outgoing, self._socket.close_code)

    async def _receive(self, data: str | bytes) -> None:
        try:
            message = json.loads(data)
            op, payload = message["op"], message.get("d")
        except (ValueError, KeyError, TypeError):
            await self._socket.close(code=DECODE_ERROR)
            return
        if op == HEARTBEAT:
            loop = asyncio.get_running_loop()
            self._acks.append(loop.call_later(ACK_SECONDS, self._acknowledge))
        elif op in (IDENTIFY, RESUME):
            await self._authenticate(op, payload or {})
        elif self._session is None:
            await self._socket.close(code=NOT_AUTHENTICATED)
        else:
            log.info("The gateway ignores op %s", op)

    def _acknowledge(self) -> None:
        self._acks.popleft()
        self._outgoing.send({"op": ACK})

    async def _authenticate(self, op: Any, payload: Document) -> None:
        if self._session:
            await self._socket.close(code=ALREADY_AUTHENTICATED)
        elif op == RESUME:
            self._session = self._gateway.resume(payload, self._outgoing)
            if self._session is None:
                self._outgoing.send({"op": INVALID_SESSION, "d": False})
        else:
            self._session = self._gateway.identify(payload, self._outgoing)
            if self._session is None:
                await self._socket.close(code=WRONG_TOKEN)


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
