"""What members wish for, as orders that the model can paint."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from math import ceil
from typing import Any, TypeVar

from diffusion.adapters.embeddings import named_embeddings
from diffusion.errors import RecipeError
from diffusion.info import MAX_SIDE, ModelInfo
from diffusion.recipe import Recipe, Source, random_seed
from sdbot.engines.base import Engine
from sdbot.errors import BadInput, PictureGone, PictureRefused
from sdbot.jobs import Job, Order
from sdbot.pictures import PictureStore
from sdbot.queue import JobQueue
from sdbot.service.models import Models
from sdbot.service.sources import Size, SourcePicture, read_source

# How much of a variation is painted anew: the subject stays, or the palette does.
SUBTLE, STRONG = 0.5, 0.85
ENLARGED = 2
# Of an enlargement that is painted: details are drawn anew, and nothing moves.
ENLARGING_STRENGTH = 0.2

Read = Callable[[], Awaitable[bytes]]

# One, so that who asks first is first in the line.
_reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="orders")

_Result = TypeVar("_Result")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a member typed; None leaves it to the model, and of models to the default one.

    `lora` is the name of one, or `name:weight`.
    """

    prompt: str
    model: str | None = None
    lora: str | None = None
    negative_prompt: str = ""
    count: int = 1
    seed: int | None = None
    num_steps: int | None = None
    guidance_scale: float | None = None
    scheduler: str | None = None
    size: Size | None = None
    strength: float | None = None


class Orders:
    """Makes orders; each method raises `RecipeError` on what the model cannot paint.

    What was painted before is painted again by its own model or, where that is gone, by the default
    one.
    """

    def __init__(
        self, models: Models, queue: JobQueue, engine: Engine, pictures: PictureStore
    ) -> None:
        self.models = models
        self._engine = engine
        self._pictures = pictures
        self._queue = queue

    def check(self, wish: Wish) -> None:
        """Find from memory alone what cannot be painted. Raises `BadInput` too."""
        model = self.models.named(wish.model)
        _check_size(wish.size, model.generation.sizes)
        self.models.now.library.named_loras(_prompt(wish))
        self._make(wish, model, wish.size, markup=False)

    async def imagine(self, wish: Wish) -> Order:
        """Pictures from words. Raises `BadInput`."""
        recipe = await self._recipe(wish, self.models.named(wish.model), wish.size)
        return await self._order(recipe, wish.count)

    async def remix(self, wish: Wish, data: bytes) -> Order:
        """Pictures from words and a picture, fitted to the size nearest to its ratio.

        Raises `BadInput`, and `PictureRefused` on what is no picture that can be read.
        """
        model = self.models.named(wish.model)
        source = await read_source(data, model.generation.sizes)
        strength = model.generation.strength if wish.strength is None else wish.strength
        start = Source(image=source.image_hash, strength=strength)
        recipe = await self._recipe(wish, model, source.size, start)
        await self._keep(source)
        order = await self._order(recipe, wish.count)
        if source.received != source.size:
            return replace(order, received=written(source.received))
        return order

    async def reroll(self, job: Job) -> Order:
        """The same with another seed."""
        return await self._again(job, job.order.recipe.with_seed(random_seed()))

    async def edit(self, job: Job, prompt: str, negative_prompt: str, seed: int | None) -> Order:
        """The same with other words."""
        recipe, library = job.order.recipe, self.models.now.library
        text = replace(recipe.text, prompt=prompt, negative_prompt=negative_prompt)
        edited = replace(
            recipe,
            text=text,
            loras=library.named_loras(prompt) if text.markup else recipe.loras,
            embeddings=named_embeddings(text, library),
        )
        return await self._again(job, edited.with_seed(random_seed() if seed is None else seed))

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
        if order.scale == 1 and self._can_paint(recipe, width, height):
            # With few steps none would be left to paint, which the recipe says.
            with suppress(RecipeError):
                size, data = (width, height), await read()
                painted = await self._from_picture(recipe, data, size, ENLARGING_STRENGTH)
                return replace(painted, is_enlarged=True)
        # It is painted again, so it must be by the same model.
        await self._check(recipe)
        await self._require_source(recipe)
        recipe = recipe.with_dtype(self._engine.dtype)
        return Order(recipe=recipe, scale=order.scale * ENLARGED, cut=order.cut)

    async def _recipe(
        self, wish: Wish, model: ModelInfo, size: Size | None, source: Source | None = None
    ) -> Recipe:
        """Files of what the prompt names are read for it."""
        library = self.models.now.library
        return await _read(lambda: self._make(wish, model, size, source, library=library))

    def _make(
        self,
        wish: Wish,
        model: ModelInfo,
        size: Size | None,
        source: Source | None = None,
        **more: Any,
    ) -> Recipe:
        return model.make_recipe(
            _prompt(wish),
            negative_prompt=wish.negative_prompt,
            seed=wish.seed,
            num_steps=wish.num_steps,
            guidance_scale=wish.guidance_scale,
            scheduler=wish.scheduler,
            size=size,
            source=source,
            dtype=self._engine.dtype,
            **more,
        )

    async def _order(self, recipe: Recipe, count: int = 1) -> Order:
        """An order, with what the model will not read of its prompt."""
        model, library = self._model_of(recipe), self.models.now.library
        _negative_prompt, prompt = await _read(lambda: model.read_text(recipe, library))
        return Order(recipe=recipe, count=count, cut=prompt.cut)

    async def _again(self, job: Job, recipe: Recipe) -> Order:
        """An order like a job's, for a model that there is now."""
        recipe = await self._for_a_model(recipe)
        await self._require_source(recipe)
        order, former = await self._order(recipe, job.order.count), job.order
        return replace(order, scale=former.scale, is_enlarged=former.is_enlarged)

    def _model_of(self, recipe: Recipe) -> ModelInfo:
        return self.models.now.of(recipe.model) or self.models.default

    async def _for_a_model(self, recipe: Recipe) -> Recipe:
        model = self._model_of(recipe)
        recipe = replace(recipe, model=model.content_hash, dtype=self._engine.dtype)
        await self._check(recipe)
        return recipe

    async def _check(self, recipe: Recipe) -> None:
        model, library = self._model_of(recipe), self.models.now.library
        await _read(lambda: model.check(recipe, library))

    async def _from_picture(
        self, recipe: Recipe, data: bytes, size: Size, strength: float
    ) -> Order:
        picture = await read_source(data, (size,))
        width, height = size
        painted = replace(
            recipe,
            sampling=replace(recipe.sampling, width=width, height=height),
            source=Source(image=picture.image_hash, strength=strength),
        )
        painted = await self._for_a_model(painted)
        await self._keep(picture)
        return await self._order(painted)

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

    def _can_paint(self, recipe: Recipe, width: int, height: int) -> bool:
        """Up to twice the side that the model was made for; beyond it subjects repeat."""
        native_width, native_height = self._model_of(recipe).generation.native_size
        return width * height <= native_width * native_height * ENLARGED**2


async def _read(work: Callable[[], _Result]) -> _Result:
    """What reads files of models, LoRAs and embeddings."""
    return await asyncio.get_running_loop().run_in_executor(_reader, work)


def _prompt(wish: Wish) -> str:
    return f"{wish.prompt} <lora:{wish.lora}>" if wish.lora else wish.prompt


def _check_size(size: Size | None, allowed: tuple[Size, ...]) -> None:
    if size is not None and size not in allowed:
        raise BadInput("size", written(size), ", ".join(map(written, allowed)))


def written(size: Size) -> str:
    """A size as members read and type it."""
    return "{} x {}".format(*size)
