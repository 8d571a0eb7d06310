"""What trades exactness for time: which calls it changes, and that it changes no other."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest

from diffusion.images import pixel_hash
from diffusion.models.unet import MidBlock
from diffusion.recipe import Shortcuts, Source
from tests.reference.rows import mask_picture, source_picture

SMALL = (32, 32)
ALL = Shortcuts(guidance_interval=(0.2, 0.8), reuse_features=2, merge_tokens=0.5)


def make(pipeline, *, num_steps=5, seed=7, **settings):
    settings = {name: value for name, value in settings.items() if value is not None}
    return pipeline.info.make_recipe("a red apple", num_steps=num_steps, seed=seed, **settings)


def remix(strength=0.6, mask=None):
    return Source(
        image=pixel_hash(source_picture()), strength=strength, mask=mask and pixel_hash(mask)
    )


@pytest.fixture
def batches(eager, monkeypatch):
    """The batches that the UNet's middle block is given, call by call."""
    found, call = [], MidBlock.call

    def recorded(block, hidden, *inputs, **options):
        found.append(hidden.shape[0])
        return call(block, hidden, *inputs, **options)

    monkeypatch.setattr(MidBlock, "call", recorded)
    return found


class Call(NamedTuple):
    """What the UNet was asked: for how many outputs, of both texts or one, with which features."""

    batch: int
    is_guided: bool
    features: str


@pytest.fixture
def calls(pipeline, eager, monkeypatch):
    """What the UNet was asked, call by call."""
    found, networks = [], pipeline._networks
    prediction = networks.prediction

    def recorded(features, **options):
        run = prediction(features, **options)

        def call(latents, timesteps, text, *deep, halve):
            is_guided = not np.array_equal(text[0], text[-1])
            found.append(Call(len(latents), is_guided, features.__name__))
            return run(latents, timesteps, text, *deep, halve=halve)

        return call

    monkeypatch.setattr(networks, "prediction", recorded)
    return found


class TestGuidanceInterval:
    @pytest.mark.parametrize(
        ("scheduler", "interval", "expected"),
        [
            ("ddim", (0, 1), "11111"),
            ("ddim", (0.2, 0.8), "01110"),
            ("ddim", (0.21, 0.81), "00111"),
            ("ddim", (0.2, 0.2), "00000"),
            ("heun", (0.3, 0.9), "000011111"),  # two calls a step, and one for the last
            ("pndm", (0.5, 1), "000111"),  # one step is done twice
        ],
    )
    def test_steps_inside_are_guided(self, pipeline, calls, scheduler, interval, expected):
        shortcuts = Shortcuts(guidance_interval=interval)
        pipeline(make(pipeline, scheduler=scheduler, size=SMALL, shortcuts=shortcuts))
        assert "".join(str(int(call.is_guided)) for call in calls) == expected

    def test_steps_that_a_strength_leaves_out_are_counted(self, pipeline, calls):
        shortcuts = Shortcuts(guidance_interval=(0.0, 0.5))
        recipe = make(pipeline, source=remix(0.6), shortcuts=shortcuts)
        pipeline(recipe, image=source_picture())
        assert [call.is_guided for call in calls] == [True, False, False]

    def test_steps_outside_are_half_the_batch(self, pipeline, calls):
        shortcuts = Shortcuts(guidance_interval=(0.2, 0.8))
        pipeline(make(pipeline, size=(128, 64), shortcuts=shortcuts))
        assert [call.batch for call in calls] == [1, 2, 2, 2, 1]

    @pytest.mark.parametrize("size", [None, (96, 128)])
    @pytest.mark.parametrize("count", [1, 2])
    def test_an_empty_one_gives_the_picture_without_guidance(self, pipeline, size, count):
        nowhere = Shortcuts(guidance_interval=(0.5, 0.5))
        recipe = make(pipeline, size=size, guidance_rescale=0.5, shortcuts=nowhere)
        unguided = make(pipeline, size=size, guidance_scale=1)
        for one, other in zip(
            pipeline.paint(recipe.batch(count)), pipeline.paint(unguided.batch(count)), strict=True
        ):
            assert one.tobytes() == other.tobytes()

    def test_without_guidance_it_says_nothing(self, pipeline, calls):
        recipe = make(pipeline, size=(128, 64), guidance_scale=1)
        plain = pipeline(recipe)
        half = replace(recipe, shortcuts=Shortcuts(guidance_interval=(0.0, 0.5)))
        assert pipeline(half).tobytes() == plain.tobytes()
        assert set(calls) == {Call(1, False, "exact")}


