"""Pictures in and out, without TensorFlow."""

from __future__ import annotations

import hashlib
import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

from diffusion.errors import ImageError
from diffusion.parameters import to_parameters
from diffusion.recipe import Recipe

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
MAX_PIXELS = 64_000_000
RECIPE_KEY = "sdbot-recipe"  # the PNG text chunk that holds the recipe as JSON
PARAMETERS_KEY = "parameters"  # the one that other Stable Diffusion tools read

# What people also take for a picture, by how such files begin. None of it is opened.
_HEAD_BYTES = 1024
_BEGINNINGS = {
    b"%PDF-": "PDF",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"\0\0\1\0": "ICO",
    b"8BPS": "PSD",
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"\x1aE\xdf\xa3": "WebM",
}
# Brands of ISO/IEC 14496-12, the more telling first; all other files of that kind are films.
_BRANDS = {
    b"avif": "AVIF",
    b"avis": "AVIF",
    b"hei": "HEIC",
    b"hev": "HEIC",
    b"mif1": "HEIC",
    b"msf1": "HEIC",
    b"qt  ": "MOV",
}


def open_image(file: Path | bytes) -> Image.Image:
    """A picture as RGB: its first frame, upright, what is transparent on white.

    Its type is told by its content, and its size before it is decoded. Raises `ImageError`.
    """
    with _opened(file, FORMATS) as image:
        image.load()
        _turn_upright(image)
        return _on_white(image)


def fit(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The middle of a picture, in the ratio of `size`, at that size."""
    return ImageOps.fit(image, size, Image.Resampling.LANCZOS)


def enlarge(image: Image.Image, scale: int) -> Image.Image:
    """The picture at `scale` times its width and height, resampled; it carries no recipe."""
    size = (image.width * scale, image.height * scale)
    enlarged = image.resize(size, Image.Resampling.LANCZOS)
    enlarged.info = {}
    return enlarged


def nearest_size(image: Image.Image, sizes: tuple[tuple[int, int], ...]) -> tuple[int, int]:
    """The size whose ratio of width to height is nearest to the picture's."""
    ratio = np.log(image.width / image.height)
    return min(sizes, key=lambda size: abs(np.log(size[0] / size[1]) - ratio))


def pixel_hash(image: Image.Image) -> str:
    """SHA-256 of a picture's pixels, whatever file they came from."""
    head = f"{image.mode} {image.width}x{image.height}\n".encode()
    return hashlib.sha256(head + image.tobytes()).hexdigest()


def to_pixels(image: Image.Image) -> np.ndarray:
    """An RGB picture as float32 pixels of shape (height, width, 3) in [-1, 1]."""
    return np.asarray(image, np.float32) / 255 * 2 - 1


def from_pixels(pixels: np.ndarray) -> Image.Image:
    """A picture from pixels of shape (height, width, 3) in [-1, 1]; what is outside is clipped."""
    levels = np.clip(pixels * 0.5 + 0.5, 0, 1) * 255
    return Image.fromarray(levels.round().astype(np.uint8))


def to_mask(image: Image.Image, downscale: int) -> np.ndarray:
    """A mask for latents, float32, (height / downscale, width / downscale, 1): 1 is painted.

    Each latent takes the pixel at its corner, painted where that is at least half white, as the
    diffusers library does it.
    """
    white = np.asarray(image.convert("L"), np.float32) / 255
    return (white[::downscale, ::downscale, None] >= 0.5).astype(np.float32)


def with_recipe(image: Image.Image, recipe: Recipe, model_title: str) -> Image.Image:
    """The picture, carrying its recipe exactly and in the form that other tools read."""
    image.info[PARAMETERS_KEY] = to_parameters(recipe, model_title)
    image.info[RECIPE_KEY] = recipe.to_json()
    return image


def encode_png(image: Image.Image) -> bytes:
    """PNG bytes, with the recipe that the picture carries."""
    chunks = PngInfo()
    for key in (PARAMETERS_KEY, RECIPE_KEY):
        if key in image.info:
            chunks.add_itxt(key, image.info[key])
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=chunks, optimize=True)
    return buffer.getvalue()


def read_recipe(file: Path) -> Recipe:
    """The recipe in a PNG. Raises `ImageError` where there is none, else as `from_json`."""
    return Recipe.from_json(recipe_text(file))


def recipe_text(file: Path) -> str:
    """The recipe in a PNG as it is written there. Raises `ImageError` where there is none."""
    with _opened(file, ("PNG",)) as image:
        image.load()  # a text chunk may stand behind the pixels
        text = image.info.get(RECIPE_KEY)
    if not isinstance(text, str):
        raise ImageError(f"{file} carries no recipe")
    return text


@contextmanager
def _opened(file: Path | bytes, formats: tuple[str, ...]) -> Iterator[Image.Image]:
    """A picture before it is decoded; what Pillow has against it is an `ImageError`."""
    name = str(file) if isinstance(file, Path) else "the picture"
    stream = io.BytesIO(file) if isinstance(file, bytes) else file
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a damaged picture makes Pillow remark
            with Image.open(stream, formats=formats) as image:
                if image.width * image.height > MAX_PIXELS:
                    received = f"{image.width} x {image.height}"
                    raise ImageError(f"{name} has {received} pixels; allowed: {MAX_PIXELS} in all")
                yield image
    except ImageError:
        raise
    except UnidentifiedImageError:
        received = _type(file) or "no picture"
        raise ImageError(f"{name} is {received}; allowed: {', '.join(formats)}") from None
    except Image.DecompressionBombError as error:
        raise ImageError(f"{name} has too many pixels; allowed: {MAX_PIXELS} in all") from error
    except Exception as error:  # a damaged picture makes Pillow raise anything
        raise ImageError(f"{name} cannot be opened: {str(error) or 'it is damaged'}") from error


def _type(file: Path | bytes) -> str | None:
    """The name of a type that is not opened, told by how the file begins; None for others."""
    if isinstance(file, Path):
        with file.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
    else:
        head = file[:_HEAD_BYTES]
    if head[4:8] == b"ftyp":
        brands = head[8:64]
        return next((name for brand, name in _BRANDS.items() if brand in brands), "MP4")
    if b"<svg" in head.lower():
        return "SVG"
    return next((name for start, name in _BEGINNINGS.items() if head.startswith(start)), None)


def _turn_upright(image: Image.Image) -> None:
    """Turn it as its EXIF says; one that cannot be read says nothing."""
    with suppress(struct.error, SyntaxError, ValueError, KeyError, TypeError):
        ImageOps.exif_transpose(image, in_place=True)


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits a channel, which Pillow would cut instead of scale
        image = Image.fromarray((np.asarray(image, np.float32) / 257).round().astype(np.uint8))
    if not image.has_transparency_data:
        return image.convert("RGB")
    if image.mode != "RGBA":
        image = image.convert("RGBA")
    on_white = Image.new("RGB", image.size, "white")
    on_white.paste(image, mask=image)
    return on_white
