"""Models in one file, against the diffusers library that read and painted the same."""

import json
from dataclasses import replace
from types import SimpleNamespace

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import save_file

import diffusion
from diffusion.__main__ import main
from diffusion.checkpoints import ldm
from diffusion.checkpoints.ldm_names import dotted
from diffusion.checkpoints.weights import build_and_fill, tensor_name
from diffusion.errors import ModelError, WeightsError
from diffusion.info import ModelInfo
from diffusion.models.clip import CLIPTextEncoder
from diffusion.models.unet import UNet
from diffusion.models.vae import VAE
from tests.diffusion import pickled
from tests.diffusion.comparison import assert_within
from tests.diffusion.singles import (
    ODD,
    PARTS,
    averaged,
    averages,
    drawn,
    of_vae,
    reference,
    rows,
    write,
    write_folder,
    write_sparse,
)
from tests.large import sd15
from tests.reference.single_rows import GUIDANCE, PAINTED, PROMPT, SEED, SIDE, SIZES, STEPS

SIDECARS = {"small": None, "odd": ODD}
READERS = {
    "unet": ldm.unet_tensors,
    "vae": ldm.vae_tensors,
    "text_encoder": ldm.text_encoder_tensors,
}
NETWORKS = {"unet": UNet, "vae": VAE, "text_encoder": CLIPTextEncoder}
TEXT = "cond_stage_model.transformer.text_model."
BUFFERS = (
    "betas",
    "alphas_cumprod",
    "alphas_cumprod_prev",
    "sqrt_alphas_cumprod",
    "sqrt_one_minus_alphas_cumprod",
    "log_one_minus_alphas_cumprod",
    "sqrt_recip_alphas_cumprod",
    "sqrt_recipm1_alphas_cumprod",
    "posterior_variance",
    "posterior_log_variance_clipped",
    "posterior_mean_coef1",
    "posterior_mean_coef2",
    "logvar",
    "model_ema.decay",
    "model_ema.num_updates",
    "cond_stage_model.logit_scale",
    "cond_stage_model.text_projection",
    "cond_stage_model.transformer.text_projection.weight",
    f"{TEXT}embeddings.position_ids",
    "first_stage_model.loss.logvar",
    "first_stage_model.loss.discriminator.main.0.weight",
)


@pytest.fixture
def small(tmp_path):
    """The file of which all holds that is assumed."""
    return write(tmp_path / "small.safetensors", drawn("small"))


def numbers(info, part):
    """All variables of one network, by name."""
    model = NETWORKS[part](getattr(info, part), name=part)
    build_and_fill(model, info.weights[part])
    return {tensor_name(variable): variable.numpy() for variable in model.variables}


def recipe_for(info):
    return info.make_recipe(
        PROMPT,
        seed=SEED,
        num_steps=STEPS,
        guidance_scale=GUIDANCE,
        size=(SIDE, SIDE),
        scheduler="ddim",
    )


def painted(info):
    return np.asarray(diffusion.load(info)(recipe_for(info))).astype(int)


class TestNames:
    """Against those that CompVis's code writes and diffusers reads."""

    @pytest.mark.parametrize("part", READERS)
    @pytest.mark.parametrize("name", SIZES)
    def test_every_tensor_has_the_name_and_shape_of_today(self, name, part):
        stored = {row.name: SimpleNamespace(shape=row.shape) for row in rows(name)}
        read = {new: tensor.shape for new, tensor in READERS[part](stored).items()}
        assert read == {
            row.today: row.shape_today for row in rows(name) if PARTS.get(row.prefix) == part
        }

    def test_the_tensors_of_stable_diffusion_15_are_all_there(self):
        counts = [sum(PARTS.get(row.prefix) == part for row in rows("sd15")) for part in READERS]
        assert dict(zip(READERS, counts, strict=True)) == {
            "unet": 686,
            "vae": 248,
            "text_encoder": 196,
        }

    @pytest.mark.parametrize("name", SIZES)
    def test_names_in_a_running_average_get_their_dots_back(self, name):
        for plain, average in averages(name).items():
            assert dotted(average.removeprefix(ldm.AVERAGED)) == plain.removeprefix(ldm.UNET)

    def test_a_name_that_is_none_keeps_what_it_has(self):
        assert dotted("input_blocks11mystery0weight") == "input_blocks11mystery0weight"


