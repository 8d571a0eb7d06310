"""The document of a message before it is kept: what it is made of, and what an edit changes."""

from sdbot.sandbox import errors
from sdbot.sandbox.documents import Document
from sdbot.sandbox.embeds import kept_embed
from sdbot.sandbox.flags import EDITABLE, LOADING
from sdbot.sandbox.kept_components import kept_components
from sdbot.sandbox.mentioned import mentioned
from sdbot.sandbox.mentions import unknown_reference
from sdbot.sandbox.snowflakes import now
from sdbot.sandbox.world import World

DEFAULT, REPLY = 0, 19


def blank(world: World, channel_id: str) -> Document:
    """A message of the bot that says nothing. Raises 10003."""
    world.channel(channel_id)
    return {
        "id": world.ids.next(),
        "channel_id": channel_id,
        "author_id": world.identity.id,
        "type": DEFAULT,
        "content": "",
        "edited_timestamp": None,
        "flags": 0,
        "mention_ids": [],
        "mention_role_ids": [],
        "mention_everyone": False,
        "visible_to": None,
        "embeds": [],
        "components": [],
        "attachments": [],
    }


def drafted(
    world: World, channel_id: str, payload: Document, attachments: list[Document], fields: Document
) -> Document:
    """A new message of what a checked payload says; `fields` are known of it besides.

    Raises 10003, 50006, and 50035 for an answer to a message that is not there.
    """
    draft = {
        **blank(world, channel_id),
        **_said(payload),
        **_reply(world, channel_id, payload),
        "attachments": attachments,
        **fields,
    }
    if payload.get("nonce") is not None:
        draft["nonce"] = payload["nonce"]
    draft.update(mentioned(world, draft, payload.get("allowed_mentions")))
    return _with_something(draft)


def edited(world: World, message: Document, payload: Document, new: list[Document]) -> Document:
    """The message after an edit that brings `new` files; a thinking one is then answered.

    What the payload does not name stays. Raises 50006.
    """
    draft = {
        **message,
        **_said(payload),
        "attachments": [*_kept_files(payload, message["attachments"]), *new],
        "flags": _edited_flags(message["flags"], payload.get("flags")),
    }
    if not message["flags"] & LOADING:
        draft["edited_timestamp"] = now()
    if "content" in payload:
        draft.update(mentioned(world, draft, payload.get("allowed_mentions")))
    return _with_something(draft)


def _said(payload: Document) -> Document:
    """The part of a document that the payload decides, and only the keys it has."""
    said: Document = {}
    if "embeds" in payload:
        said["embeds"] = [kept_embed(embed) for embed in payload["embeds"] or []]
    if "components" in payload:
        said["components"] = kept_components(payload["components"] or [])
    if "content" in payload:
        said["content"] = payload["content"] or ""
    return said


def _reply(world: World, channel_id: str, payload: Document) -> Document:
    """Only what everybody sees, and in the same channel, can be answered."""
    asked = payload.get("message_reference")
    if not asked:
        return {}
    original = world.messages.get(str(asked["message_id"]))
    if original is None or original["channel_id"] != channel_id or original["visible_to"]:
        if asked.get("fail_if_not_exists") is False:
            return {}
        raise unknown_reference()
    reference = {"type": 0, "message_id": original["id"], "channel_id": channel_id}
    if not world.is_dm(channel_id):
        reference["guild_id"] = world.identity.guild_id
    return {"type": REPLY, "message_reference": reference}


def _kept_files(payload: Document, existing: list[Document]) -> list[Document]:
    """Those of the existing files that the payload lists; all of them where it has no list."""
    entries = payload.get("attachments")
    if entries is None:
        return existing
    listed = {str(entry["id"]) for entry in entries}
    return [attachment for attachment in existing if attachment["id"] in listed]


def _edited_flags(flags: int, asked: int | None) -> int:
    flags &= ~LOADING
    return flags if asked is None else flags & ~EDITABLE | asked & EDITABLE


def _with_something(draft: Document) -> Document:
    if not any(draft[part] for part in ("content", "embeds", "attachments", "components")):
        raise errors.empty_message()
    return draft
