"""An engine that paints at once, or waits and fails as a test says."""

import asyncio

from PIL import Image

from diffusion.images import encode_png
from diffusion.recipe import Recipe


class StandInEngine:
    """Paints a plain picture whose colour is the seed. `recipes` lists what it was asked for."""

    def __init__(self):
        self.recipes: list[Recipe] = []
        self.failure: Exception | None = None
        self.may_paint = asyncio.Event()
        self.may_paint.set()

    async def load(self):
        pass

    async def paint(self, recipe, on_step):
        self.recipes.append(recipe)
        num_steps = recipe.sampling.num_steps
        on_step(1, num_steps)
        await self.may_paint.wait()
        if self.failure is not None:
            raise self.failure
        on_step(num_steps, num_steps)
        return encode_png(Image.new("RGB", (32, 32), colour(recipe.sampling.seed)), recipe)


def colour(seed):
    return seed % 256, seed // 256 % 256, seed // 65536 % 256