def test_shapes_say_the_configuration_of_stable_diffusion_15(tmp_path):
    shapes = {row.name: row.shape for row in rows("sd15")}
    single = ModelInfo.read(write_sparse(tmp_path / "v1-5.safetensors", shapes))
    sd15.write_settings(tmp_path / "folder")
    for part, name in sd15.WEIGHTS.items():
        (tmp_path / "folder" / part / name).touch()
    folder = ModelInfo.read(tmp_path / "folder")
    for part in ("text_encoder", "unet", "vae", "scheduler"):
        assert getattr(single, part) == getattr(folder, part)
    assert (single.title, single.size_multiple) == ("v1-5", 64)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """What we paint with each of the files."""
    folder = tmp_path_factory.mktemp("pictures")
    files = {
        name: write(folder / f"{name}.safetensors", drawn(name), SIDECARS[name]) for name in PAINTED
    }
    return {name: painted(ModelInfo.read(file)) for name, file in files.items()}


class TestPictures:
    @pytest.mark.parametrize("name", PAINTED)
    def test_a_file_paints_what_the_library_paints_with_it(self, pictures, name):
        expected = reference()[f"{name}/pixels"].astype(int)
        assert_within(np.abs(pictures[name] - expected).max(), 2)

    def test_a_folder_of_the_same_weights_paints_the_same_pixels(self, tmp_path, small, pictures):
        folder = ModelInfo.read(write_folder(tmp_path / "folder", "small", drawn("small")))
        single = ModelInfo.read(small)
        assert recipe_for(single) == replace(recipe_for(folder), model=single.content_hash)
        np.testing.assert_array_equal(painted(folder), pictures["small"])

    def test_the_command_line_paints_with_a_file(self, tmp_path, small, capsys):
        output = tmp_path / "apple.png"
        options = f"-o {output} --model {small} --steps 1 --size 32x32".split()
        assert main(["a red apple", *options]) == 0
        assert output.exists()


def narrowed(tensors, *dtypes):
    """The tensors in these kinds of numbers, in turn."""
    return {
        name: array.astype(dtypes[index % len(dtypes)])
        for index, (name, array) in enumerate(tensors.items())
    }


class TestStoredForms:
    """The same numbers, however they are stored, fill the variables as a folder's do."""

    @pytest.mark.parametrize(
        "dtypes",
        [(np.float32,), (np.float16,), (ml_dtypes.bfloat16,), (np.float16, np.float32)],
        ids=["float32", "float16", "bfloat16", "mixed"],
    )
    @pytest.mark.parametrize("name", PAINTED)
    def test_are_as_a_folders_bit_for_bit(self, tmp_path, name, dtypes):
        tensors = narrowed(drawn(name), *dtypes)
        file = write(tmp_path / "model.safetensors", tensors, SIDECARS[name])
        folder = write_folder(tmp_path / "folder", name, tensors)
        self.assert_same(file, folder)

    def test_a_pickled_file(self, tmp_path, small):
        pickled.save(tmp_path / "model.ckpt", drawn("small"))
        self.assert_same(tmp_path / "model.ckpt", small)

    def test_a_text_encoder_without_its_inner_layer(self, tmp_path, small):
        tensors = {
            name.replace(".text_model.", "."): array for name, array in drawn("small").items()
        }
        self.assert_same(write(tmp_path / "older.safetensors", tensors), small)

    def test_what_a_training_leaves_is_no_weight(self, tmp_path, small):
        tensors = drawn("small") | dict.fromkeys(BUFFERS, np.zeros(1, np.float32))
        self.assert_same(write(tmp_path / "trained.safetensors", tensors), small)

    def assert_same(self, path, other):
        first, second = ModelInfo.read(path), ModelInfo.read(other)
        for part in NETWORKS:
            actual, expected = numbers(first, part), numbers(second, part)
            assert set(actual) == set(expected)
            for name in actual:
                np.testing.assert_array_equal(actual[name], expected[name], err_msg=name)


@pytest.mark.parametrize(
    "unknown",
    [
        "mystery.weight",
        "model.diffusion_model.mystery.weight",
        "model.diffusion_model.input_blocks.1.3.weight",
        "model.diffusion_model.output_blocks.99.0.in_layers.0.weight",
    ],
)
def test_what_is_unknown_is_listed_by_its_name(tmp_path, unknown):
    tensors = drawn("small") | {unknown: np.zeros(3, np.float32)}
    info = ModelInfo.read(write(tmp_path / "odd.safetensors", tensors))
    with pytest.raises(WeightsError) as caught:
        diffusion.load(info)
    assert caught.value.unused == (unknown.removeprefix(ldm.UNET),)


