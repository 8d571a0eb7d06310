"""Discord's objects are complete: every key that its documentation has without a question mark."""

from types import NoneType, UnionType
from typing import Any

import aiohttp
import pytest

from tests.sandbox.bot_http import COMMAND, BotHTTP, dispatched, form
from tests.sandbox.member import Event, Member
from tests.sandbox.tiny_bot import picture

TEXT = str | None
SNOWFLAKE = TEXT
Keys = dict[str, type | UnionType]

USER: Keys = {
    "id": str,
    "username": str,
    "discriminator": str,
    "global_name": TEXT,
    "avatar": TEXT,
}
MEMBER: Keys = {"roles": list, "joined_at": TEXT, "deaf": bool, "mute": bool, "flags": int}
COLORS: Keys = {
    "primary_color": int,
    "secondary_color": int | None,
    "tertiary_color": int | None,
}
ROLE: Keys = {
    "id": str,
    "name": str,
    "color": int,
    "colors": dict,
    "hoist": bool,
    "position": int,
    "permissions": str,
    "managed": bool,
    "mentionable": bool,
    "flags": int,
}
GUILD: Keys = {
    "id": str,
    "name": str,
    "icon": TEXT,
    "splash": TEXT,
    "discovery_splash": TEXT,
    "owner_id": str,
    "afk_channel_id": SNOWFLAKE,
    "afk_timeout": int,
    "verification_level": int,
    "default_message_notifications": int,
    "explicit_content_filter": int,
    "roles": list,
    "emojis": list,
    "features": list,
    "mfa_level": int,
    "application_id": SNOWFLAKE,
    "system_channel_id": SNOWFLAKE,
    "system_channel_flags": int,
    "rules_channel_id": SNOWFLAKE,
    "vanity_url_code": TEXT,
    "description": TEXT,
    "banner": TEXT,
    "premium_tier": int,
    "preferred_locale": str,
    "public_updates_channel_id": SNOWFLAKE,
    "nsfw_level": int,
    "premium_progress_bar_enabled": bool,
    "safety_alerts_channel_id": SNOWFLAKE,
    "incidents_data": dict | None,
}
GUILD_CREATE: Keys = {
    **GUILD,
    "joined_at": str,
    "large": bool,
    "member_count": int,
    "voice_states": list,
    "members": list,
    "channels": list,
    "threads": list,
    "presences": list,
    "stage_instances": list,
    "guild_scheduled_events": list,
    "soundboard_sounds": list,
}
CHANNEL: Keys = {
    "id": str,
    "type": int,
    "guild_id": str,
    "position": int,
    "permission_overwrites": list,
    "name": str,
    "topic": TEXT,
    "nsfw": bool,
    "last_message_id": SNOWFLAKE,
    "rate_limit_per_user": int,
    "parent_id": SNOWFLAKE,
    "flags": int,
}
THREAD: Keys = {
    "id": str,
    "type": int,
    "guild_id": str,
    "name": str,
    "parent_id": str,
    "owner_id": str,
    "message_count": int,
    "member_count": int,
    "total_message_sent": int,
    "thread_metadata": dict,
    "rate_limit_per_user": int,
}
THREAD_METADATA: Keys = {
    "archived": bool,
    "auto_archive_duration": int,
    "archive_timestamp": str,
    "locked": bool,
}
DM: Keys = {"id": str, "type": int, "recipients": list, "last_message_id": SNOWFLAKE}
MESSAGE: Keys = {
    "id": str,
    "channel_id": str,
    "author": dict,
    "content": str,
    "timestamp": str,
    "edited_timestamp": TEXT,
    "tts": bool,
    "mention_everyone": bool,
    "mentions": list,
    "mention_roles": list,
    "attachments": list,
    "embeds": list,
    "pinned": bool,
    "type": int,
}
ATTACHMENT: Keys = {"id": str, "filename": str, "size": int, "url": str, "proxy_url": str}
METADATA: Keys = {"id": str, "type": int, "user": dict, "authorizing_integration_owners": dict}
INTERACTION: Keys = {
    "id": str,
    "application_id": str,
    "type": int,
    "data": dict,
    "guild": dict,
    "guild_id": str,
    "channel": dict,
    "channel_id": str,
    "member": dict,
    "token": str,
    "version": int,
    "app_permissions": str,
    "locale": str,
    "guild_locale": str,
    "entitlements": list,
    "authorizing_integration_owners": dict,
    "context": int,
    "attachment_size_limit": int,
}
COMMAND_KEYS: Keys = {
    "id": str,
    "type": int,
    "application_id": str,
    "name": str,
    "description": str,
    "default_member_permissions": TEXT,
    "version": str,
}
APPLICATION: Keys = {
    "id": str,
    "name": str,
    "icon": TEXT,
    "description": str,
    "bot_public": bool,
    "bot_require_code_grant": bool,
    "verify_key": str,
    "team": NoneType,
    "event_webhooks_status": int,
}
READY: Keys = {
    "v": int,
    "user": dict,
    "guilds": list,
    "session_id": str,
    "resume_gateway_url": str,
    "application": dict,
}
GATEWAY: Keys = {"url": str, "shards": int, "session_start_limit": dict}
STARTS: Keys = {"total": int, "remaining": int, "reset_after": int, "max_concurrency": int}


