import numpy as np
import pytest

from diffusion.config import ModelInfo, UNetConfig
from diffusion.errors import ModelError
from diffusion.noise import NormalStream
from diffusion.recipe import Text
from tests.conftest import MODEL
from tests.diffusion.comparison import assert_close, channels_last
from tests.reference.rows import PROMPTS


@pytest.fixture(scope="module")
def latents():
    return NormalStream(7).draw(16, 12, 4)[None]


def test_text_encoder_is_that_of_the_reference(pipeline, reference):
    context = pipeline.encode(Text(prompt=PROMPTS[1]))
    assert_close(context[1:], reference["context"])


def test_unet_is_that_of_the_reference(pipeline, reference, latents):
    context = np.repeat(reference["context"], 2, axis=0)
    velocity = pipeline._predict(latents, np.float32(601), context, np.float32(1))
    assert_close(velocity, channels_last(reference["velocity"]))


def test_vae_decoder_is_that_of_the_reference(pipeline, reference, latents):
    assert_close(pipeline._decode(latents), channels_last(reference["pixels"]))


def test_guidance_goes_beyond_the_prompt_away_from_the_negative_prompt(pipeline, latents):
    def predict(text, scale):
        return pipeline._predict(latents, np.float32(601), pipeline.encode(text), np.float32(scale))

    cat, dog = (predict(Text(prompt=prompt, negative_prompt="x"), 1) for prompt in ("cat", "dog"))
    guided = predict(Text(prompt="cat", negative_prompt="dog"), 4)
    assert_close(guided, dog + 4 * (cat - dog), tolerance=1e-5)


def test_networks_are_traced_once_for_each_shape(pipeline):
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
