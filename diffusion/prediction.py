"""What the UNet says about latents, with a text, a guidance and shortcuts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from diffusion.guidance import guide, rescale
from diffusion.recipe import Recipe
from diffusion.runtime import compiled

if TYPE_CHECKING:
    from diffusion.models.unet import UNet

# Products sum up so many rows at once. Where a picture's places are a multiple of it, sums round
# alike in batches of any size.
_ROWS = 8


class Predictor:
    """The model's output in the course of one painting: it keeps deep features for later calls."""

    def __init__(
        self, prediction: Callable, num_levels: int, context: np.ndarray, recipe: Recipe
    ) -> None:
        """`prediction` is `compiled_prediction` of a UNet with so many resolutions; `context` the
        text states of [negative prompt, prompt]."""
        sampling, shortcuts = recipe.sampling, recipe.shortcuts
        scale, share = np.float32(sampling.guidance_scale), np.float32(sampling.guidance_rescale)
        self._prediction = partial(prediction, merge_tokens=shortcuts.merge_tokens)
        self._num_levels = num_levels
        self._prompt = context[1:]
        self._interval = shortcuts.guidance_interval
        self._guidance: tuple[Any, ...] = (guided, context, scale)
        if scale == 1:  # it needs no negative prompt, and is the same inside and outside
            self._interval, self._guidance = (0.0, 1.0), (alone, self._prompt)
        elif share:
            self._guidance = (rescaled, context, scale, share)
        self._num_uses = shortcuts.reuse_features
        self._deep: np.ndarray | None = None
        self._uses = 0
        self._last: Callable | None = None

    def __call__(self, latents: np.ndarray, timestep: np.float32, done: float = 0.0) -> np.ndarray:
        """The output for latents (batch, height, width, channels), of their shape, float32.

        `done` is the share of the steps that come before, in [0, 1).
        """
        start, stop = self._interval
        is_guided = start <= done < stop
        way, *settings = self._guidance if is_guided else self._unguided(latents)
        return self._output(way, latents, timestep, *settings)

    def _unguided(self, latents: np.ndarray) -> tuple[Any, ...]:
        _batch, height, width, _channels = latents.shape
        lowest = height * width // 4 ** (self._num_levels - 1)  # places at the lowest resolution
        return (alone if lowest % _ROWS else single), self._prompt

    def _output(self, way: Callable, *inputs: Any) -> np.ndarray:
        if self._num_uses == 1:
            (output,) = self._prediction(way, exact)(*inputs)
            return output
        if way is self._last and self._uses < self._num_uses:
            (output,) = self._prediction(way, reusing)(*inputs, self._deep)
        else:
            output, self._deep = self._prediction(way, computing)(*inputs)
            self._last, self._uses = way, 0
        self._uses += 1
        return output


def compiled_prediction(
    unet: UNet, way: Callable, features: Callable, *, merge_tokens: float
) -> Callable[..., tuple[np.ndarray, ...]]:
    """Latents, a timestep, the text states and what `way` needs more, to the model's output.

    `way` is `alone`, `guided`, `rescaled` or `single`. `features` are `exact`; or `computing`,
    which gives the deep features too; or `reusing`, which takes them after all else.
    """
    return compiled(partial(way, partial(features, unet, merge_tokens=merge_tokens)))


def exact(unet: UNet, *inputs: Any, merge_tokens: float) -> tuple[Any, ...]:
    """The output alone."""
    return (unet(*inputs, merge_tokens=merge_tokens),)


def computing(unet: UNet, *inputs: Any, merge_tokens: float) -> tuple[Any, ...]:
    """The output, and the deep features."""
    return unet.with_deep(*inputs, merge_tokens=merge_tokens)


def reusing(unet: UNet, *inputs: Any, merge_tokens: float) -> tuple[Any, ...]:
    """The output, with deep features of before as the last input."""
    return (unet.from_deep(*inputs, merge_tokens=merge_tokens),)


def alone(call: Callable, latents: Any, timestep: Any, context: Any, *deep: Any) -> Any:
    """The prompt's output. An odd picture, a lone one too, is there twice.

    TensorFlow's sums round otherwise at odd batches than at even ones where a picture's places are
    no multiple of `_ROWS`: so a picture has the same pixels alone and among others.
    """
    batch = latents.shape[0]
    if batch % 2:
        latents = ops.concatenate([latents, latents[-1:]], axis=0)
    output, *deep = single(call, latents, timestep, context, *deep)
    return output[:batch], *deep


def guided(
    call: Callable, latents: Any, timestep: Any, context: Any, scale: Any, *deep: Any
) -> Any:
    """The prompt's output pushed away from the negative prompt's, as `guide`."""
    both, *deep = _both(call, latents, timestep, context, *deep)
    return guide(both, scale), *deep


def rescaled(
    call: Callable,
    latents: Any,
    timestep: Any,
    context: Any,
    scale: Any,
    share: Any,
    *deep: Any,
) -> Any:
    """As `guided`, its spread pulled back as `rescale` does it."""
    both, *deep = _both(call, latents, timestep, context, *deep)
    return rescale(guide(both, scale), both, share), *deep


def single(call: Callable, latents: Any, timestep: Any, context: Any, *deep: Any) -> Any:
    """The outputs for the texts, each of which serves an equal share of the batch."""
    batch = latents.shape[0]
    context = ops.repeat(context, batch // context.shape[0], axis=0)
    output, *deep = call(latents, ops.broadcast_to(timestep, (batch,)), context, *deep)
    return ops.cast(output, "float32"), *deep


def _both(call: Callable, latents: Any, timestep: Any, context: Any, *deep: Any) -> Any:
    """The outputs of [negative prompt, prompt], (2 * batch, height, width, channels)."""
    return single(call, ops.concatenate([latents, latents], axis=0), timestep, context, *deep)
