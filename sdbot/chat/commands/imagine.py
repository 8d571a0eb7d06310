"""/imagine"""

# Annotations are evaluated here: discord.py reads the bounds of the options from them.
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import Range

from diffusion.recipe import NUM_SEEDS
from sdbot.chat import messages
from sdbot.chat.commands.options import described, read_size, schedulers, sizes
from sdbot.chat.requests import answered, request
from sdbot.jobs import Order
from sdbot.service.orders import Orders, Wish


def imagine_command(orders: Orders) -> app_commands.Command[Any, ..., None]:
    """The command, with the bounds of the loaded model."""
    steps_bounds, guidance_bounds = orders.model.generation.steps, orders.model.generation.guidance
    least_steps, most_steps = int(steps_bounds.min), int(steps_bounds.max)
    least_guidance, most_guidance = float(guidance_bounds.min), float(guidance_bounds.max)

    @app_commands.command(name="imagine", description=messages.IMAGINE)
    @described(
        "prompt", "negative_prompt", "count", "seed", "steps", "guidance", "size", "scheduler"
    )
    @app_commands.choices(size=sizes(orders.model), scheduler=schedulers(orders.model))
    async def imagine(
        interaction: discord.Interaction[Any],
        prompt: Range[str, 1, messages.MAX_PROMPT_LENGTH],
        negative_prompt: Range[str, 0, messages.MAX_PROMPT_LENGTH] = "",
        count: Range[int, 1, messages.MAX_COUNT] = 1,
        seed: Range[int, 0, NUM_SEEDS - 1] | None = None,
        steps: Range[int, least_steps, most_steps] | None = None,
        guidance: Range[float, least_guidance, most_guidance] | None = None,
        size: str | None = None,
        scheduler: str | None = None,
    ) -> None:
        async with answered(interaction):
            order = orders.imagine(
                Wish(
                    prompt=prompt,
                    negative_prompt=negative_prompt,
                    count=count,
                    seed=seed,
                    num_steps=steps,
                    guidance_scale=guidance,
                    size=read_size(size),
                    scheduler=scheduler,
                )
            )

            async def make_order() -> Order:
                return order

            await request(interaction, make_order)

    return imagine
