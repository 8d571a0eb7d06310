"""The guild, its roles and its channels."""

from sdbot.sandbox.documents import Document
from sdbot.sandbox.objects.users import member, user
from sdbot.sandbox.permissions import permissions_in, sees
from sdbot.sandbox.snowflakes import timestamp
from sdbot.sandbox.world import DM, GUILD_TEXT, THREAD, World

GUILD_NAME = "Sandbox"
LOCALE = "en-US"
ARCHIVE_MINUTES = 10_080


def role(world: World, stored: Document) -> Document:
    """@everyone, whose id is the guild's, the moderators' role or the bot's own."""
    is_bots = stored["id"] == world.identity.bot_role_id
    tags = {"tags": {"bot_id": world.identity.id}} if is_bots else {}
    return {
        **stored,
        **tags,
        "description": None,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "icon": None,
        "unicode_emoji": None,
        "position": list(world.roles).index(stored["id"]),
        "managed": is_bots,
        "mentionable": False,
        "flags": 0,
    }


def channel(world: World, stored: Document) -> Document:
    """A text channel, a thread, or the conversation of the bot and a person."""
    common = {
        "id": stored["id"],
        "type": stored["type"],
        "last_message_id": world.last_message_id(stored["id"]),
        "flags": 0,
    }
    if stored["type"] == DM:
        return {**common, "recipients": [user(world, stored["recipient_id"])]}
    in_guild = {
        **common,
        "guild_id": world.identity.guild_id,
        "name": stored["name"],
        "rate_limit_per_user": 0,
        "last_pin_timestamp": None,
    }
    if stored["type"] == THREAD:
        return {**in_guild, **_of_a_thread(world, stored)}
    texts = [id for id, other in world.channels.items() if other["type"] == GUILD_TEXT]
    return {
        **in_guild,
        "position": texts.index(stored["id"]) if stored["id"] in texts else len(texts),
        "permission_overwrites": stored["permission_overwrites"],
        "topic": None,
        "nsfw": False,
        "parent_id": None,
    }


def channels_for(world: World, user_id: str) -> list[Document]:
    """All that a user sees, with what they may do in each."""
    return [
        {**channel(world, stored), "permissions": str(permissions_in(world, user_id, stored))}
        for stored in world.channels.values()
        if sees(world, user_id, stored)
    ]


def _of_a_thread(world: World, stored: Document) -> Document:
    messages = len(world.messages_in(stored["id"]))
    begun = timestamp(stored["id"])
    return {
        "parent_id": stored["parent_id"],
        "owner_id": stored["owner_id"],
        "message_count": messages,
        "total_message_sent": messages,
        "member_count": len(world.users),
        "thread_metadata": {
            "archived": False,
            "auto_archive_duration": ARCHIVE_MINUTES,
            "archive_timestamp": begun,
            "locked": False,
            "create_timestamp": begun,
        },
        "member": {
            "id": stored["id"],
            "user_id": world.identity.id,
            "join_timestamp": begun,
            "flags": 0,
        },
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
        "owner_id": world.identity.owner_id,
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
        "roles": [role(world, stored) for stored in world.roles.values()],
        "incidents_data": None,
    }


def guild_create(world: World) -> Document:
    """What the gateway sends after READY."""

    def of_type(type: int) -> list[Document]:
        return [channel(world, c) for c in world.channels.values() if c["type"] == type]

    return {
        **guild(world),
        "joined_at": timestamp(world.identity.guild_id),
        "large": False,
        "unavailable": False,
        "member_count": len(world.users),
        "members": [member(world, id) for id in world.users],
        "channels": of_type(GUILD_TEXT),
        "threads": of_type(THREAD),
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }
