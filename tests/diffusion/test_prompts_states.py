"""The text states and pictures of weights, chunks and clip skip, against the reference."""

from dataclasses import replace

import numpy as np
import pytest

import diffusion
from diffusion.description import describe
from diffusion.errors import ModelError, RecipeError
from diffusion.info import ModelInfo
from diffusion.recipe import CHUNK, Text
from tests.conftest import MODEL, REFERENCE
from tests.diffusion.comparison import assert_close
from tests.diffusion.test_pictures import assert_same_picture, cells
from tests.reference.prompt_rows import (
    CLIP_SKIPPED,
    LAYOUTS,
    NUM_STEPS,
    PAINTED,
    PAINTED_NEGATIVE,
    SEED,
    SHOWN,
)
from tests.reference.rows import GUIDANCE_SCALE, PROMPTS

LENGTH = 77


@pytest.fixture(scope="module")
def states():
    with np.load(REFERENCE / "prompts.npz") as arrays:
        return dict(arrays)


@pytest.fixture
def context(pipeline):
    def context(prompt, **settings):
        text = Text(prompt=prompt, **settings)
        return pipeline._networks.context(text, pipeline.tokenizer)

    return context


@pytest.mark.parametrize("name", LAYOUTS)
def test_weighed_chunks_are_those_of_the_reference(context, states, name):
    prompt, layout = LAYOUTS[name]
    _negative, actual = context(prompt, markup=True, long_prompt=CHUNK)
    assert len(actual) == LENGTH * len(layout)
    assert_close(actual[:, SHOWN], states[f"layout/{name}"])


@pytest.mark.parametrize("clip_skip", [2, 3, 4])
def test_earlier_layers_are_those_of_the_reference(context, states, clip_skip):
    actual = context(CLIP_SKIPPED, clip_skip=clip_skip)[1]
    assert_close(actual[:, SHOWN], states[f"clip_skip/{clip_skip}"])


def test_a_picture_of_two_chunks_and_weights_is_that_of_the_reference(pipeline):
    recipe = pipeline.info.make_recipe(
        LAYOUTS[PAINTED][0],
        negative_prompt=LAYOUTS[PAINTED_NEGATIVE][0],
        num_steps=NUM_STEPS,
        guidance_scale=GUIDANCE_SCALE,
        seed=SEED,
    )
    assert_same_picture(pipeline(recipe), cells("prompts.png", 2)[0])


@pytest.mark.parametrize("prompt", PROMPTS[:-1])
def test_a_prompt_that_needs_neither_has_the_same_states_to_the_bit(context, prompt):
    before = context(prompt, negative_prompt="blue")
    prompt = prompt.replace("(", r"\(").replace(")", r"\)")
    after = context(prompt, negative_prompt="blue", markup=True, long_prompt=CHUNK)
    assert before.tobytes() == after.tobytes()


def test_a_new_recipe_without_markup_paints_the_pixels_of_an_old_one(pipeline):
    new = pipeline.info.make_recipe("a red apple", negative_prompt="blue", seed=7, num_steps=2)
    assert (new.text.markup, new.text.long_prompt) == (True, CHUNK)
    old = replace(new, text=Text(prompt="a red apple", negative_prompt="blue"))
    assert pipeline(old).tobytes() == pipeline(new).tobytes()


def test_chunks_are_the_states_of_their_texts_side_by_side(context):
    both = context("a red apple BREAK a blue heart", markup=True, long_prompt=CHUNK)
    first, second = context("a red apple"), context("a blue heart")
    assert both[:, :LENGTH].tobytes() == first.tobytes()
    assert both[:, LENGTH:].tobytes() == second.tobytes()


def test_the_shorter_prompt_is_followed_by_the_states_of_no_words(context):
    negative, _ = context("a BREAK b", negative_prompt="(dog:1.2)", markup=True, long_prompt=CHUNK)
    alone = context("", negative_prompt="(dog:1.2)", markup=True)[0]
    assert negative.tobytes() == np.concatenate([alone, context("")[0]]).tobytes()


def test_a_weight_changes_its_own_text_alone(context):
    plain = context("a red apple", negative_prompt="dog")
    weighed = context("a (red:1.5) apple", negative_prompt="dog", markup=True)
    assert weighed[0].tobytes() == plain[0].tobytes()
    assert weighed[1].tobytes() != plain[1].tobytes()


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_weights_and_chunks_work_in_half_precision(dtype):
    pipeline = diffusion.load(MODEL, dtype)
    recipe = pipeline.info.make_recipe(
        "a (red:1.4) apple BREAK (on a table:0.8)", seed=7, num_steps=1, dtype=dtype, clip_skip=2
    )
    states = pipeline._networks.context(recipe.text, pipeline.tokenizer)
    assert str(states.dtype) == dtype
    plain = replace(recipe.text, prompt="a red apple BREAK on a table")
    expected = pipeline._networks.context(plain, pipeline.tokenizer).astype(np.float32)
    for before, after in zip(np.split(expected, 2, 1), np.split(states, 2, 1), strict=True):
        means = before[1].mean(), after[1].astype(np.float32).mean()
        # Each number is rounded to a 256th of itself at worst, and their mean to much less.
        assert means[0] == pytest.approx(means[1], abs=float(before[1].std()) / 256)
    assert np.asarray(pipeline(recipe)).std() > 0


def test_clip_skip_is_bounded_by_the_layers(pipeline):
    info = pipeline.info
    assert info.make_recipe("x", clip_skip=4).text.clip_skip == 4
    for clip_skip in (0, 5):
        with pytest.raises(RecipeError, match=rf"clip_skip is {clip_skip}; allowed: "):
            info.make_recipe("x", clip_skip=clip_skip)
    recipe = info.make_recipe("x")
    with pytest.raises(RecipeError, match="clip_skip is 5; allowed: 1 to 4"):
        pipeline(replace(recipe, text=replace(recipe.text, clip_skip=5)))


def test_a_model_may_have_a_clip_skip_of_its_own(model_copy):
    offer = model_copy / "generation.json"
    text = offer.read_text()
    for clip_skip, fault in ((2, None), (0, "clip_skip is 0; allowed: "), (5, "clip_skip is 5")):
        offer.unlink()
        offer.write_text(text.replace("{", f'{{"clip_skip": {clip_skip},', 1))
        if fault:
            with pytest.raises(ModelError, match=fault):
                ModelInfo.read(model_copy)
            continue
        info = ModelInfo.read(model_copy)
        assert info.make_recipe("x").text.clip_skip == clip_skip
        assert info.make_recipe("x", clip_skip=1).text.clip_skip == 1
        assert "text: 77 tokens, clip skip 2\n" in describe(info)
