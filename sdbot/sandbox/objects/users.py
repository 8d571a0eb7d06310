"""Users, and each as a member of the guild."""

from sdbot.sandbox.documents import Document
from sdbot.sandbox.snowflakes import timestamp
from sdbot.sandbox.world import World


def user(world: World, id: str) -> Document:
    """One of the people, or the bot."""
    known = world.users[id]
    return {
        "id": id,
        "username": known["username"],
        "discriminator": "0",
        "global_name": known["global_name"],
        "avatar": None,
        "bot": known["bot"],
        "system": False,
        "banner": None,
        "accent_color": None,
        "avatar_decoration_data": None,
        "collectibles": None,
        "primary_guild": None,
        "public_flags": 0,
    }


def member_without_user(world: World, id: str) -> Document:
    return {
        "nick": None,
        "avatar": None,
        "banner": None,
        "roles": world.users[id]["role_ids"],
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


def member(world: World, id: str) -> Document:
    return {**member_without_user(world, id), "user": user(world, id)}
