"""/imagine"""

# Annotations are evaluated here: discord.py reads the bounds of the options from them.
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import Range

from diffusion.recipe import NUM_SEEDS
from sdbot.chat import messages
from sdbot.chat.commands.options import complete, described, read_size, schedulers, widest
from sdbot.chat.requests import answered, request
from sdbot.service.orders import Orders, Wish


def imagine_command(orders: Orders) -> app_commands.Command[Any, ..., None]:
    """The command, with the widest bounds of the models that there are; each has its own."""
    offers = [model.generation for model in orders.models.readable.values()]
    least_steps, most_steps = map(int, widest(offer.steps for offer in offers))
    least_guidance, most_guidance = map(float, widest(offer.guidance for offer in offers))

    @app_commands.command(name="imagine", description=messages.IMAGINE)
    @described(
        *("prompt", "negative_prompt", "count", "seed", "steps", "guidance", "size", "scheduler"),
        *("model", "lora"),
    )
    @app_commands.choices(scheduler=schedulers(orders.models.default))
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
        model: str | None = None,
        lora: str | None = None,
    ) -> None:
        async with answered(interaction):
            wish = Wish(
                prompt=prompt,
                model=model,
                lora=lora,
                negative_prompt=negative_prompt,
                count=count,
                seed=seed,
                num_steps=steps,
                guidance_scale=guidance,
                size=read_size(size),
                scheduler=scheduler,
            )
            orders.check(wish)
            await request(interaction, lambda: orders.imagine(wish))

    complete(imagine, orders.models)
    return imagine
