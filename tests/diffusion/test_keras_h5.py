"""Models as Keras 2 saved them: each position has its name, and its numbers are the same."""

import json
import zipfile
from itertools import permutations

import keras
import numpy as np
import pytest
from safetensors.numpy import save_file

import diffusion
from diffusion.checkpoints.keras_h5 import FILES
from diffusion.checkpoints.keras_weights import KerasWeights
from diffusion.checkpoints.weights import build_and_fill, tensor_name, torch_shape
from diffusion.config import TextEncoderConfig, UNetConfig, VAEConfig, build_config
from diffusion.errors import ModelError, WeightsError
from diffusion.info import ModelInfo
from diffusion.models.clip import CLIPTextEncoder
from diffusion.models.unet import UNet
from diffusion.models.vae import VAE
from tests.diffusion.keras_files import (
    ARCHIVE,
    NETWORKS,
    names_today,
    order,
    rewrite_order,
    save_keras,
    save_keras_at_full_size,
)
from tests.large import sd15
from tests.reference.keras_rows import drawn
from tests.reference.small import redrawn

MODELS = {
    "text_encoder": (CLIPTextEncoder, TextEncoderConfig, sd15.TEXT_ENCODER),
    "unet": (UNet, UNetConfig, sd15.UNET),
    "vae": (VAE, VAEConfig, sd15.VAE),
}
# The same layers with fewer channels, which change where those of the original do.
SMALL = {
    "text_encoder": {"hidden_size": 64, "intermediate_size": 96, "num_attention_heads": 1},
    "unet": {"block_out_channels": [32, 64, 96, 96], "cross_attention_dim": 64},
    "vae": {"block_out_channels": [32, 64, 96, 96]},
}


def tensors(folder, part):
    return KerasWeights(tuple(folder / file for file in NETWORKS[part])).tensors()


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    """Small files that Keras 2 saved."""
    folder = tmp_path_factory.mktemp("originals")
    with zipfile.ZipFile(ARCHIVE) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def full_size(tmp_path_factory):
    """Files with all shapes of Stable Diffusion 1.4, and no numbers."""
    folder = tmp_path_factory.mktemp("full size")
    save_keras_at_full_size(folder)
    return folder


def shapes_of(part, **changes):
    """Of the variables of a network, for which no memory is taken."""
    network, kind, settings = MODELS[part]
    with keras.StatelessScope(initialize_variables=False):
        model = network(build_config(kind, {**settings, **changes}, part), name=part)
        model.build()
    return {tensor_name(variable): torch_shape(variable) for variable in model.variables}


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The same small model as diffusers and as Keras 2 would save it."""
    folder = tmp_path_factory.mktemp("diffusers")
    sd15.write_settings(folder)
    everything = {}
    for part, changes in SMALL.items():
        file = folder / part / "config.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))
        shapes = shapes_of(part, **changes)
        numbers = {name: redrawn(name, shape).astype(np.float32) for name, shape in shapes.items()}
        save_file(numbers, folder / part / sd15.WEIGHTS[part])
        everything |= numbers
    saved = tmp_path_factory.mktemp("keras")
    save_keras(saved, everything)
    return folder, saved


def variables(info, part):
    network, _kind, _settings = MODELS[part]
    model = network(getattr(info, part), name=part)
    build_and_fill(model, info.weights[part])
    return {variable.path: variable.numpy() for variable in model.variables}


@pytest.mark.parametrize("part", NETWORKS)
def test_each_position_is_the_tensor_that_its_authors_filled_it_from(originals, part):
    today = names_today()
    rows = [row for file in NETWORKS[part] for row in order()[file]]
    assert list(tensors(originals, part)) == [today[old] for _name, _shape, old in rows]


@pytest.mark.parametrize("part", NETWORKS)
def test_shapes_are_those_of_stable_diffusion_1_4(full_size, part):
    stored = {name: tensor.shape for name, tensor in tensors(full_size, part).items()}
    assert stored == shapes_of(part)


@pytest.mark.parametrize("part", NETWORKS)
def test_numbers_are_those_of_the_checkpoint_in_pytorchs_order(originals, part):
    old = [name for file in NETWORKS[part] for *_row, name in order()[file]]
    for (name, tensor), drawn_by in zip(tensors(originals, part).items(), old, strict=True):
        assert tensor.dtype == "F32"
        expected = drawn(drawn_by, tensor.shape)
        np.testing.assert_array_equal(tensor.read(), expected, err_msg=name)


def test_settings_are_those_of_stable_diffusion_1_4(full_size, tmp_path):
    sd15.write_settings(tmp_path)
    for part, name in sd15.WEIGHTS.items():
        (tmp_path / part / name).touch()
    expected, info = ModelInfo.read(tmp_path), ModelInfo.read(full_size)
    for part in ("text_encoder", "unet", "vae", "scheduler"):
        assert getattr(info, part) == getattr(expected, part)
    assert info.generation.native_size == (512, 512)


@pytest.mark.parametrize("part", NETWORKS)
def test_variables_are_those_of_the_same_weights_in_a_diffusers_folder(both, part):
    expected, stored = (variables(ModelInfo.read(folder), part) for folder in both)
    assert list(stored) == list(expected)
    for name in stored:
        np.testing.assert_array_equal(stored[name], expected[name], err_msg=name)


def test_a_picture_is_that_of_the_same_weights_in_a_diffusers_folder(both, eager):
    expected, painted = (paint(diffusion.load(folder)) for folder in both)
    assert expected == painted


def paint(pipeline):
    recipe = pipeline.info.make_recipe(
        "a red apple", seed=7, num_steps=2, size=(64, 64), scheduler="ddim"
    )
    return pipeline(recipe).tobytes()


@pytest.fixture
def copied(both, tmp_path):
    """The small model's files as links; replace one, never write into it."""
    for file in both[1].iterdir():
        (tmp_path / file.name).symlink_to(file)
    return tmp_path


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(copied, name):
    (copied / name).unlink()
    with pytest.raises(ModelError, match=f"{copied} lacks {name}; needed: text_encoder.h5, diff"):
        ModelInfo.read(copied)


