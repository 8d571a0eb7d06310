"""The networks of a model as functions of NumPy arrays, compiled once for each shape."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from diffusion.prediction import Predictor, compiled_prediction
from diffusion.recipe import Recipe, Text
from diffusion.runtime import compiled

if TYPE_CHECKING:
    from diffusion.models.clip import CLIPTextEncoder
    from diffusion.models.unet import UNet
    from diffusion.models.vae import VAE
    from diffusion.text.tokenizer import CLIPTokenizer


class Networks:
    """Text encoder, UNet and VAE. What comes out is float32, whatever they compute in."""

    def __init__(self, text_encoder: CLIPTextEncoder, unet: UNet, vae: VAE, dtype: str) -> None:
        self.dtype = dtype
        self._encode_text = compiled(text_encoder)
        self._num_levels = len(unet.down_blocks)
        self.prediction = cache(partial(compiled_prediction, unet))
        """As `compiled_prediction`, made when first asked for, and kept."""
        self.encode_pixels = compiled(lambda *inputs: _float32(vae.encode(*inputs)))
        """As `VAE.encode`; one picture (1, height, width, 3) may serve a batch of noise."""
        self.decode = compiled(lambda latents: _float32(vae.decode(latents)))
        """As `VAE.decode`."""

    def context(self, text: Text, tokenizer: CLIPTokenizer) -> np.ndarray:
        """The text states of [negative prompt, prompt], (2, length, hidden_size)."""
        prompts = (text.negative_prompt, text.prompt)
        return self._encode_text(np.stack([tokenizer.encode(prompt) for prompt in prompts]))

    def predictor(self, recipe: Recipe, tokenizer: CLIPTokenizer) -> Predictor:
        """The UNet with what a recipe asks of it, for one painting."""
        context = self.context(recipe.text, tokenizer)
        return Predictor(self.prediction, self._num_levels, context, recipe)


def _float32(array: Any) -> Any:
    return ops.cast(array, "float32")
