"""Making, editing and deleting messages, and telling the bot and the pages of it."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from sdbot.sandbox import objects
from sdbot.sandbox.documents import Document
from sdbot.sandbox.drafts import blank, drafted, edited
from sdbot.sandbox.files import Files
from sdbot.sandbox.flags import EPHEMERAL, LOADING, SETTABLE
from sdbot.sandbox.forms import check_message
from sdbot.sandbox.gateway import Gateway
from sdbot.sandbox.page_events import PageEvents
from sdbot.sandbox.settings import Settings
from sdbot.sandbox.snowflakes import age_seconds
from sdbot.sandbox.uploads import Body
from sdbot.sandbox.world import World

GUILD_MESSAGES_INTENT = 1 << 9
DIRECT_MESSAGES_INTENT = 1 << 12


class Messages:
    """The one way in which messages change: checked, kept, then told to pages and bot."""

    def __init__(
        self, world: World, files: Files, gateway: Gateway, pages: PageEvents, settings: Settings
    ) -> None:
        self._world = world
        self._files = files
        self._gateway = gateway
        self._pages = pages
        self._nonce_seconds = settings.nonce_seconds
        self._posting = asyncio.Lock()

    async def create(self, channel_id: str, body: Body, **fields: Any) -> Document:
        """Make a message of the bot; `fields` go into the document besides what the body says."""
        payload = body.payload
        check_message(payload, set(body.files))
        known = {"flags": (payload.get("flags") or 0) & SETTABLE, **fields}
        async with self._written(body) as files:
            message = drafted(self._world, channel_id, payload, files, known)
            await self._save(message, "message_create")
        return message

    async def create_once(self, channel_id: str, body: Body) -> Document:
        """Like `create`, but a nonce that must be unique finds the message it made before."""
        nonce = body.payload.get("nonce")
        if nonce is None or not body.payload.get("enforce_nonce"):
            return await self.create(channel_id, body)
        async with self._posting:
            made = self._made_with(channel_id, str(nonce))
            return made or await self.create(channel_id, body)

    async def create_thinking(self, channel_id: str, flags: int, **fields: Any) -> Document:
        """The empty message of a deferred answer."""
        flags = flags & EPHEMERAL | LOADING
        message = {**blank(self._world, channel_id), "flags": flags, **fields}
        await self._save(message, "message_create")
        return message

    async def write(
        self, author_id: str, channel_id: str, payload: Document, uploads: list[Document]
    ) -> Document:
        """Make a person's own message, with files that this person has sent before."""
        check_message(payload, set())
        files = [_without_owner(upload) for upload in uploads]
        message = drafted(self._world, channel_id, payload, files, {"author_id": author_id})
        await self._save(message, "message_create")
        return message

    async def edit(self, message: Document, body: Body) -> Document:
        """Change what the body names, keep the rest; a thinking message is then answered."""
        check_message(
            body.payload, set(body.files), {kept["id"] for kept in message["attachments"]}
        )
        async with self._written(body) as files:
            # Read again: while the files were written another edit may have come, or the end.
            message = self._world.message(message["channel_id"], message["id"])
            changed = edited(self._world, message, body.payload, files)
            await self._save(changed, "message_update")
        kept = {attachment["id"] for attachment in changed["attachments"]}
        await self._files.remove({former["id"] for former in message["attachments"]} - kept)
        return changed

    async def delete(self, message: Document) -> None:
        reader, intent = self._reader(message), self._intent(message)
        gone = {"id": message["id"], "channel_id": message["channel_id"]}
        is_dm = self._world.is_dm(message["channel_id"])
        of_guild = {} if is_dm else {"guild_id": self._world.identity.guild_id}
        await self.forget([message])
        self._pages.publish("message_delete", to=reader, **gone)
        if not message["flags"] & EPHEMERAL:
            self._gateway.dispatch("MESSAGE_DELETE", {**gone, **of_guild}, intent)

    async def forget(self, messages: Iterable[Document]) -> None:
        """Remove messages and their files, telling nobody."""
        messages = list(messages)
        await self._world.delete_messages(*messages)
        await self._files.remove(kept["id"] for m in messages for kept in m["attachments"])

    def _made_with(self, channel_id: str, nonce: str) -> Document | None:
        """The bot's message with a nonce, unless that is too long ago."""
        for message in reversed(self._world.messages_in(channel_id)):
            if age_seconds(message["id"]) > self._nonce_seconds:
                return None
            is_own = message["author_id"] == self._world.identity.id
            if is_own and str(message.get("nonce")) == nonce:
                return message
        return None

    @asynccontextmanager
    async def _written(self, body: Body) -> AsyncIterator[list[Document]]:
        """The files that a body brings, kept; when the block fails, they are not.

        The payload's entry whose id is the n of `files[n]` describes it.
        """
        entries = body.payload.get("attachments") or []
        described = {str(entry["id"]): entry.get("description") for entry in entries}
        files = [
            await self._files.save(self._world.ids.next(), upload, described.get(str(index)))
            for index, upload in sorted(body.files.items())
        ]
        try:
            yield files
        except Exception:
            await self._files.remove(file["id"] for file in files)
            raise

    async def _save(self, message: Document, event: str) -> None:
        # Built first: a document that cannot be shown must not be kept, and the channel may go.
        for_pages = objects.message(self._world, message)
        for_bot = objects.message_event(self._world, message)
        reader, intent = self._reader(message), self._intent(message)
        await self._world.save_message(message)
        self._pages.publish(event, to=reader, message=for_pages)
        if not message["flags"] & EPHEMERAL:
            self._gateway.dispatch(event.upper(), for_bot, intent)

    def _reader(self, message: Document) -> str | None:
        """The one person who may see a message, None where everybody may."""
        channel = self._world.channels[message["channel_id"]]
        recipient_id: str | None = channel.get("recipient_id")
        return recipient_id or message["visible_to"]

    def _intent(self, message: Document) -> int:
        is_dm = self._world.is_dm(message["channel_id"])
        return DIRECT_MESSAGES_INTENT if is_dm else GUILD_MESSAGES_INTENT


def _without_owner(upload: Document) -> Document:
    return {key: value for key, value in upload.items() if key != "owner_id"}
