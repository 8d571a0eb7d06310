"""The guild, its role and its channels."""

from sdbot.sandbox.documents import Document
from sdbot.sandbox.objects.users import member, user
from sdbot.sandbox.snowflakes import timestamp
from sdbot.sandbox.world import DM, World

GUILD_NAME = "Sandbox"
LOCALE = "en-US"

# Bits of https://discord.com/developers/docs/topics/permissions: what @everyone has in a new guild.
USUAL_PERMISSIONS = sum(
    1 << bit for bit in (0, 6, 9, 10, 11, 12, 14, 15, 16, 17, 18, 20, 21, 25, 26, 31, 35, 37, 38)
)
# Of the guild's owner: every bit that is defined.
ALL_PERMISSIONS = (1 << 53) - 1
TEXT_IN_DM = sum(1 << bit for bit in (6, 10, 11, 14, 15, 16, 18, 31))


def everyone(world: World) -> Document:
    """The one role there is; its id is the guild's."""
    return {
        "id": world.identity.guild_id,
        "name": "@everyone",
        "description": None,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "icon": None,
        "unicode_emoji": None,
        "position": 0,
        "permissions": str(USUAL_PERMISSIONS),
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }


def channel(world: World, document: Document) -> Document:
    """The text channel, or the conversation of bot and member."""
    messages = world.messages_in(document["id"])
    common = {
        "id": document["id"],
        "type": document["type"],
        "last_message_id": messages[-1]["id"] if messages else None,
        "flags": 0,
    }
    if document["type"] == DM:
        return {**common, "recipients": [user(world, world.identity.member_id)]}
    return {
        **common,
        "guild_id": world.identity.guild_id,
        "name": document["name"],
        "position": 0,
        "permission_overwrites": [],
        "topic": None,
        "nsfw": False,
        "rate_limit_per_user": 0,
        "parent_id": None,
        "last_pin_timestamp": None,
    }


def guild(world: World) -> Document:
    """The guild without what only GUILD_CREATE has."""
    return {
        "id": world.identity.guild_id,
        "name": GUILD_NAME,
        "icon": None,
        "splash": None,
        "discovery_splash": None,
        "banner": None,
        "description": None,
        "owner_id": world.identity.member_id,
        "application_id": None,
        "region": "automatic",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "rules_channel_id": None,
        "public_updates_channel_id": None,
        "safety_alerts_channel_id": None,
        "widget_enabled": False,
        "widget_channel_id": None,
        "verification_level": 0,
        "default_message_notifications": 1,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw": False,
        "nsfw_level": 0,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "premium_progress_bar_enabled": False,
        "preferred_locale": LOCALE,
        "vanity_url_code": None,
        "max_members": 500_000,
        "max_presences": None,
        "max_video_channel_users": 25,
        "max_stage_video_channel_users": 50,
        "features": [],
        "emojis": [],
        "stickers": [],
        "roles": [everyone(world)],
        "incidents_data": None,
    }


def guild_create(world: World) -> Document:
    """What the gateway sends after READY."""
    members = [world.identity.id, world.identity.member_id]
    main_channel = world.channels[world.identity.channel_id]
    return {
        **guild(world),
        "joined_at": timestamp(world.identity.guild_id),
        "large": False,
        "unavailable": False,
        "member_count": len(members),
        "members": [member(world, id) for id in members],
        "channels": [channel(world, main_channel)],
        "threads": [],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }
