"""What the UNet says about latents, with a text, a guidance and shortcuts."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from diffusion.guidance import guide, rescale
from diffusion.recipe import Recipe
from diffusion.runtime import compiled_in_halves

if TYPE_CHECKING:
    from diffusion.models.unet import UNet

# Products sum up so many rows at once. Where a picture's places are a multiple of it, sums round
# alike in batches of any size; elsewhere, in those of any even size.
_ROWS = 8


class Predictor:
    """The model's output in the course of one painting: it keeps deep features for later calls."""

    def __init__(
        self, prediction: Callable, num_levels: int, text: np.ndarray, recipe: Recipe
    ) -> None:
        """`prediction` is `compiled_prediction` of a UNet with so many resolutions; `text` are its
        `keys_and_values` of [negative prompt, prompt]."""
        sampling, shortcuts = recipe.sampling, recipe.shortcuts
        self._prediction = partial(prediction, merge_tokens=shortcuts.merge_tokens)
        self._num_levels = num_levels
        self._texts = cache(partial(_repeated, text))
        self._scale = np.float32(sampling.guidance_scale)
        self._share = np.float32(sampling.guidance_rescale)
        self._interval = shortcuts.guidance_interval
        self._num_uses = shortcuts.reuse_features
        self._deep: np.ndarray | None = None
        self._uses = 0
        self._was_guided: bool | None = None

    def __call__(self, latents: np.ndarray, timestep: np.float32, done: float = 0.0) -> np.ndarray:
        """The output for latents (batch, height, width, channels), of their shape, float32.

        `done` is the share of the steps that come before, in [0, 1).
        """
        start, stop = self._interval
        if self._scale == 1 or not start <= done < stop:
            return self._alone(latents, timestep)
        both = self._output(np.concatenate([latents, latents]), timestep, is_guided=True)
        guided = guide(both, self._scale)
        return rescale(guided, both, self._share) if self._share else guided

    def _alone(self, latents: np.ndarray, timestep: np.float32) -> np.ndarray:
        """The prompt's output. Where sums need an even batch, an odd one's last is there twice."""
        batch = len(latents)
        if batch % 2 and not self._rounds_alike(latents):
            latents = np.concatenate([latents, latents[-1:]])
        return self._output(latents, timestep, is_guided=False)[:batch]

    def _output(self, latents: np.ndarray, timestep: np.float32, *, is_guided: bool) -> np.ndarray:
        """The outputs for both texts, each of half of the batch, or for the prompt."""
        batch = len(latents)
        # What is halved rounds as the whole does.
        halve = batch % 4 == 0 or (batch % 2 == 0 and self._rounds_alike(latents))
        inputs = latents, np.repeat(timestep, batch), self._texts(batch, 2 if is_guided else 1)
        if self._num_uses == 1:
            (output,) = self._prediction(exact)(*inputs, halve=halve)
            return output
        if is_guided is self._was_guided and self._uses < self._num_uses:
            (output,) = self._prediction(reusing)(*inputs, self._deep, halve=halve)
        else:
            output, self._deep = self._prediction(computing)(*inputs, halve=halve)
            self._was_guided, self._uses = is_guided, 0
        self._uses += 1
        return output

    def _rounds_alike(self, latents: np.ndarray) -> bool:
        """Whether a picture's sums round alike in odd batches and even ones."""
        _batch, height, width, _channels = latents.shape
        lowest = height * width // 4 ** (self._num_levels - 1)  # places at the lowest resolution
        return lowest % _ROWS == 0


def _repeated(text: np.ndarray, batch: int, count: int) -> np.ndarray:
    """The last so many texts, each for an equal share of the batch."""
    return np.repeat(text[-count:], batch // count, axis=0)


def compiled_prediction(
    unet: UNet, features: Callable, *, merge_tokens: float, packs: bool
) -> Callable[..., tuple[np.ndarray, ...]]:
    """Latents, timesteps and keys and values, one of each for an output, to the model's outputs.

    `features` are `exact`; or `computing`, which gives the deep features too; or `reusing`, which
    takes them after all else. As `compiled_in_halves`.
    """
    return compiled_in_halves(partial(features, unet, merge_tokens=merge_tokens), packs=packs)


def exact(unet: UNet, *inputs: Any, merge_tokens: float) -> tuple[Any, ...]:
    """The output alone, float32."""
    return computing(unet, *inputs, merge_tokens=merge_tokens)[:1]


def computing(unet: UNet, *inputs: Any, merge_tokens: float) -> tuple[Any, ...]:
    """The output, and the deep features."""
    output, deep = unet.with_deep(*inputs, merge_tokens=merge_tokens)
    return _float32(output), deep


def reusing(unet: UNet, *inputs: Any, merge_tokens: float) -> tuple[Any, ...]:
    """The output, with deep features of before as the last input."""
    return (_float32(unet.from_deep(*inputs, merge_tokens=merge_tokens)),)


def _float32(output: Any) -> Any:
    return ops.cast(output, "float32")
