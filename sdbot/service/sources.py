"""Pictures to paint from: read, fitted and hashed on a thread of their own."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from diffusion.errors import ImageError
from diffusion.images import encode_png, fit, nearest_size, open_image, pixel_hash
from sdbot.errors import PictureRefused

# One at a time: a picture that is just allowed takes hundreds of megabytes while it is decoded.
_decoder = ThreadPoolExecutor(max_workers=1, thread_name_prefix="decoder")

Size = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class SourcePicture:
    """A picture at the size that is painted; `received` is the one it had."""

    png: bytes
    image_hash: str
    size: Size
    received: Size


async def read_source(data: bytes, sizes: tuple[Size, ...]) -> SourcePicture:
    """Fit a picture to the nearest of `sizes`. Raises `PictureRefused`."""
    loop = asyncio.get_running_loop()
    try:
        return await loop.run_in_executor(_decoder, partial(_read, data, sizes))
    except ImageError as error:
        raise PictureRefused(str(error)) from error


def _read(data: bytes, sizes: tuple[Size, ...]) -> SourcePicture:
    image = open_image(data)
    size = nearest_size(image, sizes)
    fitted = fit(image, size)
    return SourcePicture(
        png=encode_png(fitted), image_hash=pixel_hash(fitted), size=size, received=image.size
    )
