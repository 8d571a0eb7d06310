"""From a recipe to a picture: one loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil

import numpy as np
from PIL import Image

from diffusion.adapters.library import EMPTY, Library
from diffusion.adapters.merging import Merged
from diffusion.errors import RecipeError
from diffusion.images import from_pixels, pixel_hash, to_mask, to_pixels, with_recipe
from diffusion.info import ModelInfo
from diffusion.networks import Networks
from diffusion.noise import NormalStream
from diffusion.recipe import Recipe, Sampling
from diffusion.schedulers import make_scheduler
from diffusion.schedulers.base import Scheduler, num_skipped_steps
from diffusion.text.chunks import Reading
from diffusion.tiling import in_tiles


@dataclass(frozen=True)
class Step:
    """A painting between two model calls: `done` of `num_calls`.

    Some schedulers make more calls than the steps that a person asked for.
    """

    done: int
    num_calls: int
    estimate: Callable[[], list[Image.Image]]
    """Decodes the pictures as the model expects them now; it takes a moment."""


OnStep = Callable[[Step], None]


@dataclass(frozen=True)
class _Canvas:
    """What a batch starts from, each array (batch, height, width, channels) of latents.

    `clean` are the source's latents and `mask` says with 1 where is painted; None without.
    """

    first: int
    latents: np.ndarray
    noise: np.ndarray
    clean: np.ndarray | None = None
    mask: np.ndarray | None = None


class Pipeline:
    """A loaded model that paints recipes. It is not thread-safe: call it from one thread."""

    def __init__(self, info: ModelInfo, networks: Networks, library: Library = EMPTY) -> None:
        """In `library` is what recipes name beside the model."""
        self.info = info
        self.tokenizer = info.tokenizer
        self._networks = networks
        self._merged = Merged(networks.with_loras, library)

    @property
    def library(self) -> Library:
        """What recipes name beside the model is found in it; another one may be set."""
        return self._merged.library

    @library.setter
    def library(self, library: Library) -> None:
        self._merged.library = library

    def __call__(
        self,
        recipe: Recipe,
        *,
        image: Image.Image | None = None,
        mask: Image.Image | None = None,
        noise: np.ndarray | None = None,
        on_step: OnStep | None = None,
    ) -> Image.Image:
        """Paint a recipe; as `paint`, for one picture."""
        return self.paint([recipe], image=image, mask=mask, noise=noise, on_step=on_step)[0]

    def paint(
        self,
        recipes: Sequence[Recipe],
        *,
        image: Image.Image | None = None,
        mask: Image.Image | None = None,
        noise: np.ndarray | None = None,
        on_step: OnStep | None = None,
    ) -> list[Image.Image]:
        """Paint recipes that differ in their seeds alone, all at once.

        In float32 on the CPU each has the same pixels as if painted by itself where the UNet's
        lowest resolution has a multiple of eight places, and else is within a level of them.
        `image` and `mask` are those that the recipe's source names, of its width and height.
        `noise` stands for the one that the seeds give, (batch, height / downscale, width /
        downscale, latent_channels); the RGB pictures carry their recipe in `info` unless it was
        handed in.
        What `on_step` raises ends the painting. Raises `RecipeError` on what cannot be painted.
        """
        if not recipes:
            raise RecipeError("recipes", received="none", allowed="one or more")
        recipe = recipes[0]
        self._check(recipes, image, mask)
        self._merged.use(recipe.loras)
        scheduler = self._scheduler(recipe.sampling)
        streams = [NormalStream(recipe.sampling.seed) for recipe in recipes]
        canvas = self._prepare(recipe, scheduler, streams, image, mask, noise)
        latents = self._denoise(recipe, scheduler, streams, canvas, on_step)
        images = self._decode(recipe, latents)
        if noise is not None:
            return images
        return [
            with_recipe(image, recipe, self.info.title)
            for image, recipe in zip(images, recipes, strict=True)
        ]

    def read_text(self, recipe: Recipe) -> tuple[Reading, Reading]:
        """How [negative prompt, prompt] are read: what is cut off, above all."""
        return self.info.read_text(recipe, self.library)

    def _check(
        self, recipes: Sequence[Recipe], image: Image.Image | None, mask: Image.Image | None
    ) -> None:
        recipe = recipes[0]
        self.info.check(recipe, self.library)
        if any(other.with_seed(recipe.sampling.seed) != recipe for other in recipes):
            raise RecipeError("recipes", received="several", allowed="some that differ in the seed")
        if recipe.dtype != self._networks.dtype:
            raise RecipeError("dtype", received=recipe.dtype, allowed=self._networks.dtype)
        source = recipe.source
        _check_picture("image", image, source.image if source else None, recipe.sampling)
        _check_picture("mask", mask, source.mask if source else None, recipe.sampling)

    def _scheduler(self, sampling: Sampling) -> Scheduler:
        return make_scheduler(
            sampling.scheduler, self.info.scheduler, sampling.num_steps, eta=sampling.eta
        )

    def _prepare(
        self,
        recipe: Recipe,
        scheduler: Scheduler,
        streams: Sequence[NormalStream],
        image: Image.Image | None,
        mask: Image.Image | None,
        noise: np.ndarray | None,
    ) -> _Canvas:
        """Draw in the order of the diffusers library: the source's latents, then the noise."""
        clean = None
        if image is not None:
            pixels = to_pixels(image)[None]
            encode = _tiled_if_asked(recipe, self._networks.encode_pixels)
            clean = encode(pixels, self._draw(recipe.sampling, streams))
        drawn = self._draw(recipe.sampling, streams)
        noise = drawn if noise is None else _as_drawn(noise, drawn.shape)
        if mask is not None:
            # The library encodes the masked picture too, for other UNets: its draw is let go.
            self._draw(recipe.sampling, streams)
        if recipe.source is None or clean is None:
            return _Canvas(0, scheduler.initial_latents(noise), noise)
        strength = recipe.source.strength
        first = num_skipped_steps(recipe.sampling.num_steps, strength) * scheduler.order
        if mask is not None and strength == 1:
            latents = scheduler.initial_latents(noise)
        else:
            latents = scheduler.add_noise(clean, noise, first)
        painted = None if mask is None else to_mask(mask, self.info.vae.downscale)
        return _Canvas(first, latents, noise, clean, painted)

    def _denoise(
        self,
        recipe: Recipe,
        scheduler: Scheduler,
        streams: Sequence[NormalStream],
        canvas: _Canvas,
        on_step: OnStep | None,
    ) -> np.ndarray:
        learned = self.info.learned(recipe, self.library)
        context = self._networks.context(recipe.text, self.tokenizer, learned)
        predict = self._networks.predictor(recipe, context)
        latents, state = canvas.latents, scheduler.initial_state
        num_calls = len(scheduler.timesteps)
        for index in range(canvas.first, num_calls):
            scaled, share = scheduler.scale_input(latents, index), _share_done(scheduler, index)
            output = predict(scaled, scheduler.timesteps[index], share)
            if on_step is not None:
                denoised = scheduler.denoised(index, latents, output)
            noise = self._draw(recipe.sampling, streams) if scheduler.needs_noise(index) else None
            latents, state = scheduler.step(index, latents, output, state, noise)
            if canvas.mask is not None:
                latents = _blend(canvas, latents, scheduler, index + 1)
            if on_step is not None:
                done = index + 1 - canvas.first
                on_step(
                    Step(done, num_calls - canvas.first, partial(self._decode, recipe, denoised))
                )
        return latents

    def _draw(self, sampling: Sampling, streams: Sequence[NormalStream]) -> np.ndarray:
        """Fresh noise for each picture, (batch, height, width, latent_channels)."""
        vae = self.info.vae
        height, width = sampling.height // vae.downscale, sampling.width // vae.downscale
        return np.stack([stream.draw(height, width, vae.latent_channels) for stream in streams])

    def _decode(self, recipe: Recipe, latents: np.ndarray) -> list[Image.Image]:
        """One picture at a time, so that a batch needs no more memory than one."""
        decode = _tiled_if_asked(recipe, self._networks.decode)
        return [from_pixels(decode(one[None])[0]) for one in latents]


