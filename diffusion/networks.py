"""The networks of a model as functions of NumPy arrays, compiled once for each shape."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from diffusion.prediction import Predictor, compiled_prediction
from diffusion.recipe import Recipe, Text
from diffusion.runtime import compiled
from diffusion.text.chunks import encoder_inputs, read_text, side_by_side
from diffusion.text.emphasis import weigh
from diffusion.text.learned import NONE, Learned

if TYPE_CHECKING:
    from diffusion.models.clip import CLIPTextEncoder
    from diffusion.models.unet import UNet
    from diffusion.models.vae import VAE
    from diffusion.text.tokenizer import CLIPTokenizer


class Networks:
    """Text encoder, UNet and VAE. What comes out is float32, whatever they compute in."""

    def __init__(
        self,
        text_encoder: CLIPTextEncoder,
        unet: UNet,
        vae: VAE,
        dtype: str,
        *,
        packed: tuple[int, int, int] | None = None,
    ) -> None:
        """For pictures and texts of `packed` (width, height, tokens), without LoRAs and merged
        tokens, copies of the UNet's kernels are kept, packed: one for each graph."""
        self.dtype = dtype
        self._packed = packed
        self.with_loras = (text_encoder, unet)
        """Those that LoRAs change."""
        self._encode_text = cache(partial(_compiled_encoding, text_encoder))
        self._num_levels = len(unet.down_blocks)
        self._keys_and_values = compiled(unet.keys_and_values)
        self.prediction = cache(partial(compiled_prediction, unet))
        """As `compiled_prediction`, made when first asked for, and kept."""
        self.encode_pixels = compiled(lambda *inputs: _float32(vae.encode(*inputs)))
        """As `VAE.encode`; one picture (1, height, width, 3) may serve a batch of noise."""
        self.decode = compiled(lambda latents: _float32(vae.decode(latents)))
        """As `VAE.decode`."""

    def context(self, text: Text, tokenizer: CLIPTokenizer, learned: Learned = NONE) -> np.ndarray:
        """The text states of [negative prompt, prompt], (2, chunks * length, hidden_size)."""
        readings = read_text(text, tokenizer, learned)
        encode = self._encode_text(text.clip_skip)
        states = [
            weigh(encode(*encoder_inputs(chunks)), np.stack([chunk.weights for chunk in chunks]))
            for chunks in side_by_side(readings, tokenizer)
        ]
        return np.concatenate(states, axis=1)

    def predictor(self, recipe: Recipe, context: np.ndarray) -> Predictor:
        """The UNet with what a recipe asks of it, for one painting; `context` is of its text."""
        shape = recipe.sampling.width, recipe.sampling.height, context.shape[1]
        is_plain = not recipe.loras and not recipe.shortcuts.merge_tokens
        prediction = partial(self.prediction, packs=is_plain and shape == self._packed)
        return Predictor(prediction, self._num_levels, self._keys_and_values(context), recipe)


def _compiled_encoding(text_encoder: CLIPTextEncoder, clip_skip: int) -> Callable[..., np.ndarray]:
    return compiled(lambda *inputs: text_encoder(*inputs, clip_skip=clip_skip))


def _float32(array: Any) -> Any:
    return ops.cast(array, "float32")