class TestRunningAverage:
    @staticmethod
    def first_kernel(info):
        return numbers(info, "unet")["conv_in.weight"]

    def expected(self, array):
        return array.transpose(2, 3, 1, 0)

    def test_weights_as_trained_are_taken_unless_the_average_is_asked_for(self, tmp_path):
        both = drawn("small") | averaged("small")
        plain = ModelInfo.read(write(tmp_path / "a.safetensors", both))
        asked = ModelInfo.read(write(tmp_path / "b.safetensors", both, {"ema": True}))
        own = "model.diffusion_model.input_blocks.0.0.weight"
        trained, average = drawn("small")[own], averaged("small")[averages("small")[own]]
        np.testing.assert_array_equal(self.first_kernel(plain), self.expected(trained))
        np.testing.assert_array_equal(self.first_kernel(asked), self.expected(average))
        assert plain.content_hash != asked.content_hash
        assert "running average, there too, is for ema = true" in plain.assumed[-2]

    def test_where_there_is_no_other_it_is_taken(self, tmp_path):
        kept = {name: held for name, held in drawn("small").items() if ldm.UNET not in name}
        info = ModelInfo.read(write(tmp_path / "a.safetensors", kept | averaged("small")))
        as_trained = dict(zip(averages("small"), averaged("small").values(), strict=True))
        trained = ModelInfo.read(write(tmp_path / "b.safetensors", kept | as_trained))
        actual, expected = numbers(info, "unet"), numbers(trained, "unet")
        for name in expected:
            np.testing.assert_array_equal(actual[name], expected[name], err_msg=name)

    def test_what_is_not_there_is_not_taken(self, tmp_path):
        file = write(tmp_path / "a.safetensors", drawn("small"), {"ema": True})
        with pytest.raises(ModelError, match=r"a.json: ema is True; allowed: false, for a.safet"):
            ModelInfo.read(file)


class TestSidecar:
    def test_what_it_says_is_read(self, tmp_path):
        said = {"title": "Apples", "steps": {"default": 9, "min": 1, "max": 20}, "clip_skip": 2}
        info = ModelInfo.read(write(tmp_path / "a.safetensors", drawn("odd"), ODD | said))
        assert (info.title, info.generation.steps.max) == ("Apples", 20)
        assert info.make_recipe("x").text.clip_skip == 2
        assert info.scheduler.prediction_type == "v_prediction"
        assert (info.vae.scaling_factor, info.scheduler.beta_end) == (0.4, 0.02)

    def test_what_it_does_not_say_is_assumed_and_listed(self, tmp_path, small):
        assumed = ModelInfo.read(small).assumed
        assert "unet: attention_head_dim = 8" in assumed
        assert "text_encoder: num_attention_heads = 1" in assumed
        assert "scheduler: prediction_type = 'epsilon'" in assumed
        assert not [line for line in assumed if "block_out_channels" in line]
        file = write(tmp_path / "b.safetensors", drawn("odd"), ODD)
        assert not [line for line in ModelInfo.read(file).assumed if "prediction_type" in line]

    def test_the_hash_follows_what_decides_pixels_and_nothing_else(self, small):
        def hash_with(**said):
            small.with_suffix(".json").write_text(json.dumps(said))
            return ModelInfo.read(small).content_hash

        plain = ModelInfo.read(small).content_hash
        assert hash_with(title="Apples", scheduler="euler", clip_skip=2) == plain
        assert hash_with(prediction_type="epsilon", ema=False) == plain
        assert hash_with(config={"unet": {"block_out_channels": [32, 64]}}) == plain
        assert hash_with(prediction_type="v_prediction") != plain
        assert hash_with(config={"vae": {"scaling_factor": 0.2}}) != plain

    def test_files_of_the_same_bytes_have_the_same_hash(self, small):
        other = small.with_name("renamed.ckpt")
        other.write_bytes(small.read_bytes())
        assert ModelInfo.read(other).content_hash == ModelInfo.read(small).content_hash

    @pytest.mark.parametrize(
        ("said", "message"),
        [
            ({"ema": "yes"}, "a.json: ema is 'yes'; allowed: true or false"),
            ({"vae": 3}, "a.json: vae is 3; allowed: the name of a file"),
            ({"vae": "none.pt"}, r"/none.pt cannot be read: No such file"),
            ({"config": [1]}, r"a.json: config is \[1\]; allowed: an object of objects"),
            ({"config": {"unet": 1}}, "allowed: an object of objects"),
            ({"config": {"clip": {}}}, "a.json: config has clip; allowed: text_encoder, unet"),
            ({"config": {"unet": {"attention_head_dim": 5}}}, "is 5; allowed: a divisor of 32"),
            ({"config": {"unet": {"act_fn": "relu"}}}, "act_fn is 'relu'; allowed: 'silu'"),
            ({"prediction_type": "flow"}, "prediction_type is 'flow'; allowed: 'epsilon'"),
            ({"prediction_type": 1}, "prediction_type is 1; allowed: str"),
            ({"steps": 3}, "a.json: steps is 3; allowed: an object"),
            ({"native_size": [30, 32]}, "a.json: width is 30; allowed: multiples of 4"),
        ],
    )
    def test_what_it_may_not_say_is_named(self, tmp_path, said, message):
        file = write(tmp_path / "a.safetensors", drawn("small"), said)
        with pytest.raises(ModelError, match=message):
            ModelInfo.read(file)

    def test_heads_that_do_not_fit_are_said(self, tmp_path):
        file = write(tmp_path / "a.safetensors", drawn("odd"))
        with pytest.raises(ModelError, match="num_attention_heads is 0; allowed: a divisor of 24"):
            ModelInfo.read(file)


