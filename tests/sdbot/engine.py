"""An engine that paints at once, or waits and fails as a test says."""

import asyncio

from PIL import Image

from diffusion.images import encode_png, with_recipe
from diffusion.recipe import Recipe


class StandInEngine:
    """Paints a plain picture whose colour is the seed. `recipes` lists what it was asked for."""

    def __init__(self):
        self.recipes: list[Recipe] = []
        self.failure: Exception | None = None
        self.may_paint = asyncio.Event()
        self.may_paint.set()
        self._next = asyncio.Event()

    def paint_one(self):
        """Let the picture that waits be painted, and no other."""
        self._next.set()

    async def _turn(self):
        waits = [asyncio.create_task(event.wait()) for event in (self.may_paint, self._next)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        self._next.clear()

    async def load(self):
        pass

    async def paint(self, recipe, on_step):
        self.recipes.append(recipe)
        num_steps = recipe.sampling.num_steps
        on_step(1, num_steps)
        await self._turn()
        if self.failure is not None:
            raise self.failure
        on_step(num_steps, num_steps)
        image = Image.new("RGB", (32, 32), colour(recipe.sampling.seed))
        return encode_png(with_recipe(image, recipe, "stand-in"))


def colour(seed):
    return seed % 256, seed // 256 % 256, seed // 65536 % 256
