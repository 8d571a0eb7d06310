"""Tiles by themselves, and of the embedded model's autoencoder."""

from dataclasses import replace
from itertools import count

import numpy as np
import pytest

import diffusion
from diffusion.__main__ import main
from diffusion.errors import RecipeError
from diffusion.images import pixel_hash, read_recipe, to_pixels
from diffusion.recipe import Recipe, Shortcuts, Source
from diffusion.tiling import OVERLAP, TILE, in_tiles
from tests.reference.rows import source_picture

SCALE = 3
SIZES = [
    (TILE + 1, TILE + 1),
    (TILE, TILE + 1),
    (2 * TILE - OVERLAP, 5),
    (7, 3 * TILE - 2 * OVERLAP),
    (3 * TILE - 2 * OVERLAP + 1, 2 * TILE - OVERLAP - 1),
]


def drawn(*shape):
    return np.random.default_rng(0).standard_normal(shape, np.float32)


def enlarged(latents):
    return latents.repeat(SCALE, axis=1).repeat(SCALE, axis=2)


@pytest.mark.parametrize("size", SIZES)
def test_of_what_sees_each_place_alone_tiles_are_the_whole(size):
    latents = drawn(2, *size, 4)
    decoded = in_tiles(enlarged, latents)
    np.testing.assert_allclose(decoded, enlarged(latents), rtol=1e-6)


@pytest.mark.parametrize("size", SIZES)
def test_the_noise_of_a_batch_is_cut_to_the_tiles_of_the_pixels(size):
    def encode(pixels, noise):
        return pixels[:, ::SCALE, ::SCALE] + noise

    pixels, noise = enlarged(drawn(1, *size, 4)), drawn(2, *size, 4)
    encoded = in_tiles(encode, pixels, noise)
    np.testing.assert_allclose(encoded, encode(pixels, noise), rtol=0, atol=1e-6)


@pytest.mark.parametrize("size", SIZES)
def test_all_tiles_have_one_shape(size):
    shapes = []

    def decode(latents):
        shapes.append(latents.shape)
        return latents

    in_tiles(decode, drawn(1, *size, 4))
    assert len(shapes) > 1
    assert set(shapes) == {(1, min(size[0], TILE), min(size[1], TILE), 4)}


@pytest.mark.parametrize("axis", [1, 2])
def test_neighbours_are_blended_linearly_over_their_overlap(axis):
    shape = [1, 3, 3, 1]
    shape[axis] = 2 * TILE - OVERLAP
    numbers = count()
    blended = in_tiles(lambda tile: np.full_like(tile, next(numbers)), np.zeros(shape))
    own = TILE - OVERLAP
    expected = np.interp(range(shape[axis]), [own - 1, own + OVERLAP], [0, 1])
    np.testing.assert_allclose(np.moveaxis(blended, axis, -1)[0, 0, 0], expected, atol=1e-6)


@pytest.mark.parametrize("length", range(TILE + 1, 4 * TILE, 37))
def test_as_few_tiles_as_share_the_overlap_are_spread_from_end_to_end(length):
    starts = []

    def decode(places):
        starts.append(int(places[0, 0, 0, 0]))
        return places

    in_tiles(decode, np.arange(length).reshape(1, 1, length, 1))
    assert (starts[0], starts[-1]) == (0, length - TILE)
    own = TILE - OVERLAP
    assert np.diff(starts).max() <= own
    assert (len(starts) - 2) * own < length - TILE


def test_what_is_no_larger_than_a_tile_goes_straight_through():
    latents = drawn(1, TILE, TILE - 1, 4)
    assert in_tiles(lambda whole: whole, latents) is latents


# Three by two of them stand for the model's decoder and encoder on a sheet of four by three emoji.
SMALL = {"tile": 32, "overlap": 8}
STARTS = {1: (0, 16), 2: (0, 16, 32)}


@pytest.fixture(scope="module")
def sheet():
    return np.tile(to_pixels(source_picture()), (3, 4, 1))[None]


@pytest.fixture(scope="module")
def no_noise():
    return np.zeros((1, 48, 64, 4), np.float32)


@pytest.fixture(scope="module")
def latents(pipeline, sheet, no_noise):
    return pipeline._networks.encode_pixels(sheet, no_noise)


@pytest.fixture(scope="module")
def exact(pipeline, latents):
    return pipeline._networks.decode(latents)


def psnr(pixels, expected):
    """In dB, of pixels in [-1, 1]."""
    return 10 * np.log10(4 / ((pixels - expected) ** 2).mean())