@pytest.fixture
async def gateway(bot_http: BotHTTP) -> aiohttp.ClientWebSocketResponse:
    await bot_http.register()
    return await bot_http.identify(1 | 1 << 9)


def check(built: Event, keys: Keys) -> None:
    wrong = {
        name: built.get(name, "absent")
        for name, type in keys.items()
        if name not in built
        or not isinstance(built[name], type)
        # A truth is a number to Python, and to nobody else.
        or (isinstance(built[name], bool) and type is not bool)
    }
    assert wrong == {}


async def test_the_guild_and_what_is_in_it(bot_http: BotHTTP, member: Member) -> None:
    guild_id = (await member.state())["guild"]["id"]
    path = f"guilds/{guild_id}"
    guild = await bot_http.done("GET", path)
    check(guild, GUILD)
    assert "approximate_member_count" not in guild
    counted = await bot_http.done("GET", f"{path}?with_counts=true")
    assert counted["approximate_member_count"] == 4
    roles = await bot_http.done("GET", f"{path}/roles")
    assert roles == guild["roles"]
    assert (roles[0]["id"], roles[0]["name"]) == (guild_id, "@everyone")
    for role in roles:
        check(role, ROLE)
        check(role["colors"], COLORS)
    assert roles[-1]["tags"] == {"bot_id": bot_http.id}
    channels = await bot_http.done("GET", f"{path}/channels")
    assert [channel["name"] for channel in channels] == ["paintings", "sketches"]
    for channel in channels:
        check(channel, CHANNEL)
        assert await bot_http.done("GET", f"channels/{channel['id']}") == channel


async def test_users_and_members(bot_http: BotHTTP, member: Member, mira: Member) -> None:
    guild_id = (await member.state())["guild"]["id"]
    for id in (member.id, mira.id, bot_http.id):
        user = await bot_http.done("GET", f"users/{id}")
        check(user, USER)
        listed = await bot_http.done("GET", f"guilds/{guild_id}/members/{id}")
        check(listed, MEMBER)
        assert listed["user"] == user
    own = await bot_http.done("GET", "users/@me")
    check(own, {**USER, "mfa_enabled": bool, "verified": bool})
    for path in ("applications/@me", "oauth2/applications/@me"):
        application = await bot_http.done("GET", path)
        check(application, APPLICATION)
        assert application["owner"]["id"] == mira.id


async def test_what_is_not_in_the_guild_has_its_own_code(bot_http: BotHTTP, member: Member) -> None:
    guild_id = (await member.state())["guild"]["id"]
    for path, code in (
        ("users/1", 10013),
        ("guilds/1", 10004),
        ("guilds/1/channels", 10004),
        ("guilds/1/roles", 10004),
        (f"guilds/1/members/{member.id}", 10004),
        (f"guilds/{guild_id}/members/1", 10007),
    ):
        status, body = await bot_http.request("GET", path)
        assert (status, body["code"]) == (404, code)


