"""What one client says, and what is done about it."""

import asyncio
import json
import logging
from collections import deque
from typing import Any

from sdbot.sandbox.documents import Document
from sdbot.sandbox.errors import GatewayClosed
from sdbot.sandbox.gateway.codes import Close, Op
from sdbot.sandbox.gateway.greeting import greet
from sdbot.sandbox.gateway.identify import Identify, Resume
from sdbot.sandbox.gateway.line import Line
from sdbot.sandbox.gateway.members import send_members
from sdbot.sandbox.gateway.presences import checked_presence
from sdbot.sandbox.gateway.sessions import Session, Sessions
from sdbot.sandbox.settings import Settings
from sdbot.sandbox.world import World

log = logging.getLogger(__name__)

MAX_FRAME_BYTES = 4096
FRAMES_A_MINUTE = 120
# Of the interval that HELLO names.
HEARTBEAT_GRACE = 1.5
# discord.py notes when it sent a heartbeat after sending it, and in another thread. On loopback an
# immediate ACK overtakes that: its latency is then counted from the heartbeat before.
ACK_SECONDS = 0.05


class Connection:
    """From HELLO until either side ends it."""

    def __init__(self, line: Line, sessions: Sessions, world: World, settings: Settings) -> None:
        self._line = line
        self._sessions = sessions
        self._world = world
        self._settings = settings
        self._session: Session | None = None
        self._loop = asyncio.get_running_loop()
        self._acks: deque[asyncio.TimerHandle] = deque()
        self._received_at: deque[float] = deque(maxlen=FRAMES_A_MINUTE)

    async def run(self) -> None:
        interval = int(self._settings.heartbeat_seconds * 1000)
        self._line.send({"op": Op.HELLO, "d": {"heartbeat_interval": interval, "_trace": []}})
        self._expect_heartbeat()
        try:
            async for frame in self._line.frames():
                self._receive(frame)
        except GatewayClosed as closed:
            log.info("The gateway closes a connection: %s", Close(closed.code).name)
            self._line.close(closed.code)
        finally:
            for timer in (*self._acks, self._silence):
                timer.cancel()
            if self._session:
                self._sessions.detach(self._session, self._line)

    def _expect_heartbeat(self) -> None:
        self._silence = self._loop.call_later(
            self._settings.heartbeat_seconds * HEARTBEAT_GRACE,
            self._line.close,
            Close.SESSION_TIMED_OUT,
        )

    def _receive(self, data: bytes) -> None:
        self._count_frame()
        op, payload = _decoded(data)
        if op == Op.HEARTBEAT:
            self._take_heartbeat()
        elif op in (Op.IDENTIFY, Op.RESUME):
            self._authenticate(op, payload)
        elif self._session is None:
            raise GatewayClosed(Close.NOT_AUTHENTICATED)
        elif op == Op.PRESENCE:
            self._sessions.set_presence(self._session, checked_presence(payload))
        elif op == Op.REQUEST_MEMBERS:
            send_members(self._world, self._session, payload)
        elif op in (Op.VOICE_STATE, Op.SOUNDBOARD_SOUNDS):
            log.info("The sandbox has no sound: op %s is ignored", op)
        else:
            raise GatewayClosed(Close.UNKNOWN_OPCODE)

    def _count_frame(self) -> None:
        now = self._loop.time()
        is_full = len(self._received_at) == FRAMES_A_MINUTE
        if is_full and now - self._received_at[0] < 60:
            raise GatewayClosed(Close.RATE_LIMITED)
        self._received_at.append(now)

    def _take_heartbeat(self) -> None:
        self._silence.cancel()
        self._expect_heartbeat()
        self._acks.append(self._loop.call_later(ACK_SECONDS, self._acknowledge))

    def _acknowledge(self) -> None:
        self._acks.popleft()
        self._line.send({"op": Op.ACK})

    def _authenticate(self, op: int, payload: Any) -> None:
        if self._session:
            raise GatewayClosed(Close.ALREADY_AUTHENTICATED)
        if op == Op.RESUME:
            self._session = self._sessions.resume(Resume.read(payload), self._line)
            if self._session is None:
                self._line.send({"op": Op.INVALID_SESSION, "d": False})
        else:
            identify = Identify.read(payload, self._settings.privileged_intents)
            self._session = self._sessions.begin(identify, self._line)
            greet(self._world, self._session, identify.shard)


def _decoded(data: bytes) -> tuple[int, Any]:
    """The op of a frame and its `d`; closes with 4002 for what is none or too long."""
    try:
        frame: Document = json.loads(data)
        op, payload = frame["op"], frame.get("d")
    except (ValueError, KeyError, TypeError, RecursionError):
        raise GatewayClosed(Close.DECODE_ERROR) from None
    if type(op) is not int or len(data) > MAX_FRAME_BYTES:
        raise GatewayClosed(Close.DECODE_ERROR)
    return op, payload
