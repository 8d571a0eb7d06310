"""Whole pictures, from the prompt to 8-bit pixels, against the diffusers library."""

import numpy as np
import pytest
from PIL import Image

from tests.conftest import REFERENCE
from tests.reference.rows import GUIDANCE_SCALE, PROMPTS, SHEETS, seed_of


def levels(image):
    return np.asarray(image.convert("RGB")).astype(int)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.file_name)
def test_pictures_are_within_two_levels_of_the_reference(pipeline, sheet):
    with Image.open(REFERENCE / sheet.file_name) as picture:
        expected = np.split(levels(picture), len(PROMPTS), axis=1)
    for index, prompt in enumerate(PROMPTS):
        recipe = pipeline.info.make_recipe(
            prompt,
            negative_prompt=sheet.negative_prompt,
            num_steps=sheet.num_steps,
            guidance_scale=GUIDANCE_SCALE,
            size=(sheet.width, sheet.height),
            seed=seed_of(index),
        )
        assert np.abs(levels(pipeline(recipe)) - expected[index]).max() <= 2, prompt


def test_the_same_recipe_gives_the_same_pixels(pipeline):
    recipe = pipeline.info.make_recipe("a red apple", seed=7, num_steps=2)
    assert pipeline(recipe).tobytes() == pipeline(recipe).tobytes()


def test_steps_are_reported_and_can_end_the_painting(pipeline):
    class Enough(Exception):
        pass

    reports = []

    def on_step(done, num_steps):
        reports.append((done, num_steps))
        if done == 2:
            raise Enough

    with pytest.raises(Enough):
        pipeline(pipeline.info.make_recipe("a red apple", num_steps=5), on_step=on_step)
    assert reports == [(1, 5), (2, 5)]
