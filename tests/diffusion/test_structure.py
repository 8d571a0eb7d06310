"""Each network by itself in float64, with redrawn weights, against the reference's.

The tolerance, 1e-8 of the largest value, is far below any difference that a wrong number, name or
order makes; the second half of this file shows that such faults are caught.
"""

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from keras import activations
from safetensors.numpy import save_file

from diffusion.checkpoints.folder import FolderWeights
from diffusion.checkpoints.weights import build_and_fill
from diffusion.config import TextEncoderConfig, UNetConfig, VAEConfig, read_config
from diffusion.models import attention, timesteps
from diffusion.models.clip import CLIPTextEncoder
from diffusion.models.unet import UNet
from diffusion.models.vae import VAE
from diffusion.runtime import precision
from tests.diffusion.comparison import assert_close, channels_last
from tests.reference.small import (
    TEXT_ENCODERS,
    TIMESTEPS,
    UNETS,
    VAES,
    inputs,
    redrawn,
    token_ids,
)

TOLERANCE = 1e-8
UNCHANGED = {}


@pytest.fixture
def build(tmp_path, reference):
    """Make a network and fill it from files, as a model's folder has them."""

    def build(network, kind, config, part, name, tensors=UNCHANGED, **changes):
        (tmp_path / "config.json").write_text(json.dumps(config))
        weights = {
            tensor: redrawn(tensor, shape)
            for tensor, shape in json.loads(str(reference[f"{part}/{name}/tensors"])).items()
        }
        save_file({**weights, **tensors}, tmp_path / "model.safetensors")
        with precision("float64"):
            model = network(
                replace(read_config(kind, tmp_path / "config.json"), **changes), name=part
            )
            build_and_fill(model, FolderWeights((tmp_path / "model.safetensors",)))
        return model

    return build


@pytest.fixture
def same_sinusoids(monkeypatch, reference):
    """The reference computes these in float32 whatever the dtype; they are compared below."""

    def use(name):
        monkeypatch.setattr(
            timesteps,
            "sinusoidal_embedding",
            lambda *_arguments, **_options: reference[f"unet/{name}/sinusoids"],
        )

    return use


def drawn(name, shape):
    return np.moveaxis(inputs(name, shape), 1, -1)


def run_unet(build, same_sinusoids, name, **changes):
    unet = build(UNet, UNetConfig, UNETS[name], "unet", name, **changes)
    same_sinusoids(name)
    return unet(
        drawn("latents", (2, 4, 8, 16)), np.array(TIMESTEPS), inputs("context", (2, 12, 24))
    ).numpy()


def run_text_encoder(build, name, **changes):
    config = TEXT_ENCODERS[name]
    encoder = build(CLIPTextEncoder, TextEncoderConfig, config, "text", name, **changes)
    return encoder(token_ids()).numpy()


@pytest.mark.parametrize("name", TEXT_ENCODERS)
def test_text_encoder(build, reference, name):
    assert_close(run_text_encoder(build, name), reference[f"text/{name}"], TOLERANCE)


@pytest.mark.parametrize("name", UNETS)
def test_unet(build, same_sinusoids, reference, name):
    output = run_unet(build, same_sinusoids, name)
    assert_close(output, channels_last(reference[f"unet/{name}"]), TOLERANCE)


@pytest.mark.parametrize("name", UNETS)
def test_sinusoids_in_float32(reference, name):
    expected = reference[f"unet/{name}/sinusoids"]
    embedding = timesteps.sinusoidal_embedding(
        np.array(TIMESTEPS, np.float32),
        expected.shape[1],
        flip_sin_to_cos=UNETS[name].get("flip_sin_to_cos", True),
        freq_shift=UNETS[name].get("freq_shift", 0),
    )
    # Angles up to 801 in float32: their own rounding is 3e-5.
    np.testing.assert_allclose(embedding, expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", VAES)
def test_vae(build, reference, name):
    vae = build(VAE, VAEConfig, VAES[name], "vae", name)
    factor, channels = vae.scaling_factor, VAES[name].get("latent_channels", 4)
    mean, deviation, pixels = (
        channels_last(reference[f"vae/{name}/{what}"]) for what in ("mean", "deviation", "pixels")
    )
    assert_close(
        vae.decode(drawn("latents", (2, channels, 4, 6)) * factor).numpy(), pixels, TOLERANCE
    )
    noise = np.ones_like(mean)
    sample = vae.encode(drawn("pixels", (2, 3, 16, 24)), noise).numpy() / factor
    assert_close(sample, mean + deviation, TOLERANCE)


def assert_caught(actual, expected):
    with pytest.raises(AssertionError, match="largest difference"):
        assert_close(actual, expected, TOLERANCE)


def test_another_number_of_heads_is_caught(build, same_sinusoids, reference):
    output = run_unet(build, same_sinusoids, "wide", attention_head_dim=2)
    assert_caught(output, channels_last(reference["unet/wide"]))


def test_another_epsilon_of_the_norms_is_caught(build, same_sinusoids, reference):
    output = run_unet(build, same_sinusoids, "wide", norm_eps=1e-6)
    assert_caught(output, channels_last(reference["unet/wide"]))


def test_tanh_for_erf_in_gelu_is_caught(build, same_sinusoids, reference, monkeypatch):
    monkeypatch.setattr(attention, "gelu", partial(activations.gelu, approximate=True))
    output = run_unet(build, same_sinusoids, "wide")
    assert_caught(output, channels_last(reference["unet/wide"]))


def test_two_swapped_keys_are_caught(build, reference):
    first, second = (f"encoder.layers.{index}.mlp.fc1.weight" for index in (0, 1))
    shape = (48, 24)
    swapped = {first: redrawn(second, shape), second: redrawn(first, shape)}
    assert_caught(run_text_encoder(build, "wide", tensors=swapped), reference["text/wide"])


@pytest.mark.parametrize("part", ["weight", "bias"])
def test_a_norm_that_was_not_loaded_is_caught(build, same_sinusoids, reference, part):
    name = f"mid_block.attentions.0.transformer_blocks.0.norm2.{part}"
    initial = {name: np.ones(64) if part == "weight" else np.zeros(64)}
    output = run_unet(build, same_sinusoids, "wide", tensors=initial)
    assert_caught(output, channels_last(reference["unet/wide"]))
