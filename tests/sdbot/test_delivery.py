"""What Discord's refusals and a broken network mean."""

from types import SimpleNamespace

import aiohttp
import discord
import pytest

from sdbot.chat.delivery import _translated
from sdbot.errors import ChannelClosed, DeliveryDelayed, Undeliverable
from sdbot.sandbox import errors
from sdbot.sandbox.interactions import Interactions
from sdbot.sandbox.permissions import Permission
from tests.sdbot.conversation import told


async def test_progress_is_edited_by_the_bots_own_token_when_the_other_is_dead(
    start_bot, member, engine, monkeypatch
):
    refused = []

    def refuse(_interactions, _application_id, token):
        refused.append(token)
        raise errors.invalid_webhook_token()

    engine.may_paint.clear()
    async with start_bot():
        await member.command("imagine", prompt="a red apple")
        await told(member, "Painting, step 1")
        monkeypatch.setattr(Interactions, "answered", refuse)
        engine.paint_one()
        await told(member, "Your picture is ready")
    assert len(refused) == 1  # each refusal counts against the bot at Discord


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (503, DeliveryDelayed),
        (500, DeliveryDelayed),
        (429, DeliveryDelayed),
        (403, ChannelClosed),
        (404, ChannelClosed),
        (400, Undeliverable),
        (413, Undeliverable),
        (aiohttp.ServerDisconnectedError(), DeliveryDelayed),
        (aiohttp.ClientOSError(104, "Connection reset by peer"), DeliveryDelayed),
        (TimeoutError(), DeliveryDelayed),
    ],
)
def test_what_may_pass_is_told_from_what_will_not(error, meaning):
    if isinstance(error, int):
        error = discord.HTTPException(SimpleNamespace(status=error, reason=""), "")
    with pytest.raises(meaning), _translated():
        raise error


async def test_where_the_history_is_closed_the_nonce_keeps_a_picture_single(
    start_bot, sandbox, member, monkeypatch
):
    """The answer to the first upload is lost."""
    monkeypatch.setattr("sdbot.service.retries.DELAYS", (0,))
    await sandbox.channels.deny_bot(member.channel_id, Permission.READ_MESSAGE_HISTORY)
    uploads = r"channels/\d+/messages$"
    sandbox.troubles.begin("lost_answers", times=1, method="POST", route=uploads)
    async with start_bot():
        await member.command("imagine", prompt="a red apple")
        await told(member, "Your picture is ready")
    messages = await member.messages()
    assert sum(bool(message["attachments"]) for message in messages) == 1


async def test_an_old_token_is_not_tried(start_bot, member, monkeypatch):
    """The bot stops using it before Discord refuses it, since each refusal counts against it."""
    from sdbot.chat import requests
    from sdbot.chat.delivery import DiscordDelivery

    async def never(*_arguments):
        raise AssertionError

    monkeypatch.setattr(requests, "TOKEN_LIFE_SECONDS", -1)
    monkeypatch.setattr(DiscordDelivery, "_edit_by_token", never)
    async with start_bot():
        await member.command("imagine", prompt="a red apple")
        await told(member, "Your picture is ready")
