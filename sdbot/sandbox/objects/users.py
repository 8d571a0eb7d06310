"""The two users there are, and each as a member of the guild."""

from sdbot.sandbox.documents import Document
from sdbot.sandbox.snowflakes import timestamp
from sdbot.sandbox.world import World

BOT_NAME = "Painter"
MEMBER_NAME = "Ada"


def user(world: World, id: str) -> Document:
    """One of the two there are."""
    is_bot = id == world.identity.id
    return {
        "id": id,
        "username": BOT_NAME if is_bot else MEMBER_NAME.lower(),
        "discriminator": "0",
        "global_name": None if is_bot else MEMBER_NAME,
        "avatar": None,
        "bot": is_bot,
        "system": False,
        "banner": None,
        "accent_color": None,
        "avatar_decoration_data": None,
        "collectibles": None,
        "primary_guild": None,
        "public_flags": 0,
    }


def member_without_user(world: World) -> Document:
    return {
        "nick": None,
        "avatar": None,
        "banner": None,
        "roles": [],
        "joined_at": timestamp(world.identity.guild_id),
        "premium_since": None,
        "deaf": False,
        "mute": False,
        "flags": 0,
        "pending": False,
        "communication_disabled_until": None,
        "avatar_decoration_data": None,
        "collectibles": None,
    }


def member(world: World, user_id: str) -> Document:
    return {**member_without_user(world), "user": user(world, user_id)}
