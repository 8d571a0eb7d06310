"""LoRAs in the networks, against what peft, diffusers and LyCORIS answer with the same files.

The small networks are in float64, their tolerance is that of `test_structure.py`.
"""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from diffusion.adapters.library import Library
from diffusion.adapters.lora import Update
from diffusion.adapters.merging import Merged
from diffusion.checkpoints.folder import FolderWeights
from diffusion.checkpoints.weights import build_and_fill
from diffusion.config import TextEncoderConfig, UNetConfig, read_config
from diffusion.errors import RecipeError, WeightsError
from diffusion.models import timesteps
from diffusion.models.clip import CLIPTextEncoder
from diffusion.models.unet import UNet
from diffusion.recipe import LoRA
from diffusion.runtime import precision
from tests.conftest import REFERENCE
from tests.diffusion.comparison import assert_close, channels_last
from tests.reference.lora_rows import CASES, NETWORKS
from tests.reference.small import (
    TEXT_ENCODERS,
    TIMESTEPS,
    UNETS,
    inputs,
    redrawn,
    token_ids,
)

TOLERANCE = 1e-8
KINDS = {
    "text": (CLIPTextEncoder, TextEncoderConfig, TEXT_ENCODERS),
    "unet": (UNet, UNetConfig, UNETS),
}


@pytest.fixture
def expected():
    with np.load(REFERENCE / "loras.npz") as arrays:
        return dict(arrays)


@pytest.fixture
def networks(tmp_path, reference):
    """The small text encoder and UNet, made in a dtype."""

    def make(dtype="float64"):
        return tuple(_network(tmp_path, reference, part, dtype) for part in KINDS)

    return make


def _network(folder, reference, part, dtype):
    network, kind, configs = KINDS[part]
    (folder / "config.json").write_text(json.dumps(configs[NETWORKS]))
    shapes = json.loads(str(reference[f"{part}/{NETWORKS}/tensors"]))
    save_file({name: redrawn(name, shape) for name, shape in shapes.items()}, folder / "weights")
    with precision(dtype):
        model = network(read_config(kind, folder / "config.json"), name=part)
        build_and_fill(model, FolderWeights((folder / "weights",)))
    return model


@pytest.fixture
def answers(monkeypatch, reference):
    """What the two networks answer to the reference's inputs."""
    sinusoids = reference[f"unet/{NETWORKS}/sinusoids"]  # in float32, see test_structure.py
    monkeypatch.setattr(timesteps, "sinusoidal_embedding", lambda *_one, **_two: sinusoids)

    def call(text_encoder, unet):
        latents = channels_last(inputs("latents", (2, 4, 8, 16)))
        output = unet(latents, np.array(TIMESTEPS), inputs("context", (2, 12, 24)))
        return text_encoder(token_ids()).numpy(), output.numpy()

    return call


def loras(library, files):
    return tuple(
        LoRA(hash=library.loras[name].hash, weight=weight) for name, weight in files.items()
    )


def bits(networks):
    return {one.path: one.numpy().tobytes() for model in networks for one in model.variables}


REFERENCES = Library.read(REFERENCE)


@pytest.mark.parametrize("case", CASES)
def test_networks_answer_as_those_of_the_reference(networks, answers, expected, case):
    models = networks()
    Merged(models, REFERENCES).use(loras(REFERENCES, CASES[case]))
    context, output = answers(*models)
    assert_close(context, expected[f"{case}/context"], TOLERANCE)
    assert_close(output, channels_last(expected[f"{case}/output"]), TOLERANCE)


def variables(networks):
    return [one for model in networks for one in model.variables]


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_sums_are_float32_and_rounded_once(networks, dtype):
    narrow, wide = networks(dtype), networks("float32")
    for one, other in zip(variables(wide), variables(narrow), strict=True):
        one.assign(other.numpy().astype(np.float32))
    for models in (narrow, wide):
        Merged(models, REFERENCES).use(loras(REFERENCES, {"locon": 0.8, "tucker": -1.5}))
    for one, other in zip(variables(wide), variables(narrow), strict=True):
        rounded = one.numpy().astype(other.numpy().dtype)
        assert rounded.tobytes() == other.numpy().tobytes(), one.path


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_the_models_own_bits_come_back(networks, dtype):
    models = networks(dtype)
    own, merged = bits(models), Merged(models, REFERENCES)
    merged.use(loras(REFERENCES, {"diffusers": 1.0}))
    assert bits(models) != own
    merged.use(loras(REFERENCES, {"locon": 3.0, "tucker": 0.01}))
    merged.use(())
    assert bits(models) == own


