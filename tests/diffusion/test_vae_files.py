"""VAEs in files of their own, with names of any library."""

import json

import numpy as np
import pytest

import diffusion
from diffusion.__main__ import main
from diffusion.checkpoints.weights import build_and_fill, tensor_name
from diffusion.errors import ModelError, WeightsError
from diffusion.images import read_recipe
from diffusion.info import ModelInfo
from diffusion.models.vae import VAE
from tests.diffusion import pickled, singles
from tests.diffusion.comparison import assert_within
from tests.diffusion.singles import ODD, drawn, of_vae, reference, rows, write, write_folder
from tests.reference.single_rows import GUIDANCE, OTHER, PROMPT, SEED, SIDE, STEPS

OLD_ATTENTION = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}


@pytest.fixture
def small(tmp_path):
    return ModelInfo.read(write(tmp_path / "small.safetensors", drawn("small")))


@pytest.fixture
def vae(tmp_path):
    """Another VAE of that size, with CompVis's names."""
    return write(tmp_path / "vae.safetensors", of_vae(drawn("small", OTHER)))


def as_diffusers(tensors, old=False):
    """The tensors of the small model's VAE as diffusers saves them, today or of old."""
    named = {}
    for row in rows("small"):
        if row.prefix == singles.VAE:
            name = row.today
            if old and ".attentions." in name:
                for today, before in OLD_ATTENTION.items():
                    name = name.replace(f".{today}.", f".{before}.")
            named[name] = tensors[row.name].reshape(row.shape_today)
    return named


def numbers(info):
    model = VAE(info.vae, name="vae")
    build_and_fill(model, info.weights["vae"])
    return {tensor_name(variable): variable.numpy() for variable in model.variables}


def assert_same(first, second):
    actual, expected = numbers(first), numbers(second)
    assert set(actual) == set(expected)
    for name in actual:
        np.testing.assert_array_equal(actual[name], expected[name], err_msg=name)


def test_a_separate_vae_paints_what_the_library_paints_with_it(tmp_path):
    file = write(tmp_path / "odd.safetensors", drawn("odd"), ODD)
    vae = write(tmp_path / "vae.safetensors", of_vae(drawn("odd", OTHER)))
    info = ModelInfo.read(file).with_vae(vae)
    recipe = info.make_recipe(
        PROMPT,
        seed=SEED,
        num_steps=STEPS,
        guidance_scale=GUIDANCE,
        size=(SIDE, SIDE),
        scheduler="ddim",
    )
    picture = np.asarray(diffusion.load(info)(recipe)).astype(int)
    expected = reference()["odd/pixels of another vae"].astype(int)
    assert_within(np.abs(picture - expected).max(), 2)


class TestNames:
    """The same numbers, however they are named, fill the same variables."""

    def test_the_variables_are_the_other_vaes(self, small, vae):
        name = "encoder.conv_in.weight"
        expected = of_vae(drawn("small", OTHER))[name].transpose(2, 3, 1, 0)
        np.testing.assert_array_equal(numbers(small.with_vae(vae))[name], expected)

    @pytest.mark.parametrize("old", [False, True], ids=["today", "of old"])
    def test_of_diffusers(self, tmp_path, small, vae, old):
        named = as_diffusers(drawn("small", OTHER), old)
        assert ("decoder.mid_block.attentions.0.query.bias" in named) == old
        file = write(tmp_path / "diffusers.safetensors", named)
        assert_same(small.with_vae(file), small.with_vae(vae))

    def test_of_a_whole_checkpoint(self, tmp_path, small, vae):
        whole = write(tmp_path / "whole.safetensors", drawn("small", OTHER))
        assert_same(small.with_vae(whole), small.with_vae(vae))

    def test_of_a_training_with_its_loss_and_average(self, tmp_path, small, vae):
        more = ["loss.logvar", "loss.discriminator.main.0.weight", "model_ema.decay"]
        tensors = of_vae(drawn("small", OTHER)) | dict.fromkeys(more, np.zeros(1, np.float32))
        pickled.save(tmp_path / "vae.ckpt", tensors)
        assert_same(small.with_vae(tmp_path / "vae.ckpt"), small.with_vae(vae))


def test_what_the_file_does_not_say_is_as_of_the_models_own(tmp_path):
    file = write(tmp_path / "odd.safetensors", drawn("odd"), ODD)
    vae = write(tmp_path / "vae.safetensors", of_vae(drawn("small", OTHER)))
    info = ModelInfo.read(file).with_vae(vae)
    assert (info.vae.norm_num_groups, info.vae.scaling_factor) == (8, 0.4)
    assert info.vae.block_out_channels == (32, 64)
    assert "separate vae: scaling_factor = 0.4, as of the model's own" in info.assumed