def test_a_decoder_in_tiles_gives_what_nobody_tells_from_the_exact_picture(
    pipeline, latents, exact
):
    # 40 dB is what nobody sees; the autoencoder itself loses more.
    assert psnr(in_tiles(pipeline._networks.decode, latents, **SMALL), exact) > 40


def test_an_encoder_in_tiles_does_too(pipeline, sheet, no_noise, exact):
    encoded = in_tiles(pipeline._networks.encode_pixels, sheet, no_noise, **SMALL)
    assert psnr(pipeline._networks.decode(encoded), exact) > 40


@pytest.mark.parametrize("axis", [1, 2])
def test_tiles_leave_no_seam(pipeline, latents, exact, axis):
    """At their ends, the difference from the exact picture steps as it does elsewhere."""
    difference = in_tiles(pipeline._networks.decode, latents, **SMALL) - exact
    steps = np.abs(np.diff(np.moveaxis(difference, axis, -1))).mean((0, 1, 2))
    scale = difference.shape[axis] // latents.shape[axis]
    ends = [*STARTS[axis][1:], *(start + SMALL["tile"] for start in STARTS[axis][:-1])]
    seams = [scale * end - 1 for end in ends]
    assert steps[seams].max() < np.quantile(np.delete(steps, seams), 0.9)


WIDE = (8 * (TILE + OVERLAP), 64)  # pixels: two tiles side by side
TILED = Shortcuts(tiled_vae=True)


def make_recipe(pipeline, shortcuts=TILED, *, size=WIDE, **options):
    return pipeline.info.make_recipe(
        "a red apple", seed=7, num_steps=2, size=size, shortcuts=shortcuts, **options
    )


def remix_of_wide(pipeline, shortcuts=TILED):
    image = source_picture().resize(WIDE)
    source = Source(image=pixel_hash(image), strength=0.5)
    return make_recipe(pipeline, shortcuts, source=source), image


def test_the_recipe_repeats_its_pixels_which_are_nearly_those_without_tiles(pipeline):
    recipe = make_recipe(pipeline)
    image = pipeline(recipe)
    assert pipeline(Recipe.from_json(recipe.to_json())).tobytes() == image.tobytes()
    exact = pipeline(replace(recipe, shortcuts=Shortcuts()))
    assert exact.tobytes() != image.tobytes()
    assert psnr(to_pixels(image), to_pixels(exact)) > 40


def test_a_small_picture_has_the_pixels_that_it_has_without_tiles(pipeline):
    tiled, exact = (
        pipeline(make_recipe(pipeline, shortcuts, size=(96, 128)))
        for shortcuts in (TILED, Shortcuts())
    )
    assert tiled.tobytes() == exact.tobytes()


def test_a_picture_of_a_batch_in_tiles_has_the_pixels_it_has_alone(pipeline):
    recipe, image = remix_of_wide(pipeline)
    recipes = recipe.batch(2)
    for one, together in zip(recipes, pipeline.paint(recipes, image=image), strict=True):
        assert pipeline(one, image=image).tobytes() == together.tobytes()


@pytest.mark.parametrize(("shortcuts", "width"), [(TILED, TILE), (Shortcuts(), TILE + OVERLAP)])
def test_source_picture_and_estimates_are_in_tiles_if_asked(
    pipeline, monkeypatch, shortcuts, width
):
    widths = []
    networks = pipeline._networks

    def noting(name):
        function = getattr(networks, name)

        def noted(*arrays):
            widths.append((name, arrays[-1].shape[2]))
            return function(*arrays)

        monkeypatch.setattr(networks, name, noted)

    noting("encode_pixels")
    noting("decode")
    recipe, image = remix_of_wide(pipeline, shortcuts)
    pipeline(recipe, image=image, on_step=lambda step: step.estimate())
    assert set(widths) == {("encode_pixels", width), ("decode", width)}
    tiles_of_each = 2 if shortcuts.tiled_vae else 1
    assert len(widths) == 3 * tiles_of_each  # the source, an estimate and the picture


def test_the_command_asks_for_tiles_in_the_recipe(pipeline, monkeypatch, tmp_path):
    monkeypatch.setattr(diffusion, "load", lambda *_arguments: pipeline)
    file = tmp_path / "apple.png"
    assert main(["a red apple", "-o", str(file), "--steps", "1", "--tiled-vae"]) == 0
    assert read_recipe(file).shortcuts == TILED


@pytest.mark.parametrize("value", [1, None, "yes"])
def test_what_is_neither_true_nor_false_is_refused(value):
    with pytest.raises(RecipeError, match=r"tiled_vae is .*; allowed: true or false"):
        Shortcuts(tiled_vae=value)
