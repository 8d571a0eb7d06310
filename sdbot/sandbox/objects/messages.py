"""Messages and their files, with the links that a stored document leaves out."""

import copy
from urllib.parse import quote

from sdbot.sandbox.documents import Document
from sdbot.sandbox.objects.users import member_without_user, user
from sdbot.sandbox.snowflakes import timestamp
from sdbot.sandbox.world import DM, World

_KEPT_FOR_BUILDING = {"author_id", "mention_ids"}
EPHEMERAL = 1 << 6


def attachment(world: World, channel_id: str, stored: Document, is_ephemeral: bool) -> Document:
    """What the message remembers of a file, with its links."""
    name = quote(stored["filename"])
    url = f"{world.origin}/attachments/{channel_id}/{stored['id']}/{name}"
    return {**stored, "url": url, "proxy_url": url, "flags": 0, "ephemeral": is_ephemeral}


def message(world: World, stored: Document, with_referenced: bool = True) -> Document:
    """A message as REST answers it, from the document that the world keeps."""
    is_ephemeral = bool(stored["flags"] & EPHEMERAL)
    attachments = [
        attachment(world, stored["channel_id"], kept, is_ephemeral)
        for kept in stored["attachments"]
    ]
    built = {
        **{key: value for key, value in stored.items() if key not in _KEPT_FOR_BUILDING},
        "author": user(world, stored["author_id"]),
        "timestamp": timestamp(stored["id"]),
        "tts": False,
        "mention_everyone": False,
        "mentions": [user(world, id) for id in stored["mention_ids"]],
        "mention_roles": [],
        "pinned": False,
        "attachments": attachments,
        "embeds": _with_links(stored["embeds"], attachments),
    }
    if metadata := stored.get("interaction_metadata"):
        built["interaction_metadata"] = _interaction_metadata(world, metadata)
        built["application_id"] = built["webhook_id"] = world.identity.id
    if with_referenced and "message_reference" in stored:
        original = world.messages.get(stored["message_reference"]["message_id"])
        built["referenced_message"] = original and message(world, original, False)
    return built


def message_event(world: World, stored: Document) -> Document:
    """A message as the gateway sends it: with guild and member."""
    built = message(world, stored)
    if world.channels[stored["channel_id"]]["type"] != DM:
        built["guild_id"] = world.identity.guild_id
        built["member"] = member_without_user(world)
    return built


def _interaction_metadata(world: World, stored: Document) -> Document:
    owners = {"0": world.identity.guild_id}
    who = user(world, world.identity.member_id)
    return {**stored, "user": who, "authorizing_integration_owners": owners}


def _with_links(embeds: list[Document], attachments: list[Document]) -> list[Document]:
    """Embeds whose `attachment://name` is the link of the file with that name."""
    links = {f"attachment://{kept['filename']}": kept["url"] for kept in attachments}
    built = copy.deepcopy(embeds)
    for embed in built:
        for part in ("image", "thumbnail"):
            url = embed.get(part, {}).get("url")
            if url in links:
                embed[part]["url"] = embed[part]["proxy_url"] = links[url]
    return built
