"""Whole pictures, from the prompt to 8-bit pixels, against the diffusers library."""

import numpy as np
import pytest
from PIL import Image

from diffusion.errors import RecipeError
from diffusion.images import RECIPE_KEY, pixel_hash
from diffusion.recipe import TRUNCATE, Recipe, Source
from tests.conftest import REFERENCE
from tests.diffusion.comparison import assert_within
from tests.reference.rows import (
    GUIDANCE_SCALE,
    PROMPTS,
    REMIX_STEPS,
    REMIXES,
    SCHEDULER_STEPS,
    SCHEDULERS,
    SHEETS,
    mask_picture,
    seed_of,
    source_picture,
)

LEVELS = 2  # of 255: float32 sums in another order, and the rounding to 8 bits


def levels(image):
    return np.asarray(image.convert("RGB")).astype(int)


def cells(file_name, count):
    with Image.open(REFERENCE / file_name) as sheet:
        return np.split(levels(sheet), count, axis=1)


def assert_same_picture(image, expected):
    assert_within(np.abs(levels(image) - expected).max(), LEVELS)


# Each pair of settings stands in other sheets too: these two are left to `make parity`.
LONG_SHEETS = {"plain-25-96x128.png", "negative-25-128x128.png"}


@pytest.mark.parametrize(
    "sheet",
    [
        pytest.param(sheet, marks=pytest.mark.long if sheet.file_name in LONG_SHEETS else ())
        for sheet in SHEETS
    ],
    ids=lambda sheet: sheet.file_name,
)
def test_pictures_are_those_of_the_reference(pipeline, sheet):
    expected = cells(sheet.file_name, len(PROMPTS))
    for index, prompt in enumerate(PROMPTS):
        recipe = pipeline.info.make_recipe(
            prompt,
            negative_prompt=sheet.negative_prompt,
            markup=False,  # the library has none, and cuts what is long
            long_prompt=TRUNCATE,
            num_steps=sheet.num_steps,
            guidance_scale=GUIDANCE_SCALE,
            size=(sheet.width, sheet.height),
            seed=seed_of(index),
        )
        assert_same_picture(pipeline(recipe), expected[index])


@pytest.mark.parametrize("index", range(len(SCHEDULERS)))
def test_each_scheduler_paints_the_picture_of_the_reference(pipeline, index):
    recipe = pipeline.info.make_recipe(
        PROMPTS[1],
        scheduler=SCHEDULERS[index][0],
        num_steps=SCHEDULER_STEPS,
        guidance_scale=GUIDANCE_SCALE,
        seed=seed_of(index),
    )
    assert_same_picture(pipeline(recipe), cells("schedulers.png", len(SCHEDULERS))[index])


def remix_recipe(info, index, *, mask=None, scheduler=None):
    prompt, strength = REMIXES[index]
    return info.make_recipe(
        prompt,
        scheduler=scheduler,
        num_steps=REMIX_STEPS,
        guidance_scale=GUIDANCE_SCALE,
        seed=seed_of(index),
        source=Source(
            image=pixel_hash(source_picture()),
            strength=strength,
            mask=mask and pixel_hash(mask),
        ),
    )


@pytest.mark.parametrize("index", range(len(REMIXES)))
def test_image_to_image_is_that_of_the_reference(pipeline, index):
    image = pipeline(remix_recipe(pipeline.info, index), image=source_picture())
    assert_same_picture(image, cells("remix.png", len(REMIXES))[index])


@pytest.mark.parametrize("index", range(len(REMIXES)))
def test_inpainting_is_that_of_the_reference(pipeline, index):
    mask = mask_picture()
    recipe = remix_recipe(pipeline.info, index, mask=mask)
    image = pipeline(recipe, image=source_picture(), mask=mask)
    assert_same_picture(image, cells("inpaint.png", len(REMIXES))[index])


