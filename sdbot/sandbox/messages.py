"""Making, editing and deleting messages, and telling the bot and the pages of it."""

import asyncio
import re
import time
from typing import Any

from sdbot.sandbox import errors, objects
from sdbot.sandbox.documents import Document
from sdbot.sandbox.embeds import without_nulls
from sdbot.sandbox.files import Files
from sdbot.sandbox.forms import check_message
from sdbot.sandbox.gateway import Gateway
from sdbot.sandbox.objects.messages import EPHEMERAL
from sdbot.sandbox.page_events import PageEvents
from sdbot.sandbox.settings import Settings
from sdbot.sandbox.snowflakes import now
from sdbot.sandbox.uploads import Body
from sdbot.sandbox.world import DM, World

LOADING = 1 << 7
# What a bot may set: SUPPRESS_EMBEDS, EPHEMERAL, SUPPRESS_NOTIFICATIONS, IS_COMPONENTS_V2.
SETTABLE_FLAGS = 1 << 2 | EPHEMERAL | 1 << 12 | 1 << 15
GUILD_MESSAGES_INTENT = 1 << 9
DIRECT_MESSAGES_INTENT = 1 << 12
DEFAULT, REPLY = 0, 19

MENTION = re.compile(r"<@!?(\d+)>")


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
        self._nonces: dict[tuple[str, str], tuple[float, str]] = {}
        self._posting = asyncio.Lock()

    async def create(self, channel_id: str, body: Body, **fields: Any) -> Document:
        """Make a message of the bot; `fields` go into the document besides what the body says."""
        payload = body.payload
        check_message(payload, set(body.files))
        message = {
            **self._blank(channel_id, (payload.get("flags") or 0) & SETTABLE_FLAGS),
            **self._said(payload),
            **self._reply(channel_id, payload),
            **fields,
        }
        if payload.get("nonce") is not None:
            message["nonce"] = payload["nonce"]
        message["attachments"] = await self._attachments(body, [])
        _refuse_empty(message)
        await self._save(message, "message_create")
        return message

    async def create_once(self, channel_id: str, body: Body) -> Document:
        """Like `create`, but a nonce that must be unique finds the message it made before."""
        nonce = body.payload.get("nonce")
        if nonce is None or not body.payload.get("enforce_nonce"):
            return await self.create(channel_id, body)
        key = (channel_id, str(nonce))
        async with self._posting:
            made_at, id = self._nonces.get(key, (0.0, ""))
            if id in self._world.messages and time.monotonic() - made_at < self._nonce_seconds:
                return self._world.messages[id]
            message = await self.create(channel_id, body)
            self._nonces[key] = (time.monotonic(), message["id"])
            return message

    async def create_thinking(self, channel_id: str, flags: int, **fields: Any) -> Document:
        """The empty message of a deferred answer."""
        message = {**self._blank(channel_id, flags & EPHEMERAL | LOADING), **fields}
        await self._save(message, "message_create")
        return message

    async def edit(self, message: Document, body: Body) -> Document:
        """Change what the body names, keep the rest; a thinking message is then answered."""
        payload = body.payload
        check_message(payload, set(body.files))
        said = self._said(payload)
        if "attachments" in payload or body.files:
            said["attachments"] = await self._attachments(body, message["attachments"])
        # Read again: another edit may have come in while the files were written.
        message = self._world.message(message["channel_id"], message["id"])
        edited = {**message, **said}
        if message["flags"] & LOADING:
            edited["flags"] = message["flags"] & ~LOADING
        else:
            edited["edited_timestamp"] = now()
        _refuse_empty(edited)
        await self._save(edited, "message_update")
        kept = {attachment["id"] for attachment in edited["attachments"]}
        await self._files.remove({a["id"] for a in message["attachments"]} - kept)
        return edited

    async def delete(self, message: Document) -> None:
        await self._world.delete_message(message["id"])
        await self._files.remove(attachment["id"] for attachment in message["attachments"])
        gone = {"id": message["id"], "channel_id": message["channel_id"]}
        self._pages.publish("message_delete", **gone)
        if not message["flags"] & EPHEMERAL:
            event = {**gone, "guild_id": self._world.identity.guild_id}
            self._gateway.dispatch("MESSAGE_DELETE", event, self._intent(message))

    def _blank(self, channel_id: str, flags: int) -> Document:
        return {
            "id": self._world.ids.next(),
            "channel_id": channel_id,
            "author_id": self._world.identity.id,
            "type": DEFAULT,
            "content": "",
            "edited_timestamp": None,
            "flags": flags,
            "mention_ids": [],
            "embeds": [],
            "components": [],
            "attachments": [],
        }

    def _said(self, payload: Document) -> Document:
        """The part of a document that the payload decides, and only the keys it has."""
        said: Document = {}
        if "embeds" in payload:
            said["embeds"] = [without_nulls(embed) for embed in payload["embeds"] or []]
        if "components" in payload:
            said["components"] = payload["components"] or []
        if "content" in payload:
            said["content"] = payload["content"] or ""
            said["mention_ids"] = self._mentioned(said["content"], payload.get("allowed_mentions"))
        return said

    def _mentioned(self, content: str, allowed: Document | None) -> list[str]:
        """Who is told of it: those named in the text whom `allowed_mentions` lets through."""
        known = {self._world.identity.id, self._world.identity.member_id}
        named = [id for id in dict.fromkeys(MENTION.findall(content)) if id in known]
        if allowed is None or "users" in (allowed.get("parse") or []):
            return named
        return [id for id in named if id in map(str, allowed.get("users") or [])]

    def _reply(self, channel_id: str, payload: Document) -> Document:
        reference = payload.get("message_reference")
        if not reference:
            return {}
        id = str(reference["message_id"])
        if id not in self._world.messages:
            if not reference.get("fail_if_not_exists", True):
                return {}
            raise errors.unknown_message()
        return {
            "type": REPLY,
            "message_reference": {"type": 0, "message_id": id, "channel_id": channel_id},
        }

    async def _attachments(self, body: Body, existing: list[Document]) -> list[Document]:
        """The files a message has after this body: those it keeps and those it brings.

        An entry's id is an existing attachment's, or the n of a `files[n]`. Without the list all
        that exist are kept; a file that no entry names is attached all the same.
        """
        by_id = {attachment["id"]: attachment for attachment in existing}
        entries = body.payload.get("attachments")
        entries = existing if entries is None else entries
        described = {entry.get("id"): entry.get("description") for entry in entries}
        kept = [by_id[str(entry["id"])] for entry in entries if str(entry.get("id")) in by_id]
        for index, upload in sorted(body.files.items()):
            description = described.get(index) or described.get(str(index))
            kept.append(await self._files.save(self._world.ids.next(), upload, description))
        return kept

    async def _save(self, message: Document, event: str) -> None:
        # Built first: a document that cannot be shown must not be kept.
        for_pages = objects.message(self._world, message)
        for_bot = objects.message_event(self._world, message)
        await self._world.save_message(message)
        self._pages.publish(event, message=for_pages)
        if not message["flags"] & EPHEMERAL:
            self._gateway.dispatch(event.upper(), for_bot, self._intent(message))

    def _intent(self, message: Document) -> int:
        is_dm = self._world.channels[message["channel_id"]]["type"] == DM
        return DIRECT_MESSAGES_INTENT if is_dm else GUILD_MESSAGES_INTENT


def _refuse_empty(message: Document) -> None:
    if not any(message[part] for part in ("content", "embeds", "attachments", "components")):
        raise errors.empty_message()