@pytest.mark.parametrize(("one", "other"), list(permutations(FILES, 2)))
def test_another_networks_file_is_refused(copied, both, one, other):
    (copied / one).unlink()
    (copied / one).symlink_to(both[1] / other)
    with pytest.raises(ModelError, match=rf"{copied / one} holds \d+ tensors; allowed: \d+, as"):
        ModelInfo.read(copied)


@pytest.mark.parametrize("change", ["one fewer", "one more"])
def test_another_number_of_tensors_is_refused(copied, both, change):
    def edit(names):
        return names[:-1] if change == "one fewer" else [*names, names[-1]]

    rewrite_order(copied / "decoder.h5", edit)
    received = {"one fewer": 139, "one more": 141}[change]
    with pytest.raises(ModelError, match=f"holds {received} tensors; allowed: 140, as Stable Diff"):
        ModelInfo.read(copied)


def test_tensors_in_another_order_are_refused(copied):
    rewrite_order(copied / "diffusion_model.h5", lambda names: names[::-1])
    with pytest.raises(ModelError, match=r"diffusion_model.h5 is no whole model: the tensor"):
        ModelInfo.read(copied)


def test_two_tensors_in_each_others_places_are_listed(copied):
    rewrite_order(
        copied / "text_encoder.h5", lambda names: [*names[:-4], *names[-2:], *names[-4:-2]]
    )
    with pytest.raises(WeightsError, match=r"of another shape: .*mlp.fc2.weight \(64,\)"):
        diffusion.load(copied)


@pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")  # Keras's own, as it saves
def test_what_keras_3_saves_is_refused(copied):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(5)])
    model.save_weights(copied / "ours.weights.h5")
    (copied / "ours.weights.h5").rename(copied / "decoder.h5")
    with pytest.raises(
        ModelError, match=r"decoder.h5 holds 0 tensors; allowed: 140, as Stable Diff"
    ):
        ModelInfo.read(copied)


def test_settings_are_asked_for_in_generation_json(copied):
    assumed = ModelInfo.read(copied)
    asked = {
        "title": "Ours",
        "prediction_type": "v_prediction",
        "config": {"vae": {"scaling_factor": 0.2}},
    }
    (copied / "generation.json").write_text(json.dumps(asked))
    info = ModelInfo.read(copied)
    assert (assumed.title, info.title) == (copied.name, "Ours")
    assert (info.scheduler.prediction_type, info.vae.scaling_factor) == ("v_prediction", 0.2)
    assert info.content_hash != assumed.content_hash


def test_what_no_file_says_is_assumed_line_by_line(copied):
    assumed = set(ModelInfo.read(copied).assumed)
    assert {
        "text_encoder: num_attention_heads = 1",
        "unet: attention_head_dim = 8",
        "vae: scaling_factor = 0.18215",
        "scheduler: beta_schedule = 'scaled_linear'",
        "generation.json: all of it, by the preset for Stable Diffusion 1.x",
    } <= assumed
    assert not any("block_out_channels" in line for line in assumed)


def test_a_vocabulary_that_is_not_clips_is_refused(originals):
    with pytest.raises(ModelError, match="has a vocabulary of 100; allowed: CLIP's 49408"):
        ModelInfo.read(originals)
