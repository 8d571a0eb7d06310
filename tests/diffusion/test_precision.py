"""Half the bits, nearly the same picture."""

import numpy as np
import pytest

import diffusion
from tests.conftest import MODEL

PROMPTS = ("a red apple",)


def paint(pipeline, dtype):
    images = [
        pipeline(pipeline.info.make_recipe(prompt, seed=1, num_steps=6, dtype=dtype))
        for prompt in PROMPTS
    ]
    return np.stack([np.asarray(image, float) for image in images])


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_lower_precision_stays_near_float32(pipeline, dtype):
    exact = paint(pipeline, "float32")
    rounded = paint(diffusion.load(MODEL, dtype), dtype)
    error = ((rounded - exact) ** 2).mean(axis=(1, 2, 3))
    # 40 dB is what nobody sees; a lost digit in the timesteps alone gives less than 30.
    assert (10 * np.log10(255**2 / error)).min() > 40


def test_variables_are_kept_in_the_dtype():
    from diffusion.models.unet import UNet
    from diffusion.runtime import precision

    with precision("bfloat16"):
        unet = UNet(diffusion.ModelInfo.read(MODEL).unet, name="unet")
        unet.build()
    assert {variable.dtype for variable in unet.variables} == {"bfloat16"}
