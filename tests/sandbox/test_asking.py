"""discord.py's modals, menus, selects and completions, as people use them."""

from collections.abc import AsyncIterator

import pytest

from sdbot.sandbox import Sandbox, Settings
from tests.sandbox.asking_bot import AskingBot
from tests.sandbox.conftest import running_bot
from tests.sandbox.member import Event, Member
from tests.sandbox.tiny_bot import TinyBot, picture

ON_USER, ON_MESSAGE = 2, 3
SIZE = len(picture().getvalue())


@pytest.fixture
def settings() -> Settings:
    return Settings()


@pytest.fixture
async def bot(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TinyBot]:
    async with running_bot(sandbox, monkeypatch, bot_type=AskingBot) as bot:
        yield bot


async def said(member: Member) -> str:
    return str((await member.until("message_create"))["message"]["content"])


async def drawn(member: Member) -> Event:
    """The message with the button and the select."""
    await member.command("draw", like={"style": "Ink"})
    return (await member.until("message_create"))["message"]


async def test_what_options_point_to_is_there_in_full(bot: TinyBot, member: Member) -> None:
    upload = await member.upload("apple.png", picture().read())
    role_id = next(
        role["id"] for role in (await member.state())["roles"] if role["name"] == "Moderator"
    )
    thread = await member.channel("Ideas")
    options = {"style": "Ink", "image": upload["id"], "whom": role_id, "where": thread["id"]}
    await member.command("draw", like=options)
    assert await said(member) == f"Ink, {SIZE}, Moderator, Ideas"


async def test_a_style_is_completed(bot: TinyBot, member: Member) -> None:
    body = {"channel_id": member.channel_id, "name": "draw", "focused": "style"}
    answer = await member.done("/sandbox/autocomplete", **body, options={"like": {"style": "c"}})
    assert answer == {"choices": [{"name": "Chalk", "value": "Chalk"}], "message": None}


async def test_a_modal_of_every_field_is_filled_in(
    bot: TinyBot, member: Member, ben: Member
) -> None:
    message = await drawn(member)
    upload = await member.upload("apple.png", picture().read())
    await member.press(message["id"], "edit")
    modal = await member.until("modal")
    fields = [label["component"]["custom_id"] for label in modal["data"]["components"]]
    values = dict(zip(fields, ["a pear", ["Oil"], [ben.id], [upload["id"]]], strict=True))
    await member.submit(modal["interaction_id"], **values)
    assert await said(member) == "a pear, Oil, Ben, apple.png"


async def test_a_select_of_channels_changes_its_message(bot: TinyBot, member: Member) -> None:
    message = await drawn(member)
    sketches = await member.channel("sketches")
    await member.press(message["id"], "where", sketches["id"])
    changed = (await member.until("message_update"))["message"]
    assert (changed["content"], changed["components"]) == ("In sketches", [])


async def test_the_menu_of_a_user_knows_the_roles(
    bot: TinyBot, member: Member, mira: Member
) -> None:
    await member.menu(ON_USER, "Portray", mira.id)
    assert await said(member) == "Mira: @everyone, Moderator"


async def test_the_menu_of_a_message_reads_its_picture(bot: TinyBot, member: Member) -> None:
    upload = await member.upload("apple.png", picture().read())
    target = await member.write("apple", attachment_ids=[upload["id"]])
    await member.menu(ON_MESSAGE, "Remix", target)
    filled = (await member.until("message_update"))["message"]
    assert filled["content"] == f"ada's apple: {SIZE}"


async def test_in_private_there_is_a_user_and_no_member(bot: TinyBot, member: Member) -> None:
    dm = await member.dm()
    body = {"channel_id": dm["id"], "name": "draw", "options": {"like": {"style": "Oil"}}}
    await member.done("/sandbox/commands", **body)
    assert await said(member) == "Oil, 0, None, None"
