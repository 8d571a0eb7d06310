"""/imagine"""

# Annotations are evaluated here: discord.py reads the bounds of the options from them.
from typing import Any

import discord
from discord import app_commands

from diffusion.recipe import NUM_SEEDS
from sdbot.chat import messages
from sdbot.chat.requests import answered, seated
from sdbot.service.intake import Intake


def imagine_command(intake: Intake) -> app_commands.Command[Any, ..., None]:
    """The command, with the bounds of the loaded model."""
    steps_bounds = intake.model.generation.steps
    least, most = int(steps_bounds.min), int(steps_bounds.max)

    @app_commands.command(name="imagine", description=messages.IMAGINE)
    @app_commands.describe(
        prompt=messages.PROMPT,
        negative_prompt=messages.NEGATIVE_PROMPT,
        seed=messages.SEED,
        steps=messages.STEPS,
    )
    async def imagine(
        interaction: discord.Interaction[Any],
        prompt: app_commands.Range[str, 1, messages.MAX_PROMPT_LENGTH],
        negative_prompt: app_commands.Range[str, 0, messages.MAX_PROMPT_LENGTH] = "",
        seed: app_commands.Range[int, 0, NUM_SEEDS - 1] | None = None,
        steps: app_commands.Range[int, least, most] | None = None,
    ) -> None:
        async with answered(interaction):
            recipe = intake.model.make_recipe(
                prompt, negative_prompt=negative_prompt, seed=seed, num_steps=steps
            )
            async with seated(intake, interaction) as destination:
                await intake.accept(
                    interaction_id=interaction.id,
                    requester_id=interaction.user.id,
                    recipe=recipe,
                    destination=destination,
                )

    return imagine
