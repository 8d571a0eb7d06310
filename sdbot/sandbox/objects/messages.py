"""Messages and their files, with the links that a stored document leaves out."""

import copy
from collections.abc import Callable

from sdbot.sandbox.documents import Document
from sdbot.sandbox.flags import EPHEMERAL
from sdbot.sandbox.links import signed
from sdbot.sandbox.objects.users import member_without_user, user
from sdbot.sandbox.snowflakes import timestamp
from sdbot.sandbox.world import World

COMMAND = 2
_KEPT_FOR_BUILDING = {"author_id", "mention_ids", "mention_role_ids", "visible_to"}
# What an embed shows from a link, and under which name.
_LINKED = (("image", "url"), ("thumbnail", "url"), ("author", "icon_url"), ("footer", "icon_url"))
# What a bot without the intent for it does not read in other people's messages.
_CONTENT: Document = {"content": "", "attachments": [], "embeds": [], "components": []}


def attachment(world: World, channel_id: str, stored: Document, is_ephemeral: bool) -> Document:
    """What the message remembers of a file, with its links."""
    url = signed(world, f"/attachments/{channel_id}/{stored['id']}/{stored['filename']}")
    return {**stored, "url": url, "proxy_url": url, "flags": 0, "ephemeral": is_ephemeral}


def upload(world: World, stored: Document) -> Document:
    """The attachment object of a file that a person gives to a command."""
    place = f"/ephemeral-attachments/{world.identity.id}"
    url = signed(world, f"{place}/{stored['id']}/{stored['filename']}")
    kept = {key: value for key, value in stored.items() if key != "owner_id"}
    return {**kept, "url": url, "proxy_url": url, "flags": 0, "ephemeral": True}


def message(world: World, stored: Document) -> Document:
    """A message as people read it, from the document that the world keeps."""
    return _with_referenced(world, stored, _built)


def message_for_bot(world: World, stored: Document) -> Document:
    """A message as the bot gets it: without what people say among themselves."""
    return _with_referenced(world, stored, _built_for_bot)


def message_event(world: World, stored: Document) -> Document:
    """A message as the gateway sends it: with guild and members."""
    built = message_for_bot(world, stored)
    if not world.is_dm(stored["channel_id"]):
        built["guild_id"] = world.identity.guild_id
        built["member"] = member_without_user(world, stored["author_id"])
        for mention in built["mentions"]:
            mention["member"] = member_without_user(world, mention["id"])
    return built


def _with_referenced(
    world: World, stored: Document, build: Callable[[World, Document], Document]
) -> Document:
    """With the message that it answers, null when that is gone."""
    built = build(world, stored)
    if reference := stored.get("message_reference"):
        original = world.messages.get(reference["message_id"])
        built["referenced_message"] = original and build(world, original)
    return built


def _built(world: World, stored: Document) -> Document:
    attachments = [
        attachment(world, stored["channel_id"], kept, bool(stored["flags"] & EPHEMERAL))
        for kept in stored["attachments"]
    ]
    built = {
        **{key: value for key, value in stored.items() if key not in _KEPT_FOR_BUILDING},
        "author": user(world, stored["author_id"]),
        "timestamp": timestamp(stored["id"]),
        "tts": False,
        "mentions": [user(world, id) for id in stored["mention_ids"]],
        "mention_roles": stored["mention_role_ids"],
        "pinned": False,
        "attachments": attachments,
        "embeds": _with_links(stored["embeds"], attachments),
    }
    if metadata := stored.get("interaction_metadata"):
        owners = {"0": "0" if world.is_dm(stored["channel_id"]) else world.identity.guild_id}
        built.update(_of_interaction(world, metadata, owners))
    return built


def _built_for_bot(world: World, stored: Document) -> Document:
    concerned = (stored["author_id"], *stored["mention_ids"])
    is_for_bot = world.identity.id in concerned or world.is_dm(stored["channel_id"])
    built = _built(world, stored)
    return built if is_for_bot else {**built, **_CONTENT}


def _of_interaction(world: World, metadata: Document, owners: Document) -> Document:
    """What an answer shows of the interaction; commands also have the older form of it."""
    built: Document = {
        "interaction_metadata": _interaction_metadata(world, metadata, owners),
        "application_id": world.identity.id,
        "webhook_id": world.identity.id,
    }
    if metadata["type"] == COMMAND:
        built["interaction"] = {
            "id": metadata["id"],
            "type": metadata["type"],
            "name": metadata["name"],
            "user": user(world, metadata["user_id"]),
        }
    return built


def _interaction_metadata(world: World, stored: Document, owners: Document) -> Document:
    built = {
        **{key: value for key, value in stored.items() if not key.endswith("user_id")},
        "user": user(world, stored["user_id"]),
        "authorizing_integration_owners": owners,
    }
    if "target_user_id" in stored:
        built["target_user"] = user(world, stored["target_user_id"])
    if opened_by := stored.get("triggering_interaction_metadata"):
        built["triggering_interaction_metadata"] = _interaction_metadata(world, opened_by, owners)
    return built


def _with_links(embeds: list[Document], attachments: list[Document]) -> list[Document]:
    """Embeds whose `attachment://name` is the link of the file with that name."""
    links = {f"attachment://{kept['filename']}": kept["url"] for kept in attachments}
    built = copy.deepcopy(embeds)
    for embed in built:
        for part, name in _LINKED:
            link = links.get(embed.get(part, {}).get(name))
            if link:
                embed[part][name] = embed[part][f"proxy_{name}"] = link
    return built