def test_others_are_added_to_the_models_own_bits(networks):
    models, fresh = networks("float16"), networks("float16")
    merged = Merged(models, REFERENCES)
    for files in ({"diffusers": 7.0}, {"diffusers": 0.5}, {"locon": 0.5}):
        merged.use(loras(REFERENCES, files))
    Merged(fresh, REFERENCES).use(loras(REFERENCES, {"locon": 0.5}))
    assert bits(models) == bits(fresh)


def test_a_weight_of_0_is_the_model_itself(networks):
    models = networks("float32")
    kernel = models[1].conv_in.kernel
    kernel.assign(-np.zeros(kernel.shape))  # to which even 0 is a sum of other bits
    own = bits(models)
    Merged(models, REFERENCES).use(loras(REFERENCES, {"locon": 0.0}))
    assert bits(models) == own


def test_the_same_are_not_read_again(networks, monkeypatch):
    merged = Merged(networks("float32"), REFERENCES)
    merged.use(loras(REFERENCES, {"tucker": 1.0}))
    monkeypatch.setattr(Update, "delta", None)
    merged.use(loras(REFERENCES, {"tucker": 1.0}))


def renamed(tensors, rename):
    return {rename(name): tensor for name, tensor in tensors.items()}


def with_tensors(folder, tensors, name="other", **header):
    """A library with this one LoRA."""
    (folder / "loras").mkdir(exist_ok=True)
    save_file(tensors, folder / "loras" / f"{name}.safetensors", **header)
    return Library.read(folder)


@pytest.mark.parametrize("prefix", ["lora_te_text_model_", "lora_te_"])
def test_kohyas_names_give_the_bits_of_diffusers(networks, tmp_path, prefix):
    models, others = networks("float32"), networks("float32")
    Merged(models, REFERENCES).use(loras(REFERENCES, {"diffusers": 0.7}))
    tensors = load_file(REFERENCES.loras["kohya"].path)
    library = with_tensors(
        tmp_path, renamed(tensors, lambda name: name.replace("lora_te1_", prefix))
    )
    Merged(others, library).use(loras(library, {"other": 0.7}))
    assert bits(models) == bits(others)


def as_peft(name):
    _network, _, rest = name.partition(".")
    return f"base_model.model.{rest}"


def as_diffusers_once_wrote(name):
    """The attention's own names of diffusers 0.17 to 0.20, the last without a `to_out.0`."""
    name = name.replace("lora_A", "lora.down").replace("lora_B", "lora.up")
    if name.startswith("text_encoder."):
        name = name.replace("text_encoder.", "text_encoder.text_model.")
        return name.replace(".lora.", ".lora_linear_layer.")
    if ".to_" not in name:
        return name
    name = name.replace(".to_", ".processor.to_").replace(".lora.", "_lora.")
    return name.replace("to_out.0_lora", "to_out_lora")


LDM_BLOCKS = {
    "conv_in": "input_blocks.0.0",
    "down_blocks.0.resnets.0.": "input_blocks.1.0.",
    "down_blocks.0.downsamplers.0.conv": "input_blocks.2.0.op",
    "down_blocks.1.resnets.0.": "input_blocks.3.0.",
    "down_blocks.1.attentions.0.": "input_blocks.3.1.",
    "mid_block.resnets.0.": "middle_block.0.",
    "mid_block.attentions.0.": "middle_block.1.",
    "mid_block.resnets.1.": "middle_block.2.",
    "up_blocks.0.resnets.0.": "output_blocks.0.0.",
    "up_blocks.0.attentions.0.": "output_blocks.0.1.",
    "up_blocks.0.resnets.1.": "output_blocks.1.0.",
    "up_blocks.0.attentions.1.": "output_blocks.1.1.",
    "up_blocks.1.resnets.0.": "output_blocks.2.0.",
    "up_blocks.1.resnets.1.": "output_blocks.3.0.",
    ".conv1.": ".in_layers.2.",
}


