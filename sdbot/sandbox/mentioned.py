"""Who is told of a message."""

import re
from typing import Any

from sdbot.sandbox.documents import Document
from sdbot.sandbox.permissions import Permission, permissions_in
from sdbot.sandbox.world import World

USER = re.compile(r"<@!?(\d+)>")
ROLE = re.compile(r"<@&(\d+)>")
EVERYONE = re.compile(r"@(?:everyone|here)\b")


def mentioned(world: World, message: Document, allowed: Any) -> Document:
    """`mention_ids`, `mention_role_ids` and `mention_everyone` of a stored message.

    `allowed` is the payload's `allowed_mentions`; None lets everything through that the author may.
    """
    text, author_id = message["content"], message["author_id"]
    channel = world.channels[message["channel_id"]]
    may_all = permissions_in(world, author_id, channel) & Permission.MENTION_EVERYONE
    users = _let_through("users", _named(USER, text, world.users), allowed)
    replied = _replied_to(world, message, allowed)
    roles = _let_through("roles", _named(ROLE, text, world.roles), allowed)
    tells_all = _let_through("everyone", EVERYONE.findall(text)[:1], allowed)
    return {
        "mention_ids": list(dict.fromkeys([*users, *replied])),
        "mention_role_ids": roles if may_all else [],
        "mention_everyone": bool(tells_all and may_all),
    }


def _named(pattern: re.Pattern[str], text: str, known: dict[str, Document]) -> list[str]:
    return [id for id in dict.fromkeys(pattern.findall(text)) if id in known]


def _let_through(kind: str, ids: list[str], allowed: Any) -> list[str]:
    if allowed is None or kind in (allowed.get("parse") or []):
        return ids
    listed = {str(id) for id in allowed.get(kind) or []}
    return [id for id in ids if id in listed]


def _replied_to(world: World, message: Document, allowed: Any) -> list[str]:
    """The author of the message that this one answers."""
    reference = message.get("message_reference")
    original = world.messages.get(reference["message_id"]) if reference else None
    if original is None or (allowed is not None and not allowed.get("replied_user")):
        return []
    return [original["author_id"]]
