"""A new world: who lives in it and where they talk."""

import base64
import secrets

from sdbot.sandbox.documents import Document
from sdbot.sandbox.permissions import OF_MODERATORS, OF_THE_BOT, USUAL
from sdbot.sandbox.world import DM, GUILD_TEXT, THREAD, Identity, World

BOT_NAME = "Painter"
MEMBERS = ("Ada", "Ben")
MODERATOR = "Mira"
CHANNELS = ("paintings", "sketches")
THREAD_NAME = "Ideas"


async def found(world: World) -> None:
    """Fill an empty world: two members, a moderator, the bot; two channels, a thread, DMs."""
    guild_id = world.ids.next()
    everyone = _role(guild_id, "@everyone", USUAL)
    moderators = _role(world.ids.next(), "Moderator", OF_MODERATORS)
    bots = _role(world.ids.next(), BOT_NAME, OF_THE_BOT)
    people = [_person(world.ids.next(), name) for name in MEMBERS]
    people.append(_person(world.ids.next(), MODERATOR, moderators["id"]))
    bot = {
        **_person(world.ids.next(), BOT_NAME, bots["id"]),
        "username": BOT_NAME,
        "global_name": None,
        "bot": True,
    }
    await world.save("role", everyone, moderators, bots)
    await world.save("user", *people, bot)
    await world.save("channel", *_channels(world, people))
    identity = Identity(
        id=bot["id"],
        guild_id=guild_id,
        owner_id=people[-1]["id"],
        bot_role_id=bots["id"],
        token=_bot_token(bot["id"]),
    )
    await world.save_identity(identity)


def _role(id: str, name: str, permissions: int) -> Document:
    return {"id": id, "name": name, "permissions": str(int(permissions))}


def _person(id: str, name: str, *role_ids: str) -> Document:
    return {
        "id": id,
        "username": name.lower(),
        "global_name": name,
        "bot": False,
        "role_ids": list(role_ids),
    }


def _channels(world: World, people: list[Document]) -> list[Document]:
    texts = [text_channel(world, name) for name in CHANNELS]
    thread = {
        "id": world.ids.next(),
        "type": THREAD,
        "name": THREAD_NAME,
        "parent_id": texts[0]["id"],
        "owner_id": people[-1]["id"],
    }
    dms = [{"id": world.ids.next(), "type": DM, "recipient_id": who["id"]} for who in people]
    return [*texts, thread, *dms]


def text_channel(world: World, name: str) -> Document:
    return {
        "id": world.ids.next(),
        "type": GUILD_TEXT,
        "name": name,
        "permission_overwrites": [],
    }


def _bot_token(application_id: str) -> str:
    first = base64.urlsafe_b64encode(application_id.encode()).decode().rstrip("=")
    return f"{first}.{secrets.token_urlsafe(4)}.{secrets.token_urlsafe(28)}"
