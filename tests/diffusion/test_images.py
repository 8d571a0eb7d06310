import hashlib
import io

import numpy as np
import pytest
from PIL import Image

from diffusion.errors import ImageError, RecipeError
from diffusion.images import (
    MAX_PIXELS,
    RECIPE_KEY,
    encode_png,
    fit,
    from_pixels,
    nearest_size,
    open_image,
    pixel_hash,
    read_recipe,
    to_mask,
    to_pixels,
    with_recipe,
)
from diffusion.recipe import Embedding, Recipe, Sampling, Shortcuts, Source, Text

RECIPE = Recipe(
    text=Text(prompt="a cat, 50%\nso soft 猫", negative_prompt="dog"),
    sampling=Sampling(
        scheduler="euler_ancestral",
        num_steps=20,
        guidance_scale=7.5,
        seed=42,
        width=64,
        height=32,
    ),
    model="ab" * 32,
)


def encoded(image, format, **options):
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("format", ["PNG", "WEBP", "GIF", "BMP", "JPEG"])
def test_a_picture_is_opened_by_its_content(format):
    image = open_image(encoded(Image.new("RGB", (5, 3), (255, 0, 0)), format))
    assert (image.mode, image.size) == ("RGB", (5, 3))
    assert np.abs(np.array(image.getpixel((2, 1))) - (255, 0, 0)).max() <= 2


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stands_upright(orientation):
    upright = Image.new("RGB", (2, 3), "black")
    upright.putpixel((0, 0), (255, 255, 255))
    turns = {
        1: (),
        2: (Image.Transpose.FLIP_LEFT_RIGHT,),
        3: (Image.Transpose.ROTATE_180,),
        4: (Image.Transpose.FLIP_TOP_BOTTOM,),
        5: (Image.Transpose.TRANSPOSE,),
        6: (Image.Transpose.ROTATE_90,),
        7: (Image.Transpose.TRANSVERSE,),
        8: (Image.Transpose.ROTATE_270,),
    }
    stored = upright
    for turn in turns[orientation]:
        stored = stored.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert open_image(encoded(stored, "PNG", exif=exif)).tobytes() == upright.tobytes()


def test_what_is_transparent_is_white():
    image = Image.new("RGBA", (2, 1), (255, 0, 0, 0))
    image.putpixel((1, 0), (255, 0, 0, 128))
    opened = open_image(encoded(image, "PNG"))
    assert opened.getpixel((0, 0)) == (255, 255, 255)
    assert opened.getpixel((1, 0)) == (255, 127, 127)


def test_palettes_greys_cmyk_and_sixteen_bits_are_understood():
    palette = Image.new("RGB", (2, 2), (10, 200, 30)).quantize()
    assert open_image(encoded(palette, "PNG")).getpixel((0, 0)) == (10, 200, 30)
    assert open_image(encoded(Image.new("L", (2, 2), 77), "PNG")).getpixel((0, 0)) == (77, 77, 77)
    deep = Image.fromarray(np.full((2, 2), 257 * 99, np.uint16))
    assert open_image(encoded(deep, "PNG")).getpixel((0, 0)) == (99, 99, 99)
    ink = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    red, green, blue = open_image(encoded(ink, "JPEG")).getpixel((4, 4))
    assert red > 200 > 60 > max(green, blue)


def test_of_an_animation_the_first_frame_is_taken():
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    animation = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert open_image(animation).getpixel((0, 0)) == (255, 0, 0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the picture is no picture; allowed: PNG, JPEG, WEBP, GIF, BMP"),
        (b"GIF89a", "the picture is no picture"),
        (b"no picture at all", "the picture is no picture"),
        (encoded(Image.effect_noise((99, 99), 50), "PNG")[:900], "the picture cannot be opened"),
    ],
)
def test_what_is_no_whole_picture_is_refused(content, message):
    with pytest.raises(ImageError, match=message):
        open_image(content)