CONV_IN = "model.diffusion_model.input_blocks.0.0.weight"
TO_K = "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
WHOLE = [CONV_IN, f"{TEXT}final_layer_norm.bias", "first_stage_model.decoder.conv_in.weight"]


@pytest.mark.parametrize(
    ("names", "family"),
    [
        (["conditioner.embedders.1.model.ln_final.bias", *WHOLE], "is Stable Diffusion XL; allowe"),
        (["conditioner.embedders.0.model.ln_final.bias", *WHOLE], "is the refiner of Stable Diffu"),
        (
            ["model.diffusion_model.joint_blocks.0.x", "first_stage_model.x"],
            "is Stable Diffusion 3",
        ),
        (["double_blocks.0.img_attn.proj.weight"], "is Flux; allowed: a whole Stable"),
        (["model.diffusion_model.label_emb.0.0.bias", CONV_IN], "is a UNet of Stable Diffusion XL"),
        (["cond_stage_model.model.ln_final.bias", CONV_IN], "is Stable Diffusion 2; allowed"),
        (["control_model.time_embed.0.bias"], "is a ControlNet; allowed"),
        (["controlnet_cond_embedding.conv_in.bias", "conv_in.bias"], "is a ControlNet; allowed"),
        (["lora_unet_mid_block_proj.lora_up.weight"], "is a LoRA; allowed.* into the folder loras"),
        (["unet.to_q.lora_A.weight", "unet.to_q.lora_B.weight"], "is a LoRA; allowed"),
        (["emb_params"], "is a textual inversion; allowed.* into the folder embeddings"),
        (["string_to_param.*", "string_to_token.*"], "is a textual inversion; allowed"),
        (["<apple>"], "is a textual inversion; allowed"),
        (["encoder.conv_in.bias", "decoder.conv_in.bias"], "is a VAE alone; allowed.*--vae"),
        (["first_stage_model.decoder.conv_in.bias", "x"], "is a VAE alone; allowed"),
        (WHOLE[:1], "is a model without a text encoder; allowed: a whole Stable Diffusion 1.x"),
        (WHOLE[:2], "is a model without a VAE; allowed: .*, or `vae` in the JSON beside it"),
        (["conv_in.bias", "down_blocks.0.x"], "is one network of a folder, whose other files"),
        (["a", "b"], "is no model that is known here; allowed"),
        ([], "is no model that is known here; allowed"),
    ],
)
def test_what_is_something_else_is_refused_by_what_it_is(tmp_path, names, family):
    file = write(tmp_path / "a.safetensors", dict.fromkeys(names, np.zeros(1, np.float32)))
    with pytest.raises(ModelError, match=family):
        ModelInfo.read(file)


