"""Which pictures members may give, over the wire."""

import gzip
import struct
import zlib
from functools import partial

import numpy as np
import pytest
from PIL import Image, ImageFile

from diffusion.images import open_image, pixel_hash
from tests.sdbot.conversation import picture_message, remix, told
from tests.sdbot.pictures import QUARTERS, colours_of, encoded, noise, quarters

ALLOWED = "allowed: PNG, JPEG, WEBP, GIF, BMP. Please try another."
GREYS = ("black", "dark grey", "light grey", "white")
BLACK = Image.new("RGB", (128, 128))


def half_seen():
    """The quarters on the left are transparent."""
    alpha = Image.new("L", (128, 128), 255)
    alpha.paste(0, (0, 0, 64, 128))
    image = quarters()
    image.putalpha(alpha)
    return image


def palette_with_a_hole():
    """The red of a palette is transparent."""
    image = quarters().quantize(4)
    return encoded(image, transparency=image.getpixel((0, 0)))


def sixteen_bits():
    """Greys of 16 bits, of which the lower eight say nothing of the brightness."""
    levels = np.asarray(quarters(colours=GREYS).convert("L"), np.uint16) * 256
    return encoded(Image.fromarray(levels))


def inks():
    """As printers have it: each ink is what a colour lacks."""
    channels = [channel.point(lambda level: 255 - level) for channel in quarters().split()]
    return encoded(Image.merge("CMYK", [*channels, Image.new("L", (128, 128))]), "JPEG")


animated = partial(encoded, save_all=True, append_images=[BLACK])
# What was sent, and the colours that are painted from.
KINDS = {
    "PNG": (encoded(quarters()), QUARTERS),
    "JPEG": (encoded(quarters(), "JPEG"), QUARTERS),
    "progressive JPEG": (encoded(quarters(), "JPEG", progressive=True), QUARTERS),
    "JPEG of a phone": (animated(quarters(), "MPO"), QUARTERS),
    "JPEG of inks": (inks(), QUARTERS),
    "grey JPEG": (encoded(quarters(colours=GREYS).convert("L"), "JPEG"), GREYS),
    "WebP": (encoded(quarters(), "WEBP"), QUARTERS),
    "WebP without loss": (encoded(quarters(), "WEBP", lossless=True), QUARTERS),
    "GIF": (encoded(quarters(), "GIF"), QUARTERS),
    "BMP": (encoded(quarters(), "BMP"), QUARTERS),
    "palette": (encoded(quarters().quantize(4)), QUARTERS),
    "palette with a hole": (palette_with_a_hole(), ("white", *QUARTERS[1:])),
    "transparent PNG": (encoded(half_seen()), ("white", "green", "white", "yellow")),
    "transparent WebP": (encoded(half_seen(), "WEBP"), ("white", "green", "white", "yellow")),
    "transparent grey": (
        encoded(Image.merge("LA", (quarters(colours=GREYS).convert("L"), half_seen().split()[3]))),
        ("white", "dark grey", "white", "white"),
    ),
    "one bit": (
        encoded(quarters(colours=("black", "white", "white", "black")).convert("1")),
        ("black", "white", "white", "black"),
    ),
    "sixteen bits": (sixteen_bits(), GREYS),
    "animated GIF": (animated(quarters(), "GIF"), QUARTERS),
    "animated WebP": (animated(quarters(), "WEBP"), QUARTERS),
    "animated PNG": (animated(quarters(), "PNG"), QUARTERS),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_picture_of_every_kind_is_known_by_its_content(start_bot, member, engine, kind):
    data, colours = KINDS[kind]
    async with start_bot():
        await remix(member, data, "notes.txt")
        result = await picture_message(member)
    (source,) = engine.sources
    assert colours_of(source) == colours
    assert "Your picture" not in result["content"]  # it had a size that can be painted
    assert engine.recipes[0].source.image == pixel_hash(open_image(source))


TURNS = {
    1: (),
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_90,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_270,),
}


