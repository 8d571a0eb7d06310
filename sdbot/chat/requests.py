"""How a request is answered, whichever command, button or form it came from."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp
import discord

from diffusion.errors import RecipeError
from sdbot.chat import messages
from sdbot.errors import MissingPermissions, Refused, UserInstalled
from sdbot.jobs import Destination, Order

if TYPE_CHECKING:
    from sdbot.chat.client import ChatClient

_log = logging.getLogger(__name__)

MakeOrder = Callable[[], Awaitable[Order]]

# A minute less than the fifteen that Discord grants.
TOKEN_LIFE_SECONDS = 14 * 60


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
        await intake.accept(
            interaction_id=interaction.id,
            requester_id=interaction.user.id,
            order=await make_order(),
            destination=destination,
        )


async def tell_privately(
    interaction: discord.Interaction[ChatClient], text: str, file: discord.File | None = None
) -> None:
    """Answer for the member's eyes only."""
    files = [file] if file else []
    await interaction.response.send_message(text, ephemeral=True, files=files)


async def _defer(interaction: discord.Interaction[ChatClient]) -> Destination:
    """Acknowledge; the deferred answer becomes the progress message."""
    # A press or a form would otherwise be acknowledged without a message of its own.
    callback = await interaction.response.defer(thinking=True)
    assert interaction.channel_id is not None
    assert callback is not None
    assert callback.message_id is not None
    return Destination(
        guild_id=interaction.guild_id,
        channel_id=interaction.channel_id,
        progress_message_id=callback.message_id,
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
        if interaction.response.is_done():
            await interaction.edit_original_response(content=sentence)
        else:
            await interaction.response.send_message(sentence, ephemeral=True)
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        _log.warning("interaction %d: no answer reached the member: %s", interaction.id, error)
