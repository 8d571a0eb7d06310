"""The networks of a model as functions of NumPy arrays, compiled once for each shape."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from diffusion.guidance import guide, rescale
from diffusion.recipe import Sampling, Text
from diffusion.runtime import compiled

if TYPE_CHECKING:
    from diffusion.models.clip import CLIPTextEncoder
    from diffusion.models.unet import UNet
    from diffusion.models.vae import VAE
    from diffusion.text.tokenizer import CLIPTokenizer

# Latents (batch, height, width, channels) and a timestep to the model's output.
Predict = Callable[[np.ndarray, np.float32], np.ndarray]


class Networks:
    """Text encoder, UNet and VAE. What comes out is float32, whatever they compute in."""

    def __init__(self, text_encoder: CLIPTextEncoder, unet: UNet, vae: VAE, dtype: str) -> None:
        self.dtype = dtype
        self._encode_text = compiled(text_encoder)
        self._predict = compiled(partial(_predict, unet))
        self._predict_guided = compiled(partial(_predict_guided, unet))
        self._predict_rescaled = compiled(partial(_predict_rescaled, unet))
        self.encode_pixels = compiled(lambda *inputs: _float32(vae.encode(*inputs)))
        """As `VAE.encode`; one picture (1, height, width, 3) may serve a batch of noise."""
        self.decode = compiled(lambda latents: _float32(vae.decode(latents)))
        """As `VAE.decode`."""

    def context(self, text: Text, tokenizer: CLIPTokenizer) -> np.ndarray:
        """The text states of [negative prompt, prompt], (2, length, hidden_size)."""
        prompts = (text.negative_prompt, text.prompt)
        return self._encode_text(np.stack([tokenizer.encode(prompt) for prompt in prompts]))

    def predictor(self, text: Text, sampling: Sampling, tokenizer: CLIPTokenizer) -> Predict:
        """The UNet with a text and a guidance; guidance 1 needs no negative prompt."""
        context = self.context(text, tokenizer)
        scale = np.float32(sampling.guidance_scale)
        if scale == 1:
            return lambda latents, timestep: self._predict(latents, timestep, context[1:])
        if not sampling.guidance_rescale:
            return lambda latents, timestep: self._predict_guided(latents, timestep, context, scale)
        share = np.float32(sampling.guidance_rescale)
        return lambda latents, timestep: self._predict_rescaled(
            latents, timestep, context, scale, share
        )


def _predict(unet: UNet, latents: Any, timestep: Any, context: Any) -> Any:
    """The prompt's output. An odd picture, a lone one too, is there twice.

    TensorFlow's sums round otherwise at odd batches than at even ones, which are all alike: so a
    picture has the same pixels alone and among others.
    """
    batch = latents.shape[0]
    if batch % 2:
        latents = ops.concatenate([latents, latents[-1:]], axis=0)
    return _call(unet, latents, timestep, context)[:batch]


def _predict_both(unet: UNet, latents: Any, timestep: Any, context: Any) -> Any:
    """The outputs of [negative prompt, prompt], (2 * batch, height, width, channels)."""
    return _call(unet, ops.concatenate([latents, latents], axis=0), timestep, context)


def _predict_guided(unet: UNet, latents: Any, timestep: Any, context: Any, scale: Any) -> Any:
    return guide(_predict_both(unet, latents, timestep, context), scale)


def _predict_rescaled(
    unet: UNet, latents: Any, timestep: Any, context: Any, scale: Any, share: Any
) -> Any:
    both = _predict_both(unet, latents, timestep, context)
    return rescale(guide(both, scale), both, share)


def _call(unet: UNet, latents: Any, timestep: Any, context: Any) -> Any:
    """Each text state serves an equal share of the batch."""
    batch = latents.shape[0]
    context = ops.repeat(context, batch // context.shape[0], axis=0)
    return _float32(unet(latents, ops.broadcast_to(timestep, (batch,)), context))


def _float32(array: Any) -> Any:
    return ops.cast(array, "float32")
