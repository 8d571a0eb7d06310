"""discord.py's client, unchanged, takes the sandbox for Discord."""

import io
from pathlib import Path

import discord
import pytest
from PIL import Image

from sdbot.sandbox import Sandbox, Settings
from tests.sandbox.conftest import point_discord_py_at, running_bot
from tests.sandbox.member import Member
from tests.sandbox.tiny_bot import ALT_TEXT, TinyBot


@pytest.fixture
def settings() -> Settings:
    return Settings()


async def paint(member: Member, bot: TinyBot) -> dict:
    """The message with the picture."""
    bot.go.set()
    bot.finish.set()
    await member.command("paint", prompt="a red apple")
    event = await member.until("message_create", lambda event: event["message"]["attachments"])
    return event["message"]


async def test_a_command_is_deferred_edited_and_ends_in_a_picture(
    member: Member, bot: TinyBot
) -> None:
    await member.command("paint", prompt="a *red* apple", steps=7)
    thinking = (await member.until("message_create"))["message"]
    assert thinking["flags"] == 128
    assert thinking["interaction_metadata"]["name"] == "paint"

    bot.go.set()
    progress = (await member.until("message_update"))["message"]
    assert progress["content"] == r"**a \*red\* apple**: 1 of 7"
    assert (progress["id"], progress["flags"]) == (thinking["id"], 0)

    bot.finish.set()
    result = (await member.until("message_create"))["message"]
    (attachment,) = result["attachments"]
    assert attachment["description"] == ALT_TEXT
    assert (attachment["width"], attachment["height"]) == (640, 480)
    assert [user["username"] for user in result["mentions"]] == ["ada"]
    assert result["components"][0]["components"][0]["custom_id"] == "reroll:7"

    done = (await member.until("message_update"))["message"]
    assert done["content"].endswith(f"/{member.channel_id}/{result['id']}")


async def test_the_bot_sees_a_guild_a_channel_a_member_and_what_it_may(
    member: Member, bot: TinyBot
) -> None:
    await member.command("paint", prompt="a red apple")
    await member.until("message_create")
    interaction = bot.interaction
    assert interaction is not None
    assert interaction.guild is not None
    assert interaction.guild.filesize_limit == interaction.filesize_limit == 10 * 1024 * 1024
    assert interaction.app_permissions.attach_files
    assert interaction.permissions.send_messages
    assert interaction.user.display_name == "Ada"
    assert str(interaction.channel) == "paintings"


async def test_a_picture_comes_back_from_its_link_byte_for_byte(
    member: Member, bot: TinyBot
) -> None:
    message = await paint(member, bot)
    channel = bot.get_partial_messageable(int(member.channel_id))
    fetched = await channel.fetch_message(int(message["id"]))
    data = await fetched.attachments[0].read()
    assert data.startswith(b"\x89PNG")
    assert len(data) == message["attachments"][0]["size"]


async def test_a_button_answers_ephemerally(member: Member, bot: TinyBot) -> None:
    message = await paint(member, bot)
    await member.press(message["id"], "reroll:7")
    answer = await member.until("message_create")
    assert answer["message"]["content"] == "Job 7 again"
    assert answer["message"]["flags"] == 64


async def test_a_button_works_after_a_restart_of_bot_and_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        Sandbox(tmp_path) as sandbox,
        Member(sandbox) as member,
        running_bot(sandbox, monkeypatch) as bot,
    ):
        message = await paint(member, bot)
        await member.until("message_update")
        first_token, first_state = sandbox.token, await member.state()
        first_messages = await member.messages()
    async with (
        Sandbox(tmp_path) as sandbox,
        running_bot(sandbox, monkeypatch),
        Member(sandbox) as member,
    ):
        state = await member.state()
        assert sandbox.token == first_token
        messages = await member.messages()
        assert [m["content"] for m in messages] == [m["content"] for m in first_messages]
        assert [c["id"] for c in state["commands"]] == [c["id"] for c in first_state["commands"]]
        await member.press(message["id"], "reroll:7")
        answer = (await member.until("message_create"))["message"]
        assert answer["content"] == "Job 7 again"
        assert int(answer["id"]) > max(int(m["id"]) for m in messages)


async def test_a_cut_connection_is_resumed_and_loses_nothing(member: Member, bot: TinyBot) -> None:
    bot.go.set()
    bot.finish.set()
    session_id = bot.ws.session_id
    await bot.ws.close(4000)
    await member.command("paint", prompt="a red apple")
    await member.until("message_create", lambda event: event["message"]["attachments"])
    assert bot.resumed.is_set()
    assert bot.ws.session_id == session_id


async def test_members_are_there_for_a_bot_that_may_list_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    intents = discord.Intents(guilds=True, members=True)
    settings = Settings(privileged_intents=intents.value)
    async with (
        Sandbox(tmp_path, settings=settings) as sandbox,
        running_bot(sandbox, monkeypatch, intents) as bot,
    ):
        members = await bot.guilds[0].chunk()
        assert {member.name for member in members} == {"ada", "ben", "mira", "Painter"}


async def test_a_bot_without_its_privileged_intents_is_told_so(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_discord_py_at(sandbox, monkeypatch)
    async with TinyBot(discord.Intents(guilds=True, members=True)) as bot:
        with pytest.raises(discord.PrivilegedIntentsRequired):
            await bot.start(sandbox.token)


async def test_what_the_bot_plays_is_shown_to_the_pages(member: Member, bot: TinyBot) -> None:
    await bot.change_presence(activity=discord.CustomActivity("2 pictures waiting"))
    event = await member.until("bot", lambda event: event["bot"]["presence"])
    assert event["bot"]["presence"] == "2 pictures waiting"


async def test_the_picture_of_a_user_without_one_can_be_read(bot: TinyBot) -> None:
    assert bot.user is not None
    data = await bot.user.display_avatar.read()
    assert Image.open(io.BytesIO(data)).size == (64, 64)
