"""What a client says of itself in IDENTIFY and RESUME, checked as Discord checks it."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from sdbot.sandbox.documents import Document
from sdbot.sandbox.errors import GatewayClosed
from sdbot.sandbox.gateway.codes import Close
from sdbot.sandbox.gateway.intents import checked_intents
from sdbot.sandbox.gateway.presences import checked_presence
from sdbot.sandbox.snowflakes import TIME_SHIFT


class Shard(NamedTuple):
    id: int
    total: int

    def serves(self, guild_id: str | None) -> bool:
        """Whether a guild's events are this shard's; those of no guild are the first one's."""
        return (int(guild_id) >> TIME_SHIFT if guild_id else 0) % self.total == self.id


@dataclass(frozen=True, kw_only=True)
class Identify:
    token: str
    intents: int
    shard: Shard | None
    presence: Document | None

    @classmethod
    def read(cls, data: Any, allowed_intents: int) -> "Identify":
        """Closes with 4002, 4010, 4013 or 4014 for what Discord would not take."""
        token = _typed(data, "token", str)
        _typed(data, "properties", dict)
        presence = data.get("presence")
        return cls(
            token=token,
            shard=_shard(data.get("shard")),
            intents=checked_intents(data.get("intents"), allowed_intents),
            presence=None if presence is None else checked_presence(presence),
        )


@dataclass(frozen=True, kw_only=True)
class Resume:
    token: str
    session_id: str
    sequence: int

    @classmethod
    def read(cls, data: Any) -> "Resume":
        """Closes with 4002."""
        return cls(
            token=_typed(data, "token", str),
            session_id=_typed(data, "session_id", str),
            sequence=_typed(data, "seq", int),
        )


def _typed(data: Any, name: str, type: type) -> Any:
    value = data.get(name) if isinstance(data, dict) else None
    if not isinstance(value, type):
        raise GatewayClosed(Close.DECODE_ERROR)
    return value


def _shard(said: Any) -> Shard | None:
    if said is None:
        return None
    match said:
        case [int(id), int(total)] if 0 <= id < total:
            return Shard(id, total)
    raise GatewayClosed(Close.INVALID_SHARD)