def boxed(*brands):
    """How a file of ISO/IEC 14496-12 begins: its major brand, a version, and all brands."""
    brand, version = brands[0].encode(), bytes(4)
    content = b"ftyp" + brand + version + "".join(brands).encode()
    return (4 + len(content)).to_bytes(4, "big") + content + b"\0\0\0\x08mdat"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (boxed("heic", "mif1", "heic"), "HEIC"),
        (boxed("mif1", "heix", "miaf"), "HEIC"),
        (boxed("msf1", "hevc"), "HEIC"),
        (boxed("mif1", "miaf", "avif"), "AVIF"),
        (encoded(Image.new("RGB", (9, 9)), "AVIF"), "AVIF"),
        (boxed("isom", "iso2", "avc1", "mp41"), "MP4"),
        (boxed("qt  ", "qt  "), "MOV"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01", "WebM"),
        (b"%PDF-1.7\n", "PDF"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- drawn --><SVG width='9'></SVG>", "SVG"),
        (encoded(Image.new("RGB", (9, 9)), "TIFF"), "TIFF"),
        (encoded(Image.fromarray(np.zeros((9, 9), ">u2")), "TIFF"), "TIFF"),
        (encoded(Image.new("RGB", (32, 32)), "ICO"), "ICO"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"\xff\x0a\x7f\x20", "JPEG XL"),
        (b"8BPS\0\1", "PSD"),
    ],
)
def test_what_else_is_taken_for_a_picture_is_named(content, name, tmp_path):
    with pytest.raises(ImageError, match=f"^the picture is {name}; allowed: PNG, JPEG, WEBP"):
        open_image(content)
    file = tmp_path / "photo.png"  # names are not asked
    file.write_bytes(content)
    with pytest.raises(ImageError, match=rf"photo\.png is {name}; allowed: PNG, JPEG, WEBP"):
        open_image(file)


def test_whatever_pillow_raises_on_a_damaged_picture_is_an_image_error():
    """A palette that is missing makes it an AssertionError."""
    png = encoded(Image.new("RGB", (2, 2)).quantize(), "PNG")
    chunk = png.index(b"PLTE") - 4
    behind = chunk + int.from_bytes(png[chunk : chunk + 4], "big") + 12
    with pytest.raises(ImageError, match="the picture cannot be opened: it is damaged"):
        open_image(png[:chunk] + png[behind:])