def test_inpainting_with_fresh_noise_is_that_of_the_reference(pipeline):
    mask = mask_picture()
    recipe = remix_recipe(pipeline.info, 1, mask=mask, scheduler="euler_ancestral")
    image = pipeline(recipe, image=source_picture(), mask=mask)
    assert_same_picture(image, cells("inpaint-euler_ancestral.png", 1)[0])


@pytest.mark.parametrize("guidance_scale", [1, 4])
def test_a_picture_of_an_odd_batch_has_the_pixels_it_has_alone(pipeline, guidance_scale):
    recipe = pipeline.info.make_recipe(
        "a red apple", seed=5, num_steps=2, guidance_scale=guidance_scale, size=(96, 128)
    )
    together = pipeline.paint(recipe.batch(3))
    for one, image in zip(recipe.batch(3), together, strict=True):
        assert pipeline(one).tobytes() == image.tobytes()


@pytest.mark.parametrize("guidance_scale", [1, 4])
def test_a_picture_of_a_size_with_odd_places_is_in_a_batch_what_it_is_alone(
    pipeline, guidance_scale
):
    recipe = pipeline.info.make_recipe(
        "a red apple", seed=5, num_steps=5, guidance_scale=guidance_scale, size=(96, 96)
    )
    for one, image in zip(recipe.batch(2), pipeline.paint(recipe.batch(2)), strict=True):
        assert_same_picture(image, levels(pipeline(one)))


@pytest.mark.parametrize("guidance_scale", [1, 4])
@pytest.mark.parametrize("start", ["text", "image"])
def test_a_picture_of_a_batch_has_the_pixels_it_has_alone(pipeline, guidance_scale, start):
    source = image = None
    if start == "image":
        image = source_picture()
        source = Source(image=pixel_hash(image), strength=0.8)
    recipe = pipeline.info.make_recipe(
        "a red apple",
        seed=2**32 - 2,
        num_steps=5,
        guidance_scale=guidance_scale,
        source=source,
    )
    recipes = recipe.batch(4)
    assert [one.sampling.seed for one in recipes] == [2**32 - 2, 2**32 - 1, 0, 1]
    together = pipeline.paint(recipes, image=image)
    for index in (0, 2):
        alone = pipeline(recipes[index], image=image)
        assert alone.tobytes() == together[index].tobytes()


def test_the_same_recipe_gives_the_same_pixels(pipeline):
    recipe = pipeline.info.make_recipe("a red apple", seed=7, num_steps=2)
    assert pipeline(recipe).tobytes() == pipeline(recipe).tobytes()


def test_guidance_rescale_keeps_the_spread_of_the_prompts_output():
    from diffusion.guidance import guide, rescale

    both = np.random.RandomState(0).standard_normal((4, 3, 5, 2)).astype(np.float32)
    guided = np.asarray(guide(both, 7.0))
    rescaled = np.asarray(rescale(guided, both, 1.0))
    np.testing.assert_allclose(rescaled.std((1, 2, 3)), both[2:].std((1, 2, 3)), rtol=1e-5)
    np.testing.assert_allclose(rescale(guided, both, 0.0), guided, rtol=1e-6)
    half = (rescaled + guided) / 2
    np.testing.assert_allclose(rescale(guided, both, 0.5), half, rtol=1e-5, atol=1e-6)


def test_guidance_rescale_of_a_recipe_changes_the_picture(pipeline):
    plain, rescaled = (
        pipeline(
            pipeline.info.make_recipe("a red apple", seed=7, num_steps=3, guidance_rescale=share)
        )
        for share in (0.0, 0.7)
    )
    assert plain.tobytes() != rescaled.tobytes()