@pytest.mark.parametrize("orientation", TURNS)
async def test_a_photo_stands_upright_however_the_camera_was_held(
    start_bot, member, engine, orientation
):
    photo = quarters(192, 256)
    for turn in TURNS[orientation]:
        photo = photo.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    async with start_bot():
        await remix(member, encoded(photo, "JPEG", exif=exif))
        result = await picture_message(member)
    (source,) = engine.sources
    assert colours_of(source) == QUARTERS
    assert open_image(source).size == (96, 128)
    assert "Your picture (192 x 256) was resized to 96 x 128." in result["content"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("HEIC", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
        ("AVIF", encoded(quarters(), "AVIF")),
        ("SVG", b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"></svg>'),
        ("PDF", encoded(quarters(), "PDF")),
        ("MP4", b"\0\0\0\x18ftypisom\0\0\2\0isomiso2avc1mp41"),
        ("TIFF", encoded(quarters(), "TIFF")),
    ],
)
async def test_what_cannot_be_read_is_named(start_bot, member, engine, name, data):
    async with start_bot():
        await remix(member, data, "picture.png")
        await told(member, f"I cannot use this picture: the picture is {name}; {ALLOWED}")
    assert engine.orders == []


def png(width, height, *chunks):
    """A PNG that says it has this size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), *chunks, (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + type + data + struct.pack(">I", zlib.crc32(type + data))
        for type, data in chunks
    )


def gif_with_frame(width, height):
    """Its screen is small, its frame is not."""
    data = bytearray(encoded(Image.new("L", (4, 4)), "GIF"))
    frame = data.index(b"\x2c\0\0\0\0")
    data[frame + 5 : frame + 9] = struct.pack("<HH", width, height)
    return bytes(data)


NO_PICTURE = f"the picture is no picture; {ALLOWED}"
TOO_MANY = "pixels; allowed: 64000000 in all. Please try another."
NOT_OPENED = "the picture cannot be opened: "
TEXT_BOMB = b"comment\0\0" + zlib.compress(bytes(2**24))
HOSTILE = {
    "nothing": (b"", NO_PICTURE),
    "words": (b"this is no picture", NO_PICTURE),
    "a page": (b"<!doctype html><script>alert(1)</script>", NO_PICTURE),
    "an archive": (gzip.compress(encoded(quarters())), NO_PICTURE),
    "a name alone": (b"\x89PNG\r\n\x1a\n", NO_PICTURE),
    "the first half": (encoded(noise())[:20_000], NOT_OPENED),
    "no pixels": (png(4, 4), NOT_OPENED),
    "no width": (png(0, 4), NO_PICTURE),
    "a bomb": (encoded(Image.new("1", (8001, 8001))), f"has 8001 x 8001 {TOO_MANY}"),
    "a greater bomb": (encoded(Image.new("1", (16_000, 16_000))), TOO_MANY),
    "the greatest size": (png(2**31 - 1, 2**31 - 1), TOO_MANY),
    "a frame beyond its screen": (gif_with_frame(65_535, 65_535), TOO_MANY),
    "a bomb in words": (png(4, 4, (b"zTXt", TEXT_BOMB)), NOT_OPENED),
}


@pytest.mark.parametrize("kind", HOSTILE)
async def test_hostile_files_are_refused_and_the_bot_lives_on(
    start_bot, member, engine, monkeypatch, kind
):
    data, words = HOSTILE[kind]
    load, decoded = ImageFile.ImageFile.load, []

    def note(image):
        decoded.append(image.size)
        return load(image)

    monkeypatch.setattr(ImageFile.ImageFile, "load", note)
    async with start_bot():
        await remix(member, data, "picture.png")
        refusal = await told(member, "I cannot use this picture: ")
        assert engine.orders == []
        assert all(width * height <= 64_000_000 for width, height in decoded)
        await remix(member, encoded(quarters()))
        await picture_message(member)
    assert words in refusal["content"]