def test_what_turns_a_picture_upright_does_not_hide_that_it_is_damaged():
    """Bytes that were changed by chance: read a second time, they make a TypeError."""
    damaged = bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000080000000810000000ff9cf6d2990000001349444154789c"
        "6354e7674001bae2255052f7364c0c0c036fc5ec4d330046656d652c0000000049804e44ae426082"
    )
    with pytest.raises(ImageError, match="the picture cannot be opened: broken PNG file"):
        open_image(damaged)


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded():
    bomb = encoded(Image.new("1", (MAX_PIXELS // 1000, 1001)), "PNG")
    with pytest.raises(ImageError, match=f"allowed: {MAX_PIXELS} in all"):
        open_image(bomb)


def test_a_bomb_for_pillow_itself_is_refused_too():
    bomb = encoded(Image.new("1", (20_000, 20_000)), "PNG")
    with pytest.raises(ImageError, match=f"too many pixels; allowed: {MAX_PIXELS} in all"):
        open_image(bomb)


def test_damaged_exif_says_nothing():
    picture = encoded(Image.new("RGB", (3, 2), "red"), "PNG", exif=b"Exif\0\0II*\0")
    assert open_image(picture).size == (3, 2)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ImageError, match=r"none.png cannot be opened: .*No such file"):
        open_image(tmp_path / "none.png")


def test_fitting_takes_the_middle():
    wide = Image.new("RGB", (300, 100), "black")
    wide.paste((255, 255, 255), (100, 0, 200, 100))
    assert np.asarray(fit(wide, (50, 50))).min() > 200


def test_the_nearest_size_is_nearest_in_ratio():
    sizes = ((128, 128), (96, 128), (128, 96))
    picture = Image.new("RGB", (1000, 700))
    assert nearest_size(picture, sizes) == (128, 96)
    assert nearest_size(picture.rotate(90, expand=True), sizes) == (96, 128)


def test_pixels_are_the_levels_from_minus_one_to_one():
    image = Image.new("RGB", (1, 2), (0, 255, 51))
    pixels = to_pixels(image)
    assert (pixels.shape, pixels.dtype) == ((2, 1, 3), np.float32)
    np.testing.assert_allclose(pixels[0, 0], [-1, 1, -0.6], atol=1e-6)
    assert from_pixels(pixels).tobytes() == image.tobytes()
    assert from_pixels(pixels * 5).getpixel((0, 0)) == (0, 255, 0)


def test_a_mask_has_a_number_for_each_latent():
    mask = Image.new("L", (16, 8), 127)
    mask.paste(128, (8, 0, 16, 8))
    assert to_mask(mask, 8).tolist() == [[[0.0], [1.0]]]


def test_the_hash_is_of_the_pixels_alone():
    image = Image.effect_noise((9, 7), 50).convert("RGB")
    again = open_image(encoded(image, "BMP"))
    assert pixel_hash(image) == pixel_hash(again)
    expected = hashlib.sha256(b"RGB 9x7\n" + image.tobytes()).hexdigest()
    assert pixel_hash(image) == expected
    again.putpixel((0, 0), (1, 2, 3))
    assert pixel_hash(image) != pixel_hash(again)


def test_a_png_carries_its_recipe_exactly_and_as_other_tools_read_it(tmp_path):
    file = tmp_path / "picture.png"
    image = with_recipe(Image.new("RGB", (64, 32)), RECIPE, "my, model")
    file.write_bytes(encode_png(image))
    assert read_recipe(file) == RECIPE
    with Image.open(file) as picture:
        assert picture.text["parameters"] == (
            "a cat, 50%\nso soft 猫\nNegative prompt: dog\n"
            "Steps: 20, Sampler: Euler a, CFG scale: 7.5, Seed: 42, Size: 64x32, "
            'Model hash: ababababab, Model: "my, model"'
        )


def test_a_remix_says_its_strength_to_other_tools():
    from dataclasses import replace

    remix = replace(RECIPE, source=Source(image="0" * 64, strength=0.6))
    image = with_recipe(Image.new("RGB", (64, 32)), remix, "m")
    assert image.info["parameters"].endswith("Model: m, Denoising strength: 0.6")


def test_shortcuts_are_said_to_other_tools():
    from dataclasses import replace

    shortcuts = Shortcuts(guidance_interval=(0.25, 0.8), reuse_features=2, merge_tokens=0.5)
    image = with_recipe(Image.new("RGB", (64, 32)), replace(RECIPE, shortcuts=shortcuts), "m")
    said = "CFG interval: 0.25 to 0.8, Reused features: 2, Token merging ratio: 0.5"
    assert image.info["parameters"].endswith(f"Model: m, {said}")


def test_a_picture_without_a_recipe_is_written_without_one(tmp_path):
    file = tmp_path / "picture.png"
    file.write_bytes(encode_png(Image.new("RGB", (4, 4))))
    with pytest.raises(ImageError, match=r"picture.png carries no recipe"):
        read_recipe(file)


def test_a_broken_recipe_is_refused(tmp_path):
    file = tmp_path / "picture.png"
    image = Image.new("RGB", (4, 4))
    image.info[RECIPE_KEY] = '{"version": 7}'
    file.write_bytes(encode_png(image))
    with pytest.raises(RecipeError, match="version is 7; allowed: 1, 2, 3"):
        read_recipe(file)


def test_what_is_no_png_has_no_recipe(tmp_path):
    file = tmp_path / "picture.png"
    file.write_bytes(b"no picture")
    with pytest.raises(ImageError, match=r"picture.png is no picture; allowed: PNG"):
        read_recipe(file)


def test_how_a_prompt_is_read_is_said_to_other_tools():
    from dataclasses import replace

    def parameters(embeddings=(), **text):
        recipe = replace(RECIPE, text=replace(RECIPE.text, **text), embeddings=embeddings)
        return with_recipe(Image.new("RGB", (64, 32)), recipe, "m").info["parameters"]

    assert parameters(clip_skip=2).endswith("Model: m, Clip skip: 2")
    assert parameters(prompt="a (cat:1.2)").endswith("Model: m, Emphasis: None")
    assert parameters(negative_prompt="[dog]").endswith("Model: m, Emphasis: None")
    assert parameters(prompt="a (cat:1.2)", markup=True).endswith("Model: m")
    embeddings = tuple(Embedding(token=word, hash=word * 64) for word in "ab")
    said = f'TI hashes: "a: {"a" * 12}, b: {"b" * 12}"'
    assert parameters(embeddings).endswith(f"Model: m, {said}")
