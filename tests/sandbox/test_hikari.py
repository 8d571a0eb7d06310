"""hikari's client, unchanged, takes the sandbox for Discord and finds nothing to complain of."""

import logging
from collections.abc import AsyncIterator
from typing import Any

import hikari
import pytest

from sdbot.sandbox import Sandbox, Settings
from tests.sandbox.hikari_bot import HikariBot
from tests.sandbox.member import Event, Member
from tests.sandbox.tiny_bot import picture


@pytest.fixture
def settings() -> Settings:
    """hikari knows of rate limits."""
    return Settings()


@pytest.fixture
async def bot(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> AsyncIterator[HikariBot]:
    """Its log, and everybody else's, must stay without a warning."""
    caplog.set_level(logging.INFO)
    async with HikariBot(sandbox) as bot:
        yield bot
    phases = [caplog.get_records(phase) for phase in ("setup", "call", "teardown")]
    records = [record for phase in phases for record in phase]
    assert len(records) > 1
    assert [r.getMessage() for r in records if r.levelno >= logging.WARNING] == []


async def painted(member: Member) -> Event:
    """The message with the picture."""
    await member.command("paint", prompt="a red apple")
    event = await member.until("message_create", lambda event: event["message"]["attachments"])
    return event["message"]


async def test_a_command_is_deferred_edited_and_ends_in_a_picture(
    bot: HikariBot, member: Member
) -> None:
    message = await painted(member)
    (attachment,) = message["attachments"]
    assert (attachment["filename"], attachment["content_type"]) == ("apple.png", "image/png")
    assert [user["id"] for user in message["mentions"]] == [member.id]
    done = await member.until("message_update", lambda event: event["message"]["content"] == "Done")
    assert done["message"]["interaction_metadata"]["name"] == "paint"
    interaction = await bot.told.get()
    assert interaction.app_permissions & hikari.Permissions.ATTACH_FILES
    assert interaction.member.permissions & hikari.Permissions.SEND_MESSAGES
    assert interaction.get_guild().name == "Sandbox"
    assert interaction.channel.name == "paintings"


async def test_every_kind_of_option_arrives_with_what_it_points_to(
    bot: HikariBot, member: Member, ben: Member
) -> None:
    state = await member.state()
    role_id = next(role["id"] for role in state["roles"] if role["name"] == "Moderator")
    upload = await member.upload("apple.png", picture().read())
    thread = await member.channel("Ideas")
    options: dict[str, Any] = {
        "prompt": "a red apple",
        "style": "oil",
        "steps": 7,
        "guidance": 7.5,
        "hidden": True,
        "who": ben.id,
        "where": thread["id"],
        "role": role_id,
        "whom": role_id,
        "image": upload["id"],
    }
    await member.command("paint", **options)
    interaction = await bot.told.get()
    given = {option.name: option.value for option in interaction.options}
    ids = {"who", "where", "role", "whom", "image"}
    assert given == {name: int(v) if name in ids else v for name, v in options.items()}
    resolved = interaction.resolved
    assert resolved.members[int(ben.id)].display_name == "Ben"
    assert resolved.channels[int(thread["id"])].parent_id == int(member.channel_id)
    assert resolved.roles[int(role_id)].name == "Moderator"
    image = resolved.attachments[int(upload["id"])]
    assert await image.read() == picture().read()


async def test_a_button_answers_for_one_persons_eyes(
    bot: HikariBot, member: Member, ben: Member
) -> None:
    message = await painted(member)
    await ben.press(message["id"], "again")
    for content in ("Again", "And again"):
        said = await ben.until("message_create", lambda event: event["message"]["flags"] & 64)
        assert said["message"]["content"] == content


async def test_a_select_changes_its_message(bot: HikariBot, member: Member) -> None:
    message = await painted(member)
    await member.press(message["id"], "style", "ink")
    changed = await member.until(
        "message_update", lambda event: event["message"]["id"] == message["id"]
    )
    assert changed["message"]["content"] == "In ink"
    assert changed["message"]["components"] == []


async def test_a_button_opens_a_modal_that_is_answered(bot: HikariBot, member: Member) -> None:
    message = await painted(member)
    await member.press(message["id"], "edit")
    modal = await member.until("modal")
    await member.submit(modal["interaction_id"], prompt="a green apple")
    await member.until(
        "message_create", lambda event: event["message"]["content"] == "Edited: a green apple"
    )
    _, pressed, submitted = [await bot.told.get() for _ in range(3)]
    assert pressed.message.id == submitted.message.id == int(message["id"])


async def test_what_is_typed_is_completed(bot: HikariBot, member: Member) -> None:
    options = {"prompt": "x", "style": "i", "steps": "4x"}
    body = {"channel_id": member.channel_id, "name": "paint", "focused": "style"}
    answer = await member.done("/sandbox/autocomplete", **body, options=options)
    assert answer["choices"] == [{"name": "Ink", "value": "ink"}]


async def test_menus_bring_their_targets(bot: HikariBot, member: Member, mira: Member) -> None:
    upload = await mira.upload("apple.png", picture().read())
    target = await mira.write("An apple", attachment_ids=[upload["id"]])
    await member.menu(2, "Portray", mira.id)
    await member.menu(3, "Remix", target)
    on_user, on_message = await bot.told.get(), await bot.told.get()
    assert on_user.resolved.members[on_user.target_id].user.username == "mira"
    remixed = on_message.resolved.messages[on_message.target_id]
    assert (remixed.content, len(remixed.attachments)) == ("An apple", 1)
    for content in ("Portray it is", "Remix it is"):
        await member.until(
            "message_create", lambda event, c=content: event["message"]["content"] == c
        )


async def test_in_private_the_bot_reads_and_answers(bot: HikariBot, member: Member) -> None:
    dm = await member.dm()
    message_id = await member.write("Hello", channel_id=dm["id"])
    said = await member.until("message_create", lambda event: event["message"]["author"]["bot"])
    assert said["message"]["content"] == "You said: Hello"
    assert said["message"]["referenced_message"]["id"] == message_id
    body = {"channel_id": dm["id"], "name": "paint", "options": {"prompt": "x", "who": member.id}}
    await member.done("/sandbox/commands", **body)
    interaction = await bot.told.get()
    assert (interaction.member, interaction.user.username) == (None, "ada")
    await member.until("message_create", lambda event: event["message"]["attachments"])


async def test_all_that_can_be_read_is_understood(bot: HikariBot, member: Member) -> None:
    message = await painted(member)
    rest, guild_id = bot.app.rest, int((await member.state())["guild"]["id"])
    channel_id = int(member.channel_id)
    thread_id = int((await member.channel("Ideas"))["id"])
    assert (await rest.fetch_my_user()).username == "Painter"
    assert (await rest.fetch_user(int(member.id))).global_name == "Ada"
    assert (await rest.fetch_guild(guild_id)).name == "Sandbox"
    assert (await rest.fetch_member(guild_id, int(member.id))).display_name == "Ada"
    assert len(await rest.fetch_roles(guild_id)) == 3
    assert len(await rest.fetch_guild_channels(guild_id)) == 2
    assert (await rest.fetch_channel(thread_id)).name == "Ideas"
    dm = await rest.create_dm_channel(int(member.id))
    assert dm.recipient.id == int(member.id)
    fetched = await rest.fetch_message(channel_id, int(message["id"]))
    assert await fetched.attachments[0].read() == picture().read()
    assert len(await rest.fetch_messages(channel_id)) == 2
    application = await rest.fetch_application()
    paint, *_ = await rest.fetch_application_commands(application.id)
    edited = await rest.edit_application_command(application.id, paint.id, description="Paint")
    assert edited.description == "Paint"
    await rest.delete_application_command(application.id, paint.id)
    with pytest.raises(hikari.NotFoundError, match="Unknown application command"):
        await rest.fetch_application_command(application.id, paint.id)
    await rest.delete_messages(channel_id, [int(message["id"])])
    await rest.trigger_typing(channel_id)
    await member.until("typing")


async def test_a_cut_connection_is_resumed(
    bot: HikariBot, sandbox: Sandbox, member: Member
) -> None:
    sandbox.troubles.begin("gateway_reconnect")
    await bot.resumed.wait()
    await painted(member)