class TestContentHash:
    def test_another_vae_is_another_model(self, tmp_path, small, vae):
        other = write(tmp_path / "other.safetensors", of_vae(drawn("small")))
        hashes = {small.content_hash, *(small.with_vae(one).content_hash for one in (vae, other))}
        assert len(hashes) == 3

    def test_its_name_does_not_matter_nor_where_it_is_named(self, tmp_path, small, vae):
        expected = small.with_vae(vae).content_hash
        renamed = vae.rename(tmp_path / "renamed.pt")
        assert small.with_vae(renamed).content_hash == expected
        small.offer_path.write_text(json.dumps({"vae": "renamed.pt"}))
        named = ModelInfo.read(small.path)
        assert named.content_hash == expected
        assert_same(named, small.with_vae(renamed))


class TestNamedInJSON:
    def test_a_checkpoint_without_a_vae_takes_the_one_that_is_named(self, tmp_path, small, vae):
        bare = {name: held for name, held in drawn("small").items() if singles.VAE not in name}
        file = write(tmp_path / "bare.safetensors", bare, {"vae": vae.name})
        assert_same(ModelInfo.read(file), small.with_vae(vae))

    def test_a_folder_takes_the_one_that_its_generation_json_names(self, tmp_path, small, vae):
        folder = write_folder(tmp_path / "folder", "small", drawn("small"))
        own = ModelInfo.read(folder)
        sizes = {"native_size": [64, 64], "sizes": [[64, 64]]}
        (folder / "generation.json").write_text(json.dumps({"vae": f"../{vae.name}", **sizes}))
        info = ModelInfo.read(folder)
        assert info.content_hash == own.with_vae(vae).content_hash != own.content_hash
        assert_same(info, small.with_vae(vae))

    def test_what_is_no_name_is_refused(self, tmp_path):
        folder = write_folder(tmp_path / "folder", "small", drawn("small"))
        (folder / "generation.json").write_text('{"vae": {}}')
        with pytest.raises(ModelError, match=r"generation.json: vae is {}; allowed: the name of a"):
            ModelInfo.read(folder)


def test_what_does_not_fit_is_listed(tmp_path, small):
    tensors = of_vae(drawn("small", OTHER)) | {"mystery": np.zeros(1, np.float32)}
    del tensors["encoder.norm_out.bias"]
    info = small.with_vae(write(tmp_path / "vae.safetensors", tensors))
    with pytest.raises(WeightsError, match=r"vae.safetensors does not fit") as caught:
        numbers(info)
    assert caught.value.missing == ("encoder.conv_norm_out.bias",)
    assert caught.value.unused == ("mystery",)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["lora_unet.lora_up.weight"], "a.safetensors holds no VAE; allowed: the file of a VAE"),
        (["decoder.conv_in.weight"], "a.safetensors is no whole model: the tensor encoder.conv_in"),
    ],
)
def test_what_is_no_vae_is_refused(tmp_path, small, names, message):
    tensors = dict.fromkeys(names, np.zeros((1, 1, 3, 3), np.float32))
    with pytest.raises(ModelError, match=message):
        small.with_vae(write(tmp_path / "a.safetensors", tensors))


def test_a_vae_of_other_latents_is_refused(tmp_path, small):
    tensors = of_vae(drawn("small")) | {
        "decoder.conv_in.weight": np.zeros((64, 16, 3, 3), np.float32)
    }
    file = write(tmp_path / "flux.safetensors", tensors)
    with pytest.raises(ModelError, match=r"flux.safetensors has 16 latent channels; allowed: 4"):
        small.with_vae(file)


def test_norms_that_do_not_fit_are_refused(tmp_path, small):
    tensors = of_vae(drawn("small")) | {
        "encoder.down.0.block.0.conv2.weight": np.zeros((48, 48, 3, 3), np.float32)
    }
    file = write(tmp_path / "vae.safetensors", tensors)
    with pytest.raises(ModelError, match=r"vae.safetensors: norm_num_groups is 32; allowed: a div"):
        small.with_vae(file)


class TestCommandLine:
    def test_paints_with_a_vae_and_inspects_it(self, tmp_path, small, vae, capsys):
        output = tmp_path / "apple.png"
        options = f"-o {output} --model {small.path} --vae {vae} --steps 1 --size 32x32".split()
        assert main(["a red apple", *options]) == 0
        assert read_recipe(output).model == small.with_vae(vae).content_hash
        assert main(["--inspect", str(small.path), "--vae", str(vae)]) == 0
        assert "\n  vae in vae.safetensors: 0.8 million numbers" in capsys.readouterr().out

    def test_a_file_that_is_not_there_is_one_line_and_exit_code_2(self, tmp_path, capsys):
        options = f"-o {tmp_path}/a.png --vae {tmp_path}/none.pt".split()
        assert main(["x", *options]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith(f"error: {tmp_path}/none.pt cannot be read: No such file")
