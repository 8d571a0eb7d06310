"""What the gateway tells the bot of a command or a press."""

from typing import Any

from sdbot.sandbox.documents import Document
from sdbot.sandbox.objects.guild import (
    ALL_PERMISSIONS,
    LOCALE,
    TEXT_IN_DM,
    USUAL_PERMISSIONS,
    channel,
)
from sdbot.sandbox.objects.users import member, user
from sdbot.sandbox.world import DM, World

GUILD_CONTEXT = 0
BOT_DM_CONTEXT = 1


def interaction(
    world: World, *, id: str, token: str, type: int, channel_id: str, data: Document
) -> Document:
    """INTERACTION_CREATE, without `attachment_size_limit` and the message of a component."""
    place = world.channels[channel_id]
    is_dm = place["type"] == DM
    built: dict[str, Any] = {
        "id": id,
        "application_id": world.identity.id,
        "type": type,
        "token": token,
        "version": 1,
        "data": data,
        "channel_id": channel_id,
        "channel": {**channel(world, place), "permissions": str(ALL_PERMISSIONS)},
        "app_permissions": str(TEXT_IN_DM if is_dm else USUAL_PERMISSIONS),
        "locale": LOCALE,
        "entitlements": [],
        "authorizing_integration_owners": {"0": "0" if is_dm else world.identity.guild_id},
        "context": BOT_DM_CONTEXT if is_dm else GUILD_CONTEXT,
    }
    if is_dm:
        return {**built, "user": user(world, world.identity.member_id)}
    permissions = {"permissions": str(ALL_PERMISSIONS)}
    guild_id = world.identity.guild_id
    return {
        **built,
        "guild_id": guild_id,
        "guild": {"id": guild_id, "locale": LOCALE, "features": []},
        "guild_locale": LOCALE,
        "member": {**member(world, world.identity.member_id), **permissions},
    }
