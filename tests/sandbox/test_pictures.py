"""What a file is, as Pillow writes it."""

import io

import pytest
from PIL import Image

from sdbot.sandbox.pictures import Picture, sniff


@pytest.mark.parametrize(
    ("format", "options", "content_type"),
    [
        ("PNG", {}, "image/png"),
        ("GIF", {}, "image/gif"),
        ("JPEG", {}, "image/jpeg"),
        ("JPEG", {"progressive": True, "exif": Image.Exif()}, "image/jpeg"),
        ("WEBP", {}, "image/webp"),
        ("WEBP", {"lossless": True}, "image/webp"),
        ("WEBP", {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"}, "image/webp"),
    ],
)
def test_type_and_size_are_read_from_the_bytes(
    format: str, options: dict[str, object], content_type: str
) -> None:
    data = io.BytesIO()
    Image.new("RGB", (300, 200), "teal").save(data, format, **options)
    assert sniff(data.getvalue()) == Picture(content_type, 300, 200)


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF"])
def test_what_is_cut_short_or_no_picture_is_none(data: bytes) -> None:
    assert sniff(data) is None
