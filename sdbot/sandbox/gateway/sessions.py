"""What outlives a connection: who identified, and the numbered events."""

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from sdbot.sandbox.documents import Document
from sdbot.sandbox.errors import GatewayClosed
from sdbot.sandbox.gateway.codes import GOODBYES, Close, Op
from sdbot.sandbox.gateway.identify import Identify, Resume, Shard
from sdbot.sandbox.gateway.line import Line
from sdbot.sandbox.gateway.presences import activity_text
from sdbot.sandbox.world import World

REPLAYED_EVENTS = 500
STARTS_A_DAY = 1000
DAY_SECONDS = 24 * 60 * 60


@dataclass
class Session:
    """One shard of the bot. `line` is None while no connection is there to take the events."""

    intents: int
    shard: Shard
    presence: Document | None
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    sequence: int = 0
    events: deque[Document] = field(default_factory=lambda: deque(maxlen=REPLAYED_EVENTS))
    line: Line | None = None
    expiry: asyncio.TimerHandle | None = None
    """Ends the session; runs while no connection is there."""

    def dispatch(self, event: str, data: Document) -> None:
        self.sequence += 1
        frame = {"op": Op.DISPATCH, "t": event, "s": self.sequence, "d": data}
        self.events.append(frame)
        if self.line:
            self.line.send(frame)

    def missed_since(self, sequence: int) -> list[Document] | None:
        """The events after `sequence`, or None when some of them are no longer kept."""
        missed = [frame for frame in self.events if frame["s"] > sequence]
        return missed if len(missed) == self.sequence - sequence else None

    def cancel_expiry(self) -> None:
        if self.expiry:
            self.expiry.cancel()
            self.expiry = None


class Sessions:
    """All of them by id. `on_change` is called whenever the bot comes, goes or does otherwise."""

    def __init__(self, world: World, resume_seconds: float, on_change: Callable[[], None]) -> None:
        self._world = world
        self._resume_seconds = resume_seconds
        self._on_change = on_change
        self._by_id: dict[str, Session] = {}
        self._starts: deque[float] = deque()

    @property
    def is_online(self) -> bool:
        return any(session.line for session in self._by_id.values())

    @property
    def activity(self) -> str | None:
        """What the bot says it is doing, as a member reads it."""
        for session in self._by_id.values():
            if session.line and session.presence:
                return activity_text(session.presence)
        return None

    def dispatch(self, event: str, data: Document, intent: int = 0) -> None:
        """Number an event and send it to each shard that it concerns.

        These are the ones that have a bit of `intent` and serve the guild of the event.
        """
        for session in self._by_id.values():
            is_asked_for = not intent or session.intents & intent
            if is_asked_for and session.shard.serves(data.get("guild_id")):
                session.dispatch(event, data)

    def begin(self, identify: Identify, line: Line) -> Session:
        """Closes with 4004 for a wrong token, or when the day has no session left to start."""
        if identify.token != self._world.identity.token or not self.starts_left()[0]:
            raise GatewayClosed(Close.AUTHENTICATION_FAILED)
        self._starts.append(time.monotonic())
        session = Session(identify.intents, identify.shard or Shard(0, 1), identify.presence)
        self._attach(session, line)
        return session

    def resume(self, resume: Resume, line: Line) -> Session | None:
        """The session with what it missed sent again, or None when it is gone.

        It moves to the new line, and the older is closed; closes with 4007 for a sequence that
        was never sent.
        """
        session = self._by_id.get(resume.session_id)
        if session is None or resume.token != self._world.identity.token:
            return None
        if not 0 <= resume.sequence <= session.sequence:
            self.end(session)
            raise GatewayClosed(Close.INVALID_SEQ)
        missed = session.missed_since(resume.sequence)
        if missed is None:
            return None
        for frame in missed:
            line.send(frame)
        self._attach(session, line)
        session.dispatch("RESUMED", {"_trace": []})
        return session

    def detach(self, session: Session, line: Line) -> None:
        """Keep the session for a while, unless its client said that it will not come back."""
        if session.line is not line:
            return
        session.line = None
        if line.goodbye in GOODBYES:
            self.end(session)
            return
        loop = asyncio.get_running_loop()
        session.expiry = loop.call_later(self._resume_seconds, self.end, session)
        self._on_change()

    def end(self, session: Session) -> None:
        """Nobody can resume it any more; its client, if there, is told so."""
        self._by_id.pop(session.id, None)
        session.cancel_expiry()
        if session.line:
            session.line.send({"op": Op.INVALID_SESSION, "d": False})
            session.line.close(Close.SESSION_TIMED_OUT)
            session.line = None
        self._on_change()

    def set_presence(self, session: Session, presence: Document) -> None:
        session.presence = presence
        self._on_change()

    def starts_left(self) -> tuple[int, float]:
        """How many sessions may begin, and in how many seconds all of STARTS_A_DAY may again."""
        now = time.monotonic()
        while self._starts and now - self._starts[0] >= DAY_SECONDS:
            self._starts.popleft()
        resets_in = DAY_SECONDS - (now - self._starts[0]) if self._starts else 0.0
        return STARTS_A_DAY - len(self._starts), resets_in

    def end_all(self) -> None:
        for session in list(self._by_id.values()):
            self.end(session)

    def close(self) -> None:
        """Forget them all without a word."""
        for session in self._by_id.values():
            session.cancel_expiry()
            session.line = None
        self._by_id.clear()

    def _attach(self, session: Session, line: Line) -> None:
        if session.line:
            session.line.close(Close.SESSION_TIMED_OUT)
        self._by_id[session.id] = session
        session.line = line
        session.cancel_expiry()
        self._on_change()
