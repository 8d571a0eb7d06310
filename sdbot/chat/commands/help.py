"""/help"""

from typing import Any

import discord
from discord import app_commands

from sdbot.chat import messages
from sdbot.chat.requests import answered, tell_privately
from sdbot.service.models import Models


def help_command(models: Models) -> app_commands.Command[Any, ..., None]:
    """What the bot can do, and with which models."""

    @app_commands.command(name="help", description=messages.HELP)
    async def help_(interaction: discord.Interaction[Any]) -> None:
        async with answered(interaction):
            await tell_privately(interaction, messages.help_text(models.now))

    return help_
