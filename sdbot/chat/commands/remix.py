"""/remix, and the same from the menu of a message."""

# Annotations are evaluated here: discord.py reads the bounds of the options from them.
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import Range

from diffusion.recipe import NUM_SEEDS
from sdbot.chat import messages
from sdbot.chat.attachments import check_size, download, picture_of
from sdbot.chat.commands.options import complete, described, schedulers, widest
from sdbot.chat.forms import RemixForm
from sdbot.chat.requests import answered, request
from sdbot.jobs import Order
from sdbot.service.orders import Orders, Wish


def remix_command(orders: Orders) -> app_commands.Command[Any, ..., None]:
    """The command, with the widest bounds of the models that there are; each has its own."""
    offers = [model.generation for model in orders.models.readable.values()]
    least_steps, most_steps = map(int, widest(offer.steps for offer in offers))
    least_guidance, most_guidance = map(float, widest(offer.guidance for offer in offers))

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
        "model",
        "lora",
    )
    @app_commands.choices(scheduler=schedulers(orders.models.default))
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
        model: str | None = None,
        lora: str | None = None,
    ) -> None:
        wish = Wish(
            prompt=prompt,
            model=model,
            lora=lora,
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
            orders.check(wish)
            check_size(image, interaction.client.max_image_bytes)
            await request(interaction, make_order)

    complete(remix, orders.models)
    return remix


def remix_menu(orders: Orders) -> app_commands.ContextMenu:
    """ "Remix this" in the menu of a message: a form for the first picture of it."""

    async def remix_this(interaction: discord.Interaction[Any], message: discord.Message) -> None:
        async with answered(interaction):
            picture = picture_of(message.attachments)
            check_size(picture, interaction.client.max_image_bytes)
            form = RemixForm(interaction.client, picture, orders.models.default.generation.strength)
            await form.open(interaction)

    return app_commands.ContextMenu(name=messages.REMIX_THIS, callback=remix_this)
