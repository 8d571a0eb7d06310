"""From a recipe to a picture: one loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from diffusion.config import ModelInfo
from diffusion.errors import RecipeError
from diffusion.guidance import guide
from diffusion.images import from_pixels
from diffusion.noise import NormalStream
from diffusion.recipe import Recipe, Sampling, Text
from diffusion.runtime import compiled
from diffusion.schedulers import SCHEDULERS
from diffusion.schedulers.base import Scheduler

if TYPE_CHECKING:
    from PIL import Image

    from diffusion.models.clip import CLIPTextEncoder
    from diffusion.models.unet import UNet
    from diffusion.models.vae import VAEDecoder
    from diffusion.text.tokenizer import CLIPTokenizer


class Pipeline:
    """A loaded model that paints recipes. It is not thread-safe: call it from one thread."""

    def __init__(
        self,
        info: ModelInfo,
        *,
        tokenizer: CLIPTokenizer,
        text_encoder: CLIPTextEncoder,
        unet: UNet,
        vae: VAEDecoder,
    ) -> None:
        self.info = info
        self._tokenizer = tokenizer
        self._encode = compiled(text_encoder)
        self._predict = compiled(lambda *inputs: _predict_guided(unet, *inputs))
        self._decode = compiled(vae)

    def __call__(
        self, recipe: Recipe, *, on_step: Callable[[int, int], None] | None = None
    ) -> Image.Image:
        """Paint a recipe: an RGB picture of the recipe's width and height.

        `on_step(done, num_steps)` is called after each step; what it raises ends the painting.
        Raises `RecipeError` where this model cannot paint the recipe.
        """
        self.info.check(recipe)
        scheduler = self._scheduler(recipe.sampling)
        context = self.encode(recipe.text)
        latents = scheduler.initial_latents(self._noise(recipe.sampling))
        guidance_scale = np.float32(recipe.sampling.guidance_scale)
        num_steps = len(scheduler.timesteps)
        state = scheduler.initial_state
        for index, timestep in enumerate(scheduler.timesteps):
            scaled = scheduler.scale_input(latents, index)
            output = self._predict(scaled, timestep, context, guidance_scale)
            latents, state = scheduler.step(index, latents, output, state)
            if on_step is not None:
                on_step(index + 1, num_steps)
        return from_pixels(self._decode(latents)[0])

    def encode(self, text: Text) -> np.ndarray:
        """The text states of [negative prompt, prompt], float32, (2, length, hidden_size)."""
        prompts = (text.negative_prompt, text.prompt)
        return self._encode(np.stack([self._tokenizer.encode(prompt) for prompt in prompts]))

    def _scheduler(self, sampling: Sampling) -> Scheduler:
        if sampling.scheduler not in SCHEDULERS:
            raise RecipeError(
                "scheduler", received=sampling.scheduler, allowed=", ".join(sorted(SCHEDULERS))
            )
        return SCHEDULERS[sampling.scheduler](self.info.scheduler, sampling.num_steps)

    def _noise(self, sampling: Sampling) -> np.ndarray:
        """The latents to start from, (1, height, width, latent_channels)."""
        vae = self.info.vae
        height, width = sampling.height // vae.downscale, sampling.width // vae.downscale
        return NormalStream(sampling.seed).draw(height, width, vae.latent_channels)[None]


def _predict_guided(unet: UNet, latents: Any, timestep: Any, context: Any, scale: Any) -> Any:
    """One guided call of the UNet: latents (1, height, width, channels), timestep a scalar."""
    both = ops.concatenate([latents, latents], axis=0)
    return guide(unet(both, ops.broadcast_to(timestep, (2,)), context), scale)
