"""Pictures as files that Discord takes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

# Tried in this order: exact, then smaller and smaller; with Pillow's name and options for each.
FORMATS = (
    ("webp", "WEBP", {"quality": 95}),
    ("jpg", "JPEG", {"quality": 90}),
    ("jpg", "JPEG", {"quality": 60}),
)


@dataclass(frozen=True)
class Encoded:
    """The pictures of one message, all in one format."""

    suffix: str
    files: list[bytes]


def encodings(pictures: list[bytes], max_bytes: int) -> Iterator[Encoded]:
    """The PNGs as they are and in smaller formats, those whose files have at most `max_bytes`."""
    for encoded in _all(pictures):
        if all(len(file) <= max_bytes for file in encoded.files):
            yield encoded


def _all(pictures: list[bytes]) -> Iterator[Encoded]:
    yield Encoded("png", pictures)
    images = [Image.open(io.BytesIO(picture)) for picture in pictures]
    for suffix, name, options in FORMATS:
        yield Encoded(suffix, [_encode(image, name, options) for image in images])


def _encode(image: Image.Image, name: str, options: dict[str, int]) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, name, **options)
    return buffer.getvalue()
