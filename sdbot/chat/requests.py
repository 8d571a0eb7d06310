"""How a request is answered, whichever command, button or form it came from."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

import aiohttp
import discord

from diffusion.errors import RecipeError
from sdbot.chat import messages
from sdbot.errors import AlreadyAccepted, MissingPermissions, Refused, UserInstalled
from sdbot.jobs import Destination, Order

if TYPE_CHECKING:
    from sdbot.chat.client import ChatClient

_log = logging.getLogger(__name__)

MakeOrder = Callable[[], Awaitable[Order]]

# A minute less than the fifteen that Discord grants.
TOKEN_LIFE_SECONDS = 14 * 60

_ALREADY_ACKNOWLEDGED = 40060
# Discord may have done what was asked, and only its answer did not arrive.
_LOST = (aiohttp.ClientError, OSError, discord.DiscordServerError)
# Among an interaction's extras: it has a public answer of which discord.py does not know.
_IS_DEFERRED = "is_deferred"

_Answer = TypeVar("_Answer")


@asynccontextmanager
async def answered(interaction: discord.Interaction[ChatClient]) -> AsyncIterator[None]:
    """Tell the member of whatever is raised inside.

    An interaction that could not be acknowledged in time is past telling.
    """
    try:
        yield
    except (Refused, RecipeError) as error:
        await _tell(interaction, messages.refusal(error))
    except Exception:
        _log.exception("interaction failed", extra={"interaction": interaction.id})
        await _tell(interaction, messages.UNEXPECTED)


async def request(interaction: discord.Interaction[ChatClient], make_order: MakeOrder) -> None:
    """Refuse from memory; or hold a place in the line, defer, make the order and accept it.

    Raises `Refused` and `RecipeError`.
    """
    _check_installation(interaction)
    _check_permissions(interaction)
    intake = interaction.client.intake
    with intake.seat(interaction.user.id):
        destination = await _defer(interaction)
        order = await make_order()
        # An interaction that comes twice is deferred already, and goes on from here all the same.
        with suppress(AlreadyAccepted):
            await intake.accept(
                interaction_id=interaction.id,
                requester_id=interaction.user.id,
                order=order,
                destination=destination,
            )


async def tell_privately(
    interaction: discord.Interaction[ChatClient], text: str, file: discord.File | None = None
) -> None:
    """Answer for the member's eyes only."""
    files = [file] if file else []

    async def send() -> object:
        for each in files:
            each.reset()
        return await interaction.response.send_message(text, ephemeral=True, files=files)

    await first_answer(send)


async def first_answer(send: Callable[[], Awaitable[_Answer]]) -> _Answer | None:
    """What Discord says to the first answer that `send` makes; None where it has one already.

    That is the very one, where what Discord said to it got lost.
    """
    try:
        return await _at_last(send)
    except discord.HTTPException as error:
        if error.code != _ALREADY_ACKNOWLEDGED:
            raise
        return None


async def _at_last(send: Callable[[], Awaitable[_Answer]]) -> _Answer:
    """What Discord says, asked a second time where that gets lost."""
    try:
        return await send()
    except _LOST:
        return await send()


async def _defer(interaction: discord.Interaction[ChatClient]) -> Destination:
    """Acknowledge; the deferred answer becomes the progress message."""
    # A press or a form would otherwise be acknowledged without a message of its own.
    callback = await first_answer(lambda: interaction.response.defer(thinking=True))
    if callback is None:
        interaction.extras[_IS_DEFERRED] = True
        message_id = (await _at_last(interaction.original_response)).id
    else:
        assert callback.message_id is not None
        message_id = callback.message_id
    assert interaction.channel_id is not None
    return Destination(
        guild_id=interaction.guild_id,
        channel_id=interaction.channel_id,
        progress_message_id=message_id,
        interaction_token=interaction.token,
        token_expires_at=interaction.created_at.timestamp() + TOKEN_LIFE_SECONDS,
    )


def _check_installation(interaction: discord.Interaction[ChatClient]) -> None:
    """A bot on somebody's account may not post its results where it was asked, but in its DM."""
    is_at_home = interaction.is_guild_integration() or interaction.context.dm_channel
    if interaction.is_user_integration() and not is_at_home:
        raise UserInstalled


def _check_permissions(interaction: discord.Interaction[ChatClient]) -> None:
    """In a DM nobody can take them; Discord does not even count the first two among them there."""
    if interaction.guild_id is None:
        return
    granted = interaction.app_permissions
    in_thread = isinstance(interaction.channel, discord.Thread)
    may_send = granted.send_messages_in_threads if in_thread else granted.send_messages
    needed = {
        "View Channel": granted.view_channel,
        "Send Messages in Threads" if in_thread else "Send Messages": may_send,
        "Attach Files": granted.attach_files,
    }
    if missing := [name for name, is_granted in needed.items() if not is_granted]:
        raise MissingPermissions(missing)


async def _tell(interaction: discord.Interaction[ChatClient], sentence: str) -> None:
    try:
        if interaction.response.is_done() or _IS_DEFERRED in interaction.extras:
            await _at_last(lambda: interaction.edit_original_response(content=sentence))
        else:
            await tell_privately(interaction, sentence)
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        facts = {"interaction": interaction.id, "error": repr(error)}
        _log.warning("no answer reached the member", extra=facts)
