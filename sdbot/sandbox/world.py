"""Everything that is: one guild, its channels, its people, the bot, and what they made.

All of it is held in memory and written through to the archive: a read never waits, and a restart
loses nothing.
"""

from dataclasses import asdict, dataclass

from sdbot.sandbox import errors
from sdbot.sandbox.archive import Archive
from sdbot.sandbox.documents import Document
from sdbot.sandbox.snowflakes import Snowflakes

GUILD_TEXT, DM, THREAD = 0, 1, 11
GUILD_CONTEXT, BOT_DM_CONTEXT = 0, 1
KINDS = ("role", "user", "channel", "command", "upload")


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The ids that are drawn once, when the sandbox first starts."""

    id: str
    """Of the application and of its bot user, as Discord does it today."""
    guild_id: str
    owner_id: str
    """Of the guild and of the application."""
    bot_role_id: str
    token: str
    """The bot's: base64(application id).x.y, known to nobody but this sandbox."""


class World:
    """The documents by id, oldest first. `origin` is where the sandbox listens.

    Links begin with it, and are good for `link_life_seconds`.
    """

    def __init__(self, archive: Archive, link_life_seconds: float) -> None:
        self._archive = archive
        self.link_life_seconds = link_life_seconds
        self.origin = ""
        self.messages: dict[str, Document] = {}
        self._by_channel: dict[str, dict[str, Document]] = {}
        self._attachments: dict[str, Document] = {}

    async def load(self) -> bool:
        """Read what the archive holds; False when it is empty."""
        self._kinds = {kind: await self._archive.load(kind) for kind in KINDS}
        for message in (await self._archive.load("message")).values():
            self._keep(message)
        known = (self.messages, *self._kinds.values())
        self.ids = Snowflakes(max(int(id) for documents in known for id in (*documents, "0")))
        stored = await self._archive.load("identity")
        for identity in stored.values():
            self.identity = Identity(**identity)
        return bool(stored)

    async def save_identity(self, identity: Identity) -> None:
        """Draw the ids; the world is founded then."""
        self.identity = identity
        await self._archive.save("identity", asdict(identity))

    @property
    def roles(self) -> dict[str, Document]:
        return self._kinds["role"]

    @property
    def users(self) -> dict[str, Document]:
        return self._kinds["user"]

    @property
    def channels(self) -> dict[str, Document]:
        return self._kinds["channel"]

    @property
    def commands(self) -> dict[str, Document]:
        return self._kinds["command"]

    @property
    def uploads(self) -> dict[str, Document]:
        """Files that a person has sent and not yet put into a message; `owner_id` is whose."""
        return self._kinds["upload"]

    @property
    def people(self) -> list[Document]:
        """The users who are no bot."""
        return [user for user in self.users.values() if not user["bot"]]

    def channel(self, id: str) -> Document:
        """Raises 10003."""
        if id not in self.channels:
            raise errors.unknown_channel()
        return self.channels[id]

    def is_dm(self, channel_id: str) -> bool:
        """False as well for a channel that is gone."""
        channel = self.channels.get(channel_id)
        return channel is not None and bool(channel["type"] == DM)

    def message(self, channel_id: str, id: str) -> Document:
        """Raises 10003 and 10008."""
        self.channel(channel_id)
        message = self.messages.get(id)
        if message is None or message["channel_id"] != channel_id:
            raise errors.unknown_message()
        return message

    def messages_in(self, channel_id: str) -> list[Document]:
        """Oldest first."""
        return list(self._by_channel.get(channel_id, {}).values())

    def last_message_id(self, channel_id: str) -> str | None:
        """Of those that everybody sees."""
        messages = reversed(self._by_channel.get(channel_id, {}).values())
        return next((message["id"] for message in messages if not message["visible_to"]), None)

    def dm_with(self, user_id: str) -> Document | None:
        """The conversation of the bot and a person."""
        for channel in self.channels.values():
            if channel["type"] == DM and channel["recipient_id"] == user_id:
                return channel
        return None

    def attachment(self, channel_id: str, id: str) -> Document | None:
        """The file of a message in a channel."""
        message = self._attachments.get(id)
        if message is None or message["channel_id"] != channel_id:
            return None
        return dict(next(kept for kept in message["attachments"] if kept["id"] == id))

    def commands_of(self, guild_id: str | None) -> list[Document]:
        """The guild's own commands, or the global ones for None."""
        return [c for c in self.commands.values() if c.get("guild_id") == guild_id]

    def commands_in(self, channel: Document) -> list[Document]:
        """What a person is offered in a channel, the guild's own commands first."""
        is_dm = channel["type"] == DM
        own = [] if is_dm else self.commands_of(self.identity.guild_id)
        return [*own, *(c for c in self.commands_of(None) if _is_offered(c, is_dm))]

    async def save(self, kind: str, *documents: Document) -> None:
        """Keep documents of one of KINDS."""
        self._kinds[kind].update({document["id"]: document for document in documents})
        await self._archive.save(kind, *documents)

    async def delete(self, kind: str, *ids: str) -> None:
        for id in ids:
            del self._kinds[kind][id]
        await self._archive.delete(kind, *ids)

    async def save_message(self, message: Document) -> None:
        """Keep it. An upload that has become part of it is no upload any more."""
        self._keep(message)
        ids = [kept["id"] for kept in message["attachments"]]
        used = [id for id in ids if self.uploads.pop(id, None)]
        await self._archive.save("message", message)
        if used:
            await self._archive.delete("upload", *used)

    async def delete_messages(self, *messages: Document) -> None:
        for message in messages:
            del self.messages[message["id"]]
            del self._by_channel[message["channel_id"]][message["id"]]
            self._forget_attachments(message)
        await self._archive.delete("message", *(message["id"] for message in messages))

    async def replace_commands(self, guild_id: str | None, commands: list[Document]) -> None:
        """Make `commands` all that the guild (or everywhere, for None) has."""
        kept = {command["id"] for command in commands}
        await self.delete(
            "command", *(c["id"] for c in self.commands_of(guild_id) if c["id"] not in kept)
        )
        await self.save("command", *commands)

    def _keep(self, message: Document) -> None:
        if former := self.messages.get(message["id"]):
            self._forget_attachments(former)
        self.messages[message["id"]] = message
        self._by_channel.setdefault(message["channel_id"], {})[message["id"]] = message
        for attachment in message["attachments"]:
            self._attachments[attachment["id"]] = message

    def _forget_attachments(self, message: Document) -> None:
        for attachment in message["attachments"]:
            self._attachments.pop(attachment["id"], None)


def _is_offered(command: Document, is_dm: bool) -> bool:
    """By the command's contexts, or where it has none by its older `dm_permission`."""
    if command["contexts"] is None:
        return not is_dm or bool(command["dm_permission"])
    return (BOT_DM_CONTEXT if is_dm else GUILD_CONTEXT) in command["contexts"]
