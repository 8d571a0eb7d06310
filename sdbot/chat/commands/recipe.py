""" "Recipe" in the menu of a message."""

from typing import Any

import discord
from discord import app_commands

from sdbot.chat import messages
from sdbot.chat.actions import recipe_file
from sdbot.chat.requests import answered, tell_privately
from sdbot.errors import NoRecipe


def recipe_menu() -> app_commands.ContextMenu:
    """What a message's pictures were painted from."""

    async def recipe(interaction: discord.Interaction[Any], message: discord.Message) -> None:
        async with answered(interaction):
            job = await interaction.client.intake.job_of_message(message.id)
            if job is None:
                raise NoRecipe
            offer = interaction.client.orders.models.now
            await tell_privately(interaction, messages.recipe(job, offer), recipe_file(job))

    return app_commands.ContextMenu(name=messages.RECIPE, callback=recipe)