class TestReusedFeatures:
    @pytest.mark.parametrize(("every", "times"), [(1, 5), (2, 3), (3, 2), (9, 1)])
    def test_the_deep_part_runs_in_every_so_many_calls(self, pipeline, batches, every, times):
        pipeline(make(pipeline, size=SMALL, shortcuts=Shortcuts(reuse_features=every)))
        assert batches == [2] * times

    def test_they_are_computed_anew_where_guidance_begins_or_ends(self, pipeline, calls):
        shortcuts = Shortcuts(guidance_interval=(0.2, 0.8), reuse_features=2)
        pipeline(make(pipeline, size=SMALL, shortcuts=shortcuts))
        assert [call.features for call in calls] == [
            "computing",
            "computing",
            "reusing",
            "computing",
            "computing",
        ]

    @pytest.mark.parametrize("guidance_scale", [1, 4])
    def test_those_of_the_same_inputs_give_the_same_output(self, pipeline, guidance_scale):
        latents = np.random.RandomState(0).standard_normal((1, 16, 12, 4)).astype(np.float32)

        def outputs(every, *timesteps):
            recipe = make(
                pipeline,
                guidance_scale=guidance_scale,
                shortcuts=Shortcuts(reuse_features=every),
            )
            context = pipeline._networks.context(recipe.text, pipeline.tokenizer)
            predict = pipeline._networks.predictor(recipe, context)
            return [predict(latents, np.float32(timestep)) for timestep in timesteps]

        (exact,) = outputs(1, 601)
        first, second = outputs(2, 601, 601)
        np.testing.assert_array_equal(first, exact)
        np.testing.assert_array_equal(second, exact)
        _earlier, reused = outputs(2, 301, 601)
        assert np.abs(reused - exact).max() > 0

    def test_nothing_is_left_to_the_next_painting(self, pipeline, eager):
        shortcuts = Shortcuts(reuse_features=3)
        recipe = make(pipeline, num_steps=2, size=SMALL, shortcuts=shortcuts)
        first = pipeline(recipe)
        pipeline(recipe.with_seed(8))
        assert pipeline(recipe).tobytes() == first.tobytes()


@pytest.mark.parametrize(
    ("size", "guidance_scale", "shortcuts"),
    [
        ((128, 64), 4, ALL),
        ((128, 64), 1, ALL),
        ((96, 128), 4, Shortcuts(guidance_interval=(0.0, 0.5), merge_tokens=0.5)),
    ],
)
def test_a_picture_of_a_batch_has_the_pixels_it_has_alone(
    pipeline, size, guidance_scale, shortcuts
):
    recipe = make(pipeline, size=size, guidance_scale=guidance_scale, shortcuts=shortcuts)
    together = pipeline.paint(recipe.batch(3))
    for one, image in zip(recipe.batch(3), together, strict=True):
        assert pipeline(one).tobytes() == image.tobytes()


@pytest.mark.parametrize(
    "settings",
    [
        {"scheduler": "heun", "guidance_rescale": 0.5},
        {"scheduler": "dpm2", "source": remix(0.8)},
        {"scheduler": "euler_ancestral", "source": remix(1, mask_picture())},
    ],
    ids=["two calls a step, rescaled", "image to image", "inpainting"],
)
def test_all_together_paint_the_same_again(pipeline, settings):
    recipe = make(pipeline, shortcuts=ALL, **settings)
    source = recipe.source
    pictures = {
        "image": source_picture() if source else None,
        "mask": mask_picture() if source and source.mask else None,
    }
    first = pipeline(recipe, **pictures)
    assert pipeline(recipe, **pictures).tobytes() == first.tobytes()
    exact = pipeline(replace(recipe, shortcuts=Shortcuts()), **pictures)
    assert exact.tobytes() != first.tobytes()


@pytest.mark.parametrize(
    "shortcuts",
    [
        Shortcuts(guidance_interval=(0.0, 0.8)),
        Shortcuts(reuse_features=2),
        Shortcuts(merge_tokens=0.125),
    ],
    ids=["guidance interval", "reused features", "merged tokens"],
)
def test_each_keeps_the_picture_nearer_than_another_seed_does(pipeline, shortcuts):
    recipe = make(pipeline, num_steps=20)
    exact, other, near = (
        np.asarray(pipeline(one), float)
        for one in (recipe, recipe.with_seed(8), replace(recipe, shortcuts=shortcuts))
    )
    assert 0 < ((near - exact) ** 2).mean() < ((other - exact) ** 2).mean() / 4