async def test_threads_and_conversations(bot_http: BotHTTP, member: Member) -> None:
    ideas = await member.channel("Ideas")
    thread = await bot_http.done("GET", f"channels/{ideas['id']}")
    check(thread, THREAD)
    check(thread["thread_metadata"], THREAD_METADATA)
    dm = await bot_http.done("GET", f"channels/{(await member.dm())['id']}")
    check(dm, DM)
    (recipient,) = dm["recipients"]
    check(recipient, USER)
    assert recipient["id"] == member.id


async def test_what_the_gateway_begins_with(bot_http: BotHTTP) -> None:
    answer = await bot_http.done("GET", "gateway/bot")
    check(answer, GATEWAY)
    check(answer["session_start_limit"], STARTS)
    socket = await bot_http.connect()
    await socket.send_json({"op": 2, "d": bot_http.identity()})
    ready = (await socket.receive_json())["d"]
    check(ready, READY)
    check(ready["user"], USER)
    check(ready["application"], {"id": str, "flags": int})
    guild = (await socket.receive_json())["d"]
    check(guild, GUILD_CREATE)
    for channel in guild["channels"]:
        check(channel, CHANNEL)
    for thread in guild["threads"]:
        check(thread, THREAD)
        check(thread["member"], {"join_timestamp": str, "flags": int})
    for member in guild["members"]:
        check(member, MEMBER)
        check(member["user"], USER)


async def test_commands(bot_http: BotHTTP) -> None:
    path = f"applications/{bot_http.id}/commands"
    menu: Any = {"type": 3, "name": "A menu"}
    for command in await bot_http.done("PUT", path, json=[COMMAND, menu]):
        check(command, COMMAND_KEYS)
        for option in command.get("options", []):
            check(option, {"type": int, "name": str, "description": str})


async def test_messages_and_their_files(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member
) -> None:
    path = f"channels/{member.channel_id}/messages"
    data = form({"content": "x"}, ("a.png", picture().read()))
    answered = await bot_http.done("POST", path, data=data)
    event = await dispatched(gateway, "MESSAGE_CREATE")
    check(event, {**MESSAGE, "guild_id": str, "member": dict})
    check(event["member"], MEMBER)
    for message in (answered, event, *await bot_http.done("GET", path)):
        check(message, MESSAGE)
        check(message["author"], USER)
        (attachment,) = message["attachments"]
        check(attachment, {**ATTACHMENT, "content_type": str, "width": int, "height": int})


async def test_interactions_and_their_answers(
    gateway: aiohttp.ClientWebSocketResponse, bot_http: BotHTTP, member: Member
) -> None:
    await member.command("paint", prompt="x")
    interaction = await dispatched(gateway, "INTERACTION_CREATE")
    check(interaction, INTERACTION)
    check(interaction["member"], {**MEMBER, "user": dict, "permissions": str})
    check(interaction["channel"], {**CHANNEL, "permissions": str})
    check(interaction["guild"], {"id": str, "locale": str, "features": list})
    check(interaction["data"], {"id": str, "name": str, "type": int, "options": list})
    _, told = await bot_http.answer(interaction, 4, {"content": "x"})
    check(
        told["interaction"],
        {
            "id": str,
            "type": int,
            "response_message_id": str,
            "response_message_loading": bool,
            "response_message_ephemeral": bool,
        },
    )
    message = told["resource"]["message"]
    check(message, {**MESSAGE, "application_id": str, "webhook_id": str})
    check(message["interaction_metadata"], METADATA)
    check(message["interaction_metadata"]["user"], USER)
    check(message["interaction"], {"id": str, "type": int, "name": str, "user": dict})


async def test_an_embed_shows_the_files_that_came_with_it(
    bot_http: BotHTTP, member: Member
) -> None:
    link = {"url": "attachment://a.png"}
    icon = {"icon_url": "attachment://a.png"}
    embed = {
        "image": link,
        "thumbnail": link,
        "author": {"name": "Ada", **icon},
        "footer": {"text": "x", **icon},
    }
    data = form({"embeds": [embed]}, ("a.png", picture().read()))
    message = await bot_http.done("POST", f"channels/{member.channel_id}/messages", data=data)
    (attachment,), (shown,) = message["attachments"], message["embeds"]
    for part, name in (
        ("image", "url"),
        ("thumbnail", "url"),
        ("author", "icon_url"),
        ("footer", "icon_url"),
    ):
        assert shown[part][name] == shown[part][f"proxy_{name}"] == attachment["url"]