def as_latent_diffusion(name):
    for today, old in LDM_BLOCKS.items():
        name = name.replace(today, old)
    return name.replace("unet.", "diffusion_model.")


@pytest.mark.parametrize("rename", [as_peft, as_diffusers_once_wrote, as_latent_diffusion])
def test_other_names_give_the_same_bits(networks, tmp_path, rename):
    """Without the header, alpha is the rank, 3, and not 5."""
    models, others = networks("float32"), networks("float32")
    tensors = load_file(REFERENCES.loras["diffusers"].path)
    plain, other = (tmp_path / name for name in ("plain", "other"))
    for folder, rename_or_not in ((plain, str), (other, rename)):
        folder.mkdir()
        with_tensors(folder, renamed(tensors, rename_or_not))
    for each, folder in ((models, plain), (others, other)):
        library = Library.read(folder)
        Merged(each, library).use(loras(library, {"other": 0.7}))
    assert bits(models) == bits(others)


def test_a_pickled_file_gives_the_same_bits(networks):
    models, others = networks("float32"), networks("float32")
    Merged(models, REFERENCES).use(loras(REFERENCES, {"locon": 0.7}))
    Merged(others, REFERENCES).use(loras(REFERENCES, {"pickled": 0.7}))
    assert bits(models) == bits(others)


def test_without_an_alpha_it_is_the_rank(networks, answers, expected, tmp_path):
    models = networks()
    library = with_tensors(tmp_path, load_file(REFERENCES.loras["diffusers"].path))
    Merged(models, library).use(loras(library, {"other": 5 / 3}))
    context, output = answers(*models)
    assert_close(context, expected["diffusers/context"], TOLERANCE)
    assert_close(output, channels_last(expected["diffusers/output"]), TOLERANCE)


@pytest.mark.parametrize("part", ["text", "unet"])
def test_a_file_for_one_network_leaves_the_other(networks, tmp_path, part):
    models = networks("float32")
    own = bits(models)
    prefix = {"text": "lora_te1_", "unet": "lora_unet_"}[part]
    tensors = load_file(REFERENCES.loras["kohya"].path)
    kept = {name: tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    library = with_tensors(tmp_path, kept)
    Merged(models, library).use(loras(library, {"other": 1.0}))
    changed = {path.split("/")[0] for path, value in bits(models).items() if value != own[path]}
    assert changed == {part}


def test_a_fault_on_the_way_leaves_the_model_itself(networks, monkeypatch):
    models = networks("float32")
    own, merged = bits(models), Merged(models, REFERENCES)
    merged.use(loras(REFERENCES, {"locon": 1.0}))
    calls, delta = iter(range(20)), Update.delta

    def interrupted(*arguments):
        next(calls)
        return delta(*arguments)

    monkeypatch.setattr(Update, "delta", interrupted)
    with pytest.raises(StopIteration):
        merged.use(loras(REFERENCES, {"tucker": 1.0}))
    assert bits(models) == own
    monkeypatch.setattr(Update, "delta", delta)
    fresh = networks("float32")
    for each in (merged, Merged(fresh, REFERENCES)):
        each.use(loras(REFERENCES, {"tucker": 1.0}))
    assert bits(models) == bits(fresh)


def test_a_file_that_changes_while_it_is_read_is_refused(networks, tmp_path, monkeypatch):
    models = networks("float32")
    own, library = bits(models), with_tensors(tmp_path, load_file(REFERENCES.loras["tucker"].path))
    (lora,) = loras(library, {"other": 1.0})
    delta, file = Update.delta, library.loras["other"].path

    def changing(*arguments):
        tensors = load_file(REFERENCES.loras["tucker"].path)
        save_file(tensors, file, metadata={"changed": "yes"})
        return delta(*arguments)

    monkeypatch.setattr(Update, "delta", changing)
    with pytest.raises(RecipeError, match=r"lora is .+ allowed: the SHA-256 of one that is here"):
        Merged(models, library).use((lora,))
    assert bits(models) == own


def test_what_does_not_fit_leaves_the_model_itself(networks, tmp_path):
    models = networks("float32")
    own = bits(models)
    library = with_tensors(tmp_path, {"lora_unet_conv_in.alpha": np.ones((), np.float32)})
    with pytest.raises(WeightsError):
        Merged(models, library).use(loras(library, {"other": 1.0}))
    assert bits(models) == own
