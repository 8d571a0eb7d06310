"""What members wish for, as orders that the model can paint."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from math import ceil

from diffusion.errors import RecipeError
from diffusion.info import MAX_SIDE, ModelInfo
from diffusion.recipe import Recipe, Source, random_seed
from sdbot.engines.base import Engine
from sdbot.errors import PictureGone, PictureRefused
from sdbot.jobs import Job, Order
from sdbot.pictures import PictureStore
from sdbot.queue import JobQueue
from sdbot.service.sources import Size, SourcePicture, read_source

# How much of a variation is painted anew: the subject stays, or the palette does.
SUBTLE, STRONG = 0.5, 0.85
ENLARGED = 2
# Of an enlargement that is painted: details are drawn anew, and nothing moves.
ENLARGING_STRENGTH = 0.2

Read = Callable[[], Awaitable[bytes]]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a member typed; None leaves it to the model."""

    prompt: str
    negative_prompt: str = ""
    count: int = 1
    seed: int | None = None
    num_steps: int | None = None
    guidance_scale: float | None = None
    scheduler: str | None = None
    size: Size | None = None
    strength: float | None = None


class Orders:
    """Makes orders; each method raises `RecipeError` on what this model cannot paint."""

    def __init__(
        self, model: ModelInfo, queue: JobQueue, engine: Engine, pictures: PictureStore
    ) -> None:
        self.model = model
        self._engine = engine
        self._pictures = pictures
        self._queue = queue

    def imagine(self, wish: Wish) -> Order:
        """Pictures from words."""
        return self._order(self._recipe(wish, wish.size, None), wish.count)

    async def remix(self, wish: Wish, data: bytes) -> Order:
        """Pictures from words and a picture, fitted to the size nearest to its ratio.

        Raises `PictureRefused` on what is no picture that can be read.
        """
        source = await read_source(data, self.model.generation.sizes)
        strength = self.model.generation.strength if wish.strength is None else wish.strength
        recipe = self._recipe(wish, source.size, Source(image=source.image_hash, strength=strength))
        await self._keep(source)
        order = self._order(recipe, wish.count)
        if source.received != source.size:
            return replace(order, received="{} x {}".format(*source.received))
        return order

    async def reroll(self, job: Job) -> Order:
        """The same with another seed."""
        return await self._again(job, job.order.recipe.with_seed(random_seed()))

    async def edit(self, job: Job, prompt: str, negative_prompt: str, seed: int | None) -> Order:
        """The same with other words."""
        recipe = job.order.recipe
        text = replace(recipe.text, prompt=prompt, negative_prompt=negative_prompt)
        edited = replace(recipe, text=text).with_seed(random_seed() if seed is None else seed)
        return await self._again(job, edited)

    async def vary(self, job: Job, number: int, data: bytes, strength: float) -> Order:
        """A remix of picture `number` of a job, from 1, whose bytes are `data`.

        Where none of its steps would be left to paint, it takes as many as leave one.
        """
        recipe = job.order.recipes[number - 1].with_seed(random_seed())
        num_steps = max(recipe.sampling.num_steps, ceil(1 / strength))
        recipe = replace(recipe, sampling=replace(recipe.sampling, num_steps=num_steps))
        return await self._from_picture(recipe, data, self._painted_size(job.order), strength)

    async def enlarge(self, job: Job, number: int, read: Read) -> Order:
        """Picture `number` of a job at twice its size: painted where the model can, else resampled.

        Its bytes are read only to paint over it. Raises `PictureRefused` where that would be larger
        than pictures may be.
        """
        order, recipe = job.order, job.order.recipes[number - 1]
        width, height = (side * ENLARGED for side in order.size)
        if max(width, height) > MAX_SIDE:
            raise PictureRefused(f"It would be {width} x {height}; allowed: sides up to {MAX_SIDE}")
        if order.scale == 1 and self._can_paint(width, height):
            # With few steps none would be left to paint, which the recipe says.
            with suppress(RecipeError):
                size, data = (width, height), await read()
                painted = await self._from_picture(recipe, data, size, ENLARGING_STRENGTH)
                return replace(painted, is_enlarged=True)
        # It is painted again, so it must be by the same model.
        self.model.check(recipe)
        await self._require_source(recipe)
        recipe = self._for_this_model(recipe)
        return Order(recipe=recipe, scale=order.scale * ENLARGED, cut=order.cut)

    def _recipe(self, wish: Wish, size: Size | None, source: Source | None) -> Recipe:
        return self.model.make_recipe(
            wish.prompt,
            negative_prompt=wish.negative_prompt,
            seed=wish.seed,
            num_steps=wish.num_steps,
            guidance_scale=wish.guidance_scale,
            scheduler=wish.scheduler,
            size=size,
            source=source,
            dtype=self._engine.dtype,
        )

    def _order(self, recipe: Recipe, count: int = 1) -> Order:
        _kept, cut = self.model.tokenizer.split(recipe.text.prompt)
        return Order(recipe=recipe, count=count, cut=cut)

    async def _again(self, job: Job, recipe: Recipe) -> Order:
        """An order like a job's, for the model that is loaded now."""
        recipe = self._for_this_model(recipe)
        self.model.check(recipe)
        await self._require_source(recipe)
        order, former = self._order(recipe, job.order.count), job.order
        return replace(order, scale=former.scale, is_enlarged=former.is_enlarged)

    def _for_this_model(self, recipe: Recipe) -> Recipe:
        return replace(recipe, model=self.model.content_hash, dtype=self._engine.dtype)

    async def _from_picture(
        self, recipe: Recipe, data: bytes, size: Size, strength: float
    ) -> Order:
        picture = await read_source(data, (size,))
        width, height = size
        recipe = replace(
            self._for_this_model(recipe),
            sampling=replace(recipe.sampling, width=width, height=height),
            source=Source(image=picture.image_hash, strength=strength),
        )
        self.model.check(recipe)
        await self._keep(picture)
        return self._order(recipe)

    async def _keep(self, picture: SourcePicture) -> None:
        jobs = [job for job in (self._queue.current, *self._queue) if job]
        sources = [job.order.recipe.source for job in jobs]
        in_use = {source.image for source in sources if source}
        await self._pictures.keep(picture.image_hash, picture.png, in_use)

    async def _require_source(self, recipe: Recipe) -> None:
        """Raises `PictureGone` when the picture to paint from is no longer kept."""
        if recipe.source and await self._pictures.find(recipe.source.image) is None:
            raise PictureGone

    def _painted_size(self, order: Order) -> Size:
        """A variation of what was resampled is painted at the size before that."""
        return order.recipe.sampling.width, order.recipe.sampling.height

    def _can_paint(self, width: int, height: int) -> bool:
        """Up to twice the side that the model was made for; beyond it subjects repeat."""
        native_width, native_height = self.model.generation.native_size
        return width * height <= native_width * native_height * ENLARGED**2
