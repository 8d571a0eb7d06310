"""What the gateway tells the bot of an interaction."""

from sdbot.sandbox.documents import Document
from sdbot.sandbox.objects.guild import LOCALE, channel
from sdbot.sandbox.objects.users import member, user
from sdbot.sandbox.permissions import OF_THE_BOT_IN_DM, permissions_in
from sdbot.sandbox.world import BOT_DM_CONTEXT, DM, GUILD_CONTEXT, World


def interaction(
    world: World, *, id: str, token: str, type: int, user_id: str, channel_id: str, data: Document
) -> Document:
    """INTERACTION_CREATE, without `attachment_size_limit` and the message of a component."""
    place = world.channels[channel_id]
    is_dm = place["type"] == DM
    guild_id = world.identity.guild_id
    of_user = {"permissions": str(permissions_in(world, user_id, place))}
    built: Document = {
        "id": id,
        "application_id": world.identity.id,
        "type": type,
        "token": token,
        "version": 1,
        "data": data,
        "channel_id": channel_id,
        "channel": {**channel(world, place), **of_user},
        "app_permissions": str(_of_the_bot(world, place)),
        "locale": LOCALE,
        "entitlements": [],
        "authorizing_integration_owners": {"0": "0" if is_dm else guild_id},
        "context": BOT_DM_CONTEXT if is_dm else GUILD_CONTEXT,
    }
    if is_dm:
        return {**built, "user": user(world, user_id)}
    return {
        **built,
        "guild_id": guild_id,
        "guild": {"id": guild_id, "locale": LOCALE, "features": []},
        "guild_locale": LOCALE,
        "member": {**member(world, user_id), **of_user},
    }


def _of_the_bot(world: World, place: Document) -> int:
    is_dm = place["type"] == DM
    return OF_THE_BOT_IN_DM if is_dm else permissions_in(world, world.identity.id, place)
