"""An engine that paints at once, or waits and fails as a test says."""

import asyncio

from PIL import Image

from diffusion.images import encode_png, with_recipe
from diffusion.info import ModelInfo
from sdbot.jobs import Order


class StandInEngine:
    """Paints a plain picture whose colour is the seed.

    `orders` lists what it was asked for, `stopped` what it was told to leave, `loads` the models
    that it was to load; `is_asked` is set from its first order on.
    """

    dtype = "float32"

    def __init__(self):
        self.load_failure: Exception | None = None
        self.may_load = asyncio.Event()
        self.may_load.set()
        self.is_asked = asyncio.Event()
        self.loads: list[ModelInfo] = []
        self.loaded: set[str] = set()
        self.orders: list[Order] = []
        self.stopped: list[Order] = []
        self.sources: list[bytes | None] = []
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

    async def prepare(self):
        pass

    def has_loaded(self, model):
        return model.content_hash in self.loaded

    async def load(self, model, library):
        if not self.has_loaded(model):
            self.loads.append(model)
            await self.may_load.wait()
        self.library = library
        if self.load_failure is not None:
            raise self.load_failure
        self.loaded.add(model.content_hash)

    @property
    def recipes(self):
        """Of the first picture of each order."""
        return [order.recipe for order in self.orders]

    async def paint(self, order, source, on_step):
        self.orders.append(order)
        self.is_asked.set()
        self.sources.append(source)
        num_steps = order.recipe.sampling.num_steps
        on_step(1, num_steps)
        try:
            await self._turn()
        except asyncio.CancelledError:
            self.stopped.append(order)
            raise
        if self.failure is not None:
            raise self.failure
        on_step(num_steps, num_steps)
        return [self._picture(order, recipe) for recipe in order.recipes]

    def _picture(self, order, recipe):
        image = Image.new("RGB", order.size, colour(recipe.sampling.seed))
        return encode_png(with_recipe(image, recipe, "stand-in"))


def colour(seed):
    return seed % 256, seed // 256 % 256, seed // 65536 % 256
