"""/remix, and the same from the menu of a message."""

# Annotations are evaluated here: discord.py reads the bounds of the options from them.
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import Range

from diffusion.recipe import NUM_SEEDS
from sdbot.chat import messages
from sdbot.chat.attachments import check_size, download, picture_of
from sdbot.chat.commands.options import described, schedulers
from sdbot.chat.forms import RemixForm
from sdbot.chat.requests import answered, request
from sdbot.jobs import Order
from sdbot.service.orders import Orders, Wish


def remix_command(orders: Orders) -> app_commands.Command[Any, ..., None]:
    """The command, with the bounds of the loaded model."""
    steps_bounds, guidance_bounds = orders.model.generation.steps, orders.model.generation.guidance
    least_steps, most_steps = int(steps_bounds.min), int(steps_bounds.max)
    least_guidance, most_guidance = float(guidance_bounds.min), float(guidance_bounds.max)

    @app_commands.command(name="remix", description=messages.REMIX)
    @described(
        "image",
        "prompt",
        "strength",
        "negative_prompt",
        "count",
        "seed",
        "steps",
        "guidance",
        "scheduler",
    )
    @app_commands.choices(scheduler=schedulers(orders.model))
    async def remix(
        interaction: discord.Interaction[Any],
        image: discord.Attachment,
        prompt: Range[str, 1, messages.MAX_PROMPT_LENGTH],
        strength: Range[float, messages.MIN_STRENGTH, 1.0] | None = None,
        negative_prompt: Range[str, 0, messages.MAX_PROMPT_LENGTH] = "",
        count: Range[int, 1, messages.MAX_COUNT] = 1,
        seed: Range[int, 0, NUM_SEEDS - 1] | None = None,
        steps: Range[int, least_steps, most_steps] | None = None,
        guidance: Range[float, least_guidance, most_guidance] | None = None,
        scheduler: str | None = None,
    ) -> None:
        wish = Wish(
            prompt=prompt,
            negative_prompt=negative_prompt,
            count=count,
            seed=seed,
            num_steps=steps,
            guidance_scale=guidance,
            scheduler=scheduler,
            strength=strength,
        )

        async def make_order() -> Order:
            return await orders.remix(
                wish, await download(image, interaction.client.max_image_bytes)
            )

        async with answered(interaction):
            check_size(image, interaction.client.max_image_bytes)
            await request(interaction, make_order)

    return remix


def remix_menu(orders: Orders) -> app_commands.ContextMenu:
    """ "Remix this" in the menu of a message: a form for the first picture of it."""

    async def remix_this(interaction: discord.Interaction[Any], message: discord.Message) -> None:
        async with answered(interaction):
            picture = picture_of(message.attachments)
            check_size(picture, interaction.client.max_image_bytes)
            form = RemixForm(interaction.client, picture, orders.model.generation.strength)
            await form.open(interaction)

    return app_commands.ContextMenu(name=messages.REMIX_THIS, callback=remix_this)