class TestSteps:
    def test_they_are_reported_and_can_end_the_painting(self, pipeline):
        class Enough(Exception):
            pass

        reports = []

        def on_step(step):
            reports.append((step.done, step.num_calls))
            if step.done == 2:
                raise Enough

        with pytest.raises(Enough):
            pipeline(pipeline.info.make_recipe("a red apple", num_steps=5), on_step=on_step)
        assert reports == [(1, 5), (2, 5)]

    def test_a_remix_reports_the_steps_that_run(self, pipeline):
        reports = []
        pipeline(
            remix_recipe(pipeline.info, 0),
            image=source_picture(),
            on_step=lambda step: reports.append((step.done, step.num_calls)),
        )
        assert reports == [(1, 3), (2, 3), (3, 3)]

    def test_their_estimates_become_the_picture(self, pipeline):
        estimates = []
        recipe = pipeline.info.make_recipe("a red apple", seed=7, num_steps=6)
        image = pipeline(recipe, on_step=lambda step: estimates.append(step.estimate()[0]))
        away = [np.abs(levels(estimate) - levels(image)).mean() for estimate in estimates]
        assert away == sorted(away, reverse=True)
        assert away[-1] < away[0] / 5


class TestNoise:
    def test_handed_in_it_stands_for_the_seeds(self, pipeline):
        from diffusion.noise import NormalStream

        recipe = pipeline.info.make_recipe("a red apple", seed=7, num_steps=2)
        noise = NormalStream(7).draw(16, 16, 4)[None]
        other = pipeline.info.make_recipe("a red apple", seed=8, num_steps=2)
        assert pipeline(other, noise=noise).tobytes() == pipeline(recipe).tobytes()

    def test_handed_in_it_leaves_no_recipe_in_the_picture(self, pipeline):
        recipe = pipeline.info.make_recipe("a red apple", seed=7, num_steps=1)
        assert Recipe.from_json(pipeline(recipe).info[RECIPE_KEY]) == recipe
        noise = np.zeros((1, 16, 16, 4), np.float32)
        assert pipeline(recipe, noise=noise).info == {}

    def test_of_another_shape_it_is_refused(self, pipeline):
        recipe = pipeline.info.make_recipe("a red apple", num_steps=1)
        with pytest.raises(RecipeError, match=r"noise is \(4, 16, 16\); allowed: \(1, 16, 16, 4\)"):
            pipeline(recipe, noise=np.zeros((4, 16, 16), np.float32))


class TestSource:
    def test_another_picture_than_the_recipes_is_refused(self, pipeline):
        other = source_picture()
        other.putpixel((0, 0), (1, 2, 3))
        with pytest.raises(RecipeError, match=r"image is .* allowed: .*, the recipe's"):
            pipeline(remix_recipe(pipeline.info, 0), image=other)

    def test_another_mask_than_the_recipes_is_refused(self, pipeline):
        recipe = remix_recipe(pipeline.info, 0, mask=mask_picture())
        other = mask_picture().rotate(90)
        with pytest.raises(RecipeError, match="mask is "):
            pipeline(recipe, image=source_picture(), mask=other)

    def test_a_picture_of_another_size_is_refused(self, pipeline):
        small = source_picture().resize((64, 64))
        with pytest.raises(RecipeError, match="image is '64x64'; allowed: 128x128"):
            pipeline(remix_recipe(pipeline.info, 0), image=small)

    def test_a_picture_is_needed_where_the_recipe_names_one_and_only_there(self, pipeline):
        with pytest.raises(RecipeError, match="image is 'none'; allowed: the recipe's"):
            pipeline(remix_recipe(pipeline.info, 0))
        with pytest.raises(RecipeError, match="image is 'a picture'; allowed: none"):
            pipeline(pipeline.info.make_recipe("x"), image=source_picture())


def test_recipes_that_differ_in_more_than_the_seed_are_no_batch(pipeline):
    recipes = [pipeline.info.make_recipe(prompt, seed=1) for prompt in ("cat", "dog")]
    with pytest.raises(RecipeError, match="some that differ in the seed"):
        pipeline.paint(recipes)


def test_a_recipe_of_another_dtype_is_refused(pipeline):
    recipe = pipeline.info.make_recipe("x", dtype="bfloat16")
    with pytest.raises(RecipeError, match="dtype is 'bfloat16'; allowed: float32"):
        pipeline(recipe)
