"""The embedded model's networks by themselves, in float32."""

import numpy as np
import pytest

from diffusion.config import UNetConfig
from diffusion.errors import ModelError
from diffusion.info import ModelInfo
from diffusion.models.attention import Attention
from diffusion.noise import NormalStream
from diffusion.recipe import Shortcuts, Text
from tests.conftest import MODEL
from tests.diffusion.comparison import assert_close, channels_last
from tests.reference.rows import PROMPTS


@pytest.fixture(scope="module")
def latents():
    return NormalStream(7).draw(16, 12, 4)[None]


@pytest.fixture(scope="module")
def output(pipeline, latents):
    """The UNet's output for a text and a guidance."""

    def output(guidance_scale, **text):
        recipe = pipeline.info.make_recipe(**text, guidance_scale=guidance_scale)
        context = pipeline._networks.context(recipe.text, pipeline.tokenizer)
        predict = pipeline._networks.predictor(recipe, context)
        return predict(latents, np.float32(601))

    return output


def test_text_encoder_is_that_of_the_reference(pipeline, reference):
    context = pipeline._networks.context(Text(prompt=PROMPTS[1]), pipeline.tokenizer)
    assert_close(context[1:], reference["context"])


def test_unet_is_that_of_the_reference(output, reference):
    assert_close(output(1, prompt=PROMPTS[1]), channels_last(reference["velocity"]))


def test_a_text_is_read_once_a_painting(pipeline, eager, monkeypatch):
    """By each attention to it; the others read the picture."""
    lengths, keys_and_values = [], Attention.keys_and_values

    def recorded(attention, context):
        lengths.append(context.shape[1])
        return keys_and_values(attention, context)

    monkeypatch.setattr(Attention, "keys_and_values", recorded)
    pipeline(pipeline.info.make_recipe("an apple", num_steps=3, size=(64, 64)))
    assert lengths.count(77) == 7


@pytest.mark.parametrize(
    ("settings", "packs"),
    [
        ({}, True),
        ({"size": (128, 96)}, False),
        ({"shortcuts": Shortcuts(guidance_interval=(0.0, 0.8))}, True),
        ({"shortcuts": Shortcuts(merge_tokens=0.5)}, False),
        ({"prompt": "apple " * 80}, False),
    ],
    ids=["most", "another size", "an interval", "merged tokens", "a long text"],
)
def test_kernels_are_kept_packed_for_what_is_asked_for_most(pipeline, monkeypatch, settings, packs):
    """Each graph that packs has a copy of them."""
    asked, networks = [], pipeline._networks
    prediction = networks.prediction

    def recorded(features, **options):
        asked.append(options["packs"])
        return prediction(features, **options)

    monkeypatch.setattr(networks, "prediction", recorded)
    pipeline(pipeline.info.make_recipe(**{"prompt": "an apple", "num_steps": 1} | settings))
    assert asked == [packs]


def test_vae_decoder_is_that_of_the_reference(pipeline, reference, latents):
    assert_close(pipeline._networks.decode(latents), channels_last(reference["pixels"]))


def test_guidance_goes_beyond_the_prompt_away_from_the_negative_prompt(output):
    cat, dog = (output(1, prompt=prompt) for prompt in ("cat", "dog"))
    guided = output(4, prompt="cat", negative_prompt="dog")
    assert_close(guided, dog + 4 * (cat - dog), tolerance=1e-5)


def test_functions_are_traced_once_for_each_shape():
    from diffusion.runtime import compiled

    shapes = []

    def double(array):
        shapes.append(array.shape)
        return 2 * array

    call = compiled(double)
    for size in (2, 3, 2, 3, 2):
        assert call(np.ones(size, np.float32)).tolist() == [2.0] * size
    assert len(shapes) == 2


def test_unknown_block_types_are_refused():
    from diffusion.models.unet import UNet

    unet = ModelInfo.read(MODEL).unet
    fields = {**vars(unet), "down_block_types": ("SkipDownBlock2D", *unet.down_block_types[1:])}
    with pytest.raises(ModelError, match="'SkipDownBlock2D'; allowed: DownBlock2D"):
        UNet(UNetConfig(**fields))
