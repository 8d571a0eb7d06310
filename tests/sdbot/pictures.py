"""Pictures whose content tells where it came from."""

import io

import numpy as np
from PIL import Image

# Left to right, top to bottom.
QUARTERS = ("red", "green", "blue", "yellow")
COLOURS = {
    "red": (220, 20, 20),
    "green": (20, 160, 20),
    "blue": (20, 20, 220),
    "yellow": (230, 230, 20),
    "white": (255, 255, 255),
    "light grey": (170, 170, 170),
    "dark grey": (85, 85, 85),
    "black": (0, 0, 0),
}


def quarters(width=128, height=128, colours=QUARTERS):
    """A picture with a colour in each quarter."""
    pixels = np.zeros((height, width, 3), np.uint8)
    middle, centre = height // 2, width // 2
    for name, rows, columns in (
        (colours[0], slice(0, middle), slice(0, centre)),
        (colours[1], slice(0, middle), slice(centre, None)),
        (colours[2], slice(middle, None), slice(0, centre)),
        (colours[3], slice(middle, None), slice(centre, None)),
    ):
        pixels[rows, columns] = COLOURS[name]
    return Image.fromarray(pixels)


def noise(width=128, height=128, seed=0):
    """A picture of which no format makes a small file."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(pixels)


def encoded(image, format="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def colours_of(data):
    """The names of the colours in the quarters' middles."""
    return _names(data, (0.25, 0.75))


def corners_of(data):
    """The names of the colours of the four outermost pixels."""
    return _names(data, (0, 1))


def _names(data, parts):
    """Of the pixels at these parts of the height and the width."""
    image = Image.open(io.BytesIO(data))
    right, bottom = image.width - 1, image.height - 1
    return tuple(
        _name(image.getpixel((int(x * right), int(y * bottom)))) for y in parts for x in parts
    )


def _name(pixel):
    return min(COLOURS, key=lambda name: np.abs(np.subtract(COLOURS[name], pixel)).sum())