@pytest.mark.parametrize(
    ("name", "shape", "family"),
    [
        (CONV_IN, (320, 9, 3, 3), "is a model for inpainting, which sees the mask; allowed"),
        (CONV_IN, (320, 8, 3, 3), "is InstructPix2Pix; allowed"),
        (TO_K, (320, 1024), "is Stable Diffusion 2; allowed"),
    ],
)
def test_what_is_something_else_by_its_shapes_is_refused_too(tmp_path, name, shape, family):
    shapes = {row.name: row.shape for row in rows("sd15")} | {name: shape}
    file = write_sparse(tmp_path / "a.safetensors", shapes)
    with pytest.raises(ModelError, match=family):
        ModelInfo.read(file)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (CONV_IN, "the tensor conv_in.weight"),
        (
            "model.diffusion_model.input_blocks.4.0.out_layers.3.weight",
            "down_blocks.1.resnets.0.co",
        ),
        (f"{TEXT}embeddings.token_embedding.weight", "embeddings.token_embedding.weight"),
        (f"{TEXT}encoder.layers.0.mlp.fc1.weight", "encoder.layers.0.mlp.fc1.weight"),
        ("first_stage_model.decoder.conv_out.weight", "decoder.conv_out.weight"),
    ],
)
def test_a_tensor_that_the_configuration_needs_is_named(tmp_path, name, message):
    without = {other: array for other, array in drawn("small").items() if other != name}
    with pytest.raises(ModelError, match=rf"a.safetensors is no whole model.*{message}.* missing"):
        ModelInfo.read(write(tmp_path / "a.safetensors", without))
    flat = drawn("small") | {name: np.zeros((), np.float32)}
    with pytest.raises(ModelError, match=rf"b.safetensors is no whole model.*{message}.* is \(\)"):
        ModelInfo.read(write(tmp_path / "b.safetensors", flat))


def test_a_small_file_cannot_say_that_it_is_huge(tmp_path):
    name = "model.diffusion_model.input_blocks.1.0.out_layers.3.weight"
    tensors = drawn("small") | {name: np.zeros((2**20, 1, 1, 1), np.float32)}
    with pytest.raises(
        ModelError, match=r"conv2.weight has 1 channels in; allowed: 1048576, as out"
    ):
        ModelInfo.read(write(tmp_path / "a.safetensors", tensors))
    empty = drawn("small") | {name: np.zeros((0, 0, 3, 3), np.float32)}
    with pytest.raises(ModelError, match=r"conv2.weight is \(0, 0, 3, 3\)"):
        ModelInfo.read(write(tmp_path / "b.safetensors", empty))


class TestMetadata:
    """What a safetensors file says of itself."""

    @pytest.mark.parametrize(
        ("stated", "predicted"), [("v", "v_prediction"), ("epsilon", "epsilon")]
    )
    def test_says_what_the_model_predicts(self, tmp_path, stated, predicted):
        file = tmp_path / "a.safetensors"
        save_file(drawn("small"), file, {"modelspec.prediction_type": stated})
        info = ModelInfo.read(file)
        assert info.scheduler.prediction_type == predicted
        assert not [line for line in info.assumed if "prediction_type" in line]

    def test_counts_less_than_what_a_person_says(self, tmp_path):
        file = tmp_path / "a.safetensors"
        save_file(drawn("small"), file, {"modelspec.prediction_type": "v"})
        file.with_suffix(".json").write_text('{"prediction_type": "epsilon"}')
        assert ModelInfo.read(file).scheduler.prediction_type == "epsilon"

    def test_that_is_unknown_is_refused(self, tmp_path):
        file = tmp_path / "a.safetensors"
        save_file(drawn("small"), file, {"modelspec.prediction_type": "flow"})
        with pytest.raises(ModelError, match="prediction_type is 'flow'; allowed: 'epsilon'"):
            ModelInfo.read(file)


def test_another_vocabulary_is_refused(tmp_path):
    name = f"{TEXT}embeddings.token_embedding.weight"
    tensors = drawn("small") | {name: np.zeros((64, 64), np.float32)}
    with pytest.raises(ModelError, match="has a vocabulary of 64; allowed: CLIP's 49408"):
        ModelInfo.read(write(tmp_path / "a.safetensors", tensors))


def test_a_file_is_described(small, capsys):
    assert main(["--inspect", str(small)]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"small: Stable Diffusion 1.x in {small}\n")
    assert "  unet in small.safetensors: 1.1 million numbers, F32\n" in text
    assert "  small.json: all of it, by the preset for Stable Diffusion 1.x" in text


def test_a_file_of_another_family_is_one_line_and_exit_code_2(tmp_path, capsys):
    file = write(tmp_path / "vae.safetensors", of_vae(drawn("small")))
    assert main(["x", "-o", str(tmp_path / "x.png"), "--model", str(file)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "vae.safetensors is a VAE alone; allowed" in line