def _tiled_if_asked(
    recipe: Recipe, function: Callable[..., np.ndarray]
) -> Callable[..., np.ndarray]:
    return partial(in_tiles, function) if recipe.shortcuts.tiled_vae else function


def _share_done(scheduler: Scheduler, index: int) -> float:
    """How much of the scheduler's steps is before the one that call `index` is of, in [0, 1).

    A step that is done twice (PNDM's) is two.
    """
    num_steps = ceil(len(scheduler.timesteps) / scheduler.order)
    return index // scheduler.order / num_steps


def _check_picture(
    field: str, image: Image.Image | None, expected: str | None, sampling: Sampling
) -> None:
    if (image is None) != (expected is None):
        received, allowed = ("none", "the recipe's") if image is None else ("a picture", "none")
        raise RecipeError(field, received=received, allowed=allowed)
    if image is None or expected is None:
        return
    if image.size != (sampling.width, sampling.height):
        allowed = f"{sampling.width}x{sampling.height}"
        raise RecipeError(field, received=f"{image.width}x{image.height}", allowed=allowed)
    if (received := pixel_hash(image)) != expected:
        raise RecipeError(field, received=received[:10], allowed=f"{expected[:10]}, the recipe's")


def _as_drawn(noise: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if noise.shape != shape:
        raise RecipeError("noise", received=noise.shape, allowed=str(shape))
    return noise.astype(np.float32)


def _blend(
    canvas: _Canvas, latents: np.ndarray, scheduler: Scheduler, next_index: int
) -> np.ndarray:
    """Outside the mask, the source again, as noisy as what comes next.

    Source: blended diffusion (arXiv:2111.14818) section 3.3, in latents.
    """
    kept = canvas.clean
    assert kept is not None
    assert canvas.mask is not None
    if next_index < len(scheduler.timesteps):
        kept = scheduler.add_noise(kept, canvas.noise, next_index)
    return canvas.mask * latents + (1 - canvas.mask) * kept
