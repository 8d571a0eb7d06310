"""Everything that is: one guild, one text channel, one member, the bot, and what they made.

All of it is held in memory and written through to the archive: a read never waits, and a restart
loses nothing.
"""

import base64
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from sdbot.sandbox import errors
from sdbot.sandbox.archive import Archive
from sdbot.sandbox.documents import Document
from sdbot.sandbox.snowflakes import Snowflakes

GUILD_TEXT = 0
DM = 1


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The ids that are drawn once, when the sandbox first starts."""

    id: str
    """Of the application and of its bot user, as Discord does it today."""
    guild_id: str
    channel_id: str
    member_id: str
    token: str
    """The bot's: base64(application id).x.y, known to nobody but this sandbox."""


class World:
    """The documents by id. `origin` is where the sandbox listens; links begin with it."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.origin = ""

    async def load(self) -> None:
        """Read what the archive holds; found a new world where it is empty."""
        self.messages = await self._archive.load("message")
        self.channels = await self._archive.load("channel")
        self.commands = await self._archive.load("command")
        self.ids = Snowflakes(max(map(int, [*self.messages, *self.channels, *self.commands, "0"])))
        stored = await self._archive.load("identity")
        if stored:
            self.identity = Identity(**next(iter(stored.values())))
        else:
            await self._found()

    async def _found(self) -> None:
        id = self.ids.next()
        self.identity = Identity(
            id=id,
            guild_id=self.ids.next(),
            channel_id=self.ids.next(),
            member_id=self.ids.next(),
            token=_bot_token(id),
        )
        channel = {"id": self.identity.channel_id, "type": GUILD_TEXT, "name": "paintings"}
        await self.save_channel(channel)
        await self._archive.save("identity", asdict(self.identity))

    def channel(self, id: str) -> Document:
        """Raises 10003."""
        if id not in self.channels:
            raise errors.unknown_channel()
        return self.channels[id]

    def message(self, channel_id: str, id: str) -> Document:
        """Raises 10003 and 10008."""
        self.channel(channel_id)
        message = self.messages.get(id)
        if message is None or message["channel_id"] != channel_id:
            raise errors.unknown_message()
        return message

    def messages_in(self, channel_id: str) -> list[Document]:
        """Oldest first."""
        return [m for m in self.messages.values() if m["channel_id"] == channel_id]

    def commands_of(self, guild_id: str | None) -> list[Document]:
        """The guild's own commands, or the global ones for None."""
        return [c for c in self.commands.values() if c.get("guild_id") == guild_id]

    def commands_in(self, channel_id: str) -> Iterator[Document]:
        """What a member is offered in a channel, the guild's own commands first."""
        if self.channels[channel_id]["type"] == GUILD_TEXT:
            yield from self.commands_of(self.identity.guild_id)
        yield from self.commands_of(None)

    async def save_channel(self, channel: Document) -> None:
        self.channels[channel["id"]] = channel
        await self._archive.save("channel", channel)

    async def save_message(self, message: Document) -> None:
        self.messages[message["id"]] = message
        await self._archive.save("message", message)

    async def delete_message(self, id: str) -> None:
        del self.messages[id]
        await self._archive.delete("message", id)

    async def replace_commands(self, guild_id: str | None, commands: list[Document]) -> None:
        """Make `commands` all that the guild (or everywhere, for None) has."""
        kept = {command["id"] for command in commands}
        gone = [c["id"] for c in self.commands_of(guild_id) if c["id"] not in kept]
        for id in gone:
            del self.commands[id]
        self.commands.update({command["id"]: command for command in commands})
        await self._archive.delete("command", *gone)
        await self._archive.save("command", *commands)


def _bot_token(application_id: str) -> str:
    first = base64.urlsafe_b64encode(application_id.encode()).decode().rstrip("=")
    return f"{first}.{secrets.token_urlsafe(4)}.{secrets.token_urlsafe(28)}"
