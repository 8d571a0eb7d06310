"""The delete button: for who asked, and for who may manage messages."""

from tests.sdbot.conversation import picture_message, press, refused, told


async def paint(member):
    """The message with a picture that this member asked for."""
    await member.command("imagine", prompt="a red apple")
    return await picture_message(member)


async def is_there(member, message):
    return message["id"] in [kept["id"] for kept in await member.messages()]


async def gone(member, message):
    """Wait until the message is deleted."""
    await member.until("message_delete", lambda event: event["id"] == message["id"])


async def test_who_asked_deletes_the_picture(start_bot, member):
    async with start_bot():
        message = await paint(member)
        await press(member, message, "Delete")
        await gone(member, message)
    assert not await is_there(member, message)


async def test_a_moderator_deletes_anybodys_picture(start_bot, member, mira):
    async with start_bot():
        message = await paint(member)
        await press(mira, message, "Delete")
        await gone(member, message)


async def test_a_stranger_is_refused_in_private(start_bot, member, ben):
    async with start_bot():
        message = await paint(member)
        await press(ben, message, "Delete")
        refusal = await refused(ben, "Only who asked for it, or a moderator, can do that.")
        assert await is_there(ben, message)
        assert not await is_there(member, refusal)


async def test_a_picture_in_a_dm_is_deleted_by_who_asked(start_bot, member):
    member.channel_id = (await member.dm())["id"]
    async with start_bot():
        message = await paint(member)
        await press(member, message, "Delete")
        await gone(member, message)


async def test_who_pressed_reroll_deletes_what_came_of_it_and_nothing_else(start_bot, member, ben):
    async with start_bot():
        await paint(member)
        first = await picture_message(ben)
        await press(ben, first, "Reroll")
        second = await picture_message(ben)
        await press(member, second, "Delete")
        await refused(member, "Only who asked for it")
        await press(ben, second, "Delete")
        await gone(member, second)
        assert await is_there(member, first)


async def test_it_works_after_a_restart(start_bot, member, ben):
    async with start_bot():
        message = await paint(member)
    async with start_bot():
        await press(ben, message, "Delete")
        await refused(ben, "Only who asked for it")
        await press(member, message, "Delete")
        await gone(member, message)


async def test_without_a_row_only_a_moderator_deletes(start_bot, member, mira, tmp_path):
    async with start_bot():
        message = await paint(member)
    async with start_bot(STATE_PATH=str(tmp_path / "another")):
        await press(member, message, "Delete")
        await refused(member, "I keep no record of job 1 any more.")
        await press(mira, message, "Delete")
        await gone(member, message)


async def test_a_picture_that_is_deleted_meanwhile_ends_nothing(start_bot, member, mira, engine):
    """Its variation is still painted, and the buttons of the other pictures work."""
    async with start_bot():
        message = await paint(member)
        engine.may_paint.clear()
        await press(member, message, "Strong")
        await told(member, "Painting, step ")
        await press(mira, message, "Delete")
        await gone(member, message)
        engine.may_paint.set()
        await press(member, await picture_message(member), "Reroll")
        await picture_message(member)


async def test_a_channel_where_the_bot_may_not_write_any_more_can_be_tidied(
    sandbox, start_bot, member
):
    async with start_bot():
        message = await paint(member)
        await sandbox.troubles.switch("permission_lost", True, member.channel_id)
        await press(member, message, "Delete")
        await gone(member, message)
