"""How a request for a picture is answered, whichever command or button it came from."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp
import discord

from diffusion.errors import RecipeError
from sdbot.chat import messages
from sdbot.errors import MissingPermissions, Refused
from sdbot.jobs import Destination

if TYPE_CHECKING:
    from sdbot.chat.client import ChatClient
    from sdbot.service.intake import Intake

_log = logging.getLogger(__name__)

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
        _log.exception("interaction %d failed", interaction.id)
        await _tell(interaction, messages.UNEXPECTED)


@asynccontextmanager
async def seated(
    intake: Intake, interaction: discord.Interaction[ChatClient]
) -> AsyncIterator[Destination]:
    """Refuse from memory, or hold a place in the line, defer, and yield where to answer.

    Raises `Refused`.
    """
    _check_permissions(interaction)
    with intake.seat():
        callback = await interaction.response.defer(thinking=True)
        assert interaction.channel_id is not None
        assert callback is not None
        assert callback.message_id is not None
        yield Destination(
            guild_id=interaction.guild_id,
            channel_id=interaction.channel_id,
            progress_message_id=callback.message_id,
            interaction_token=interaction.token,
            token_expires_at=interaction.created_at.timestamp() + TOKEN_LIFE_SECONDS,
        )


def _check_permissions(interaction: discord.Interaction[ChatClient]) -> None:
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
