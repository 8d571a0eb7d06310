"""Pictures in and out, without TensorFlow."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from diffusion.recipe import Recipe

RECIPE_KEY = "sdbot-recipe"  # the PNG text chunk that holds the recipe as JSON


def from_pixels(pixels: np.ndarray) -> Image.Image:
    """A picture from pixels of shape (height, width, 3) in [-1, 1]; what is outside is clipped."""
    levels = np.clip(pixels * 0.5 + 0.5, 0, 1) * 255
    return Image.fromarray(levels.round().astype(np.uint8))


def encode_png(image: Image.Image, recipe: Recipe) -> bytes:
    """PNG bytes that carry their recipe in a text chunk."""
    chunks = PngInfo()
    chunks.add_itxt(RECIPE_KEY, recipe.to_json())
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=chunks, optimize=True)
    return buffer.getvalue()
