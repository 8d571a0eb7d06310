"""Pictures painted with LoRAs, and the recipes that name them."""

import json

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file, save_file

import diffusion
from diffusion.__main__ import main
from diffusion.adapters.library import EMPTY, Library
from diffusion.errors import RecipeError
from diffusion.images import RECIPE_KEY, encode_png
from diffusion.models.unet import UNet
from diffusion.parameters import to_parameters
from diffusion.recipe import LoRA, Recipe
from tests.conftest import REFERENCE

PACKING = "TF_ONEDNN_ASSUME_FROZEN_WEIGHTS"
UNET_FILE = "unet/diffusion_pytorch_model.safetensors"
Q_PROJ = "encoder.layers.0.self_attn.q_proj"
FF = "mid_block.attentions.0.transformer_blocks.0.ff.net.2"
FAST = {"num_steps": 2, "size": (96, 128), "seed": 7}
# Of the model's own size, what has no LoRAs is painted with packed kernels.
SIZES = pytest.mark.parametrize("size", [(96, 128), (128, 128)], ids=["another", "its own"])


@pytest.fixture(scope="session")
def factors(pipeline):
    """Of a convolution and a linear map of the UNet and one of the text encoder, rank 2."""
    random = np.random.default_rng(3)

    def draw(*shape):
        return 0.5 * random.standard_normal(shape).astype(np.float32)

    out, inner, *size = pipeline.info.kernels["conv_out"]
    deep = pipeline.info.kernels[FF.replace(".", "_")]
    wide = pipeline.info.kernels["encoder_layers_0_self_attn_q_proj"]
    deep_name = f"lora_unet_{FF.replace('.', '_')}"
    return {
        "lora_unet_conv_out.lora_down.weight": draw(2, inner, *size) / inner,
        "lora_unet_conv_out.lora_up.weight": draw(out, 2, 1, 1),
        f"{deep_name}.lora_down.weight": draw(2, deep[1]),
        f"{deep_name}.lora_up.weight": draw(deep[0], 2),
        "lora_te_text_model_encoder_layers_0_self_attn_q_proj.lora_down.weight": draw(2, wide[1]),
        "lora_te_text_model_encoder_layers_0_self_attn_q_proj.lora_up.weight": draw(wide[0], 2),
    }


@pytest.fixture
def weights(tmp_path, factors):
    """A folder with `ink` for the included model, and `small` that is for another."""
    (tmp_path / "loras").mkdir()
    save_file(factors, tmp_path / "loras" / "ink.safetensors")
    other = REFERENCE / "loras" / "kohya.safetensors"
    (tmp_path / "loras" / "small.safetensors").write_bytes(other.read_bytes())
    return tmp_path


@pytest.fixture
def library(pipeline, weights):
    """The pipeline's own, for as long as a test."""
    pipeline.library = Library.read(weights)
    yield pipeline.library
    pipeline(pipeline.info.make_recipe("", **FAST))  # the model is itself again
    pipeline.library = EMPTY


@pytest.fixture
def recipe(pipeline, library):
    def make(prompt, **settings):
        return pipeline.info.make_recipe(prompt, library=library, **{**FAST, **settings})

    return make


def pixels(image):
    return np.asarray(image).astype(int)


@pytest.mark.parametrize("value", ["1", "true"])
def test_no_lora_is_merged_where_tensorflow_keeps_what_it_packed_of_the_weights(
    pipeline, recipe, monkeypatch, value
):
    tagged = recipe("a red apple <lora:ink:0.8>")
    monkeypatch.setenv(PACKING, value)
    with pytest.raises(RecipeError, match=f"none where {PACKING} is set"):
        pipeline(tagged)


@SIZES
def test_a_lora_changes_the_picture_and_nothing_after_it(pipeline, recipe, size):
    plain = recipe("a red apple", size=size)
    tagged = recipe("a red apple <lora:ink:0.8>", size=size)
    before, inked = pipeline(plain), pipeline(tagged)
    assert np.abs(pixels(before) - pixels(inked)).max() > 20
    assert pipeline(plain).tobytes() == before.tobytes()
    assert pipeline(tagged).tobytes() == inked.tobytes()


@SIZES
def test_a_weight_of_0_paints_the_models_own_picture(pipeline, recipe, size):
    plain = recipe("a red apple", size=size)
    tagged = recipe("a red apple <lora:ink:0>", size=size)
    assert pipeline(tagged).tobytes() == pipeline(plain).tobytes()


@SIZES
def test_it_paints_as_a_model_that_was_merged_beforehand(
    pipeline, recipe, model_copy, factors, size
):
    file = model_copy / UNET_FILE
    tensors = {name: one.astype(np.float32) for name, one in load_file(file).items()}
    down, up, deep_down, deep_up, text_down, text_up = factors.values()
    tensors["conv_out.weight"] += np.einsum("or,rihw->oihw", 0.8 * up[:, :, 0, 0], down)
    tensors[f"{FF}.weight"] += 0.8 * deep_up @ deep_down
    file.unlink()
    save_file(tensors, file)
    file = model_copy / "text_encoder" / "model.safetensors"
    tensors = {name: one.astype(np.float32) for name, one in load_file(file).items()}
    (name,) = (one for one in tensors if one.endswith(f"{Q_PROJ}.weight"))
    tensors[name] += 0.8 * text_up @ text_down
    file.unlink()
    save_file(tensors, file)
    merged = diffusion.load(model_copy)
    expected = merged(merged.info.make_recipe("a red apple", **FAST | {"size": size}))
    pipeline(recipe("a red apple", size=size))  # and the kernels have been packed
    actual = pipeline(recipe("a red apple <lora:ink:0.8>", size=size))
    assert np.abs(pixels(actual) - pixels(expected)).max() <= 2


@SIZES
def test_graphs_are_not_traced_anew(pipeline, recipe, monkeypatch, size):
    """But for the first LoRA where kernels were packed before."""
    for prompt in ("a red apple", "a red apple <lora:ink:0.5>"):
        pipeline(recipe(prompt, size=size))
    traced, with_deep = [], UNet.with_deep

    def recorded(unet, *inputs, **options):
        traced.append(inputs)
        return with_deep(unet, *inputs, **options)

    monkeypatch.setattr(UNet, "with_deep", recorded)
    pipeline(recipe("a red apple <lora:ink>", size=size))
    assert not traced


class _CancelledError(Exception):
    pass


def test_a_cancelled_painting_leaves_no_trace(pipeline, recipe):
    plain, tagged = recipe("a red apple"), recipe("a red apple <lora:ink:0.8>")
    expected = [pipeline(one).tobytes() for one in (plain, tagged)]

    def cancel(_step):
        raise _CancelledError

    for one, other in ((tagged, plain), (plain, tagged)):
        with pytest.raises(_CancelledError):
            pipeline(one, on_step=cancel)
        assert pipeline(other).tobytes() == expected[other is tagged]


def test_the_recipe_holds_hash_and_weight_and_the_prompt_as_typed(recipe, library):
    tagged = recipe("a red apple <lora:INK:0.5> <lora:ink:0.25>")
    assert tagged.loras == (LoRA(hash=library.loras["ink"].hash, weight=0.75),)
    assert tagged.text.prompt == "a red apple <lora:INK:0.5> <lora:ink:0.25>"
    assert Recipe.from_json(tagged.to_json()) == tagged
    assert json.loads(tagged.to_json())["loras"] == [
        {"hash": library.loras["ink"].hash, "weight": 0.75}
    ]


def test_a_recipe_without_the_key_has_none(recipe):
    data = json.loads(recipe("a red apple").to_json())
    del data["loras"]
    assert Recipe.from_json(json.dumps(data)) == recipe("a red apple")


@pytest.mark.parametrize(
    ("loras", "field"),
    [
        ({}, "loras"),
        ("0" * 64, "loras"),
        ([1], "loras"),
        ([{"hash": "0" * 64, "name": "ink"}], "loras"),
        ([{"weight": 1}], "loras"),
        ([{"hash": "0" * 63}], "lora"),
        ([{"hash": "0" * 64, "weight": "1"}], "lora weight"),
        ([{"hash": "0" * 64, "weight": float("nan")}], "lora weight"),
        ([{"hash": "0" * 64, "weight": 10.5}], "lora weight"),
    ],
)
def test_what_is_no_lora_in_a_recipe_is_refused(recipe, loras, field):
    data = json.loads(recipe("a red apple").to_json())
    with pytest.raises(RecipeError) as caught:
        Recipe.from_json(json.dumps({**data, "loras": loras}))
    assert caught.value.field == field


def test_tags_in_a_plain_or_negative_prompt_name_nothing(recipe):
    assert recipe("an apple <lora:nothing>", markup=False).loras == ()
    assert recipe("an apple", negative_prompt="<lora:nothing:much>").loras == ()


def test_a_lora_for_another_model_is_refused_before_painting(recipe):
    with pytest.raises(RecipeError, match=r"lora is 'small'; allowed: one that fits .*small\.safe"):
        recipe("a red apple <lora:small>")


def test_a_lora_that_is_not_in_the_library_is_refused(pipeline, recipe):
    tagged = recipe("a red apple <lora:ink>")
    pipeline.library = EMPTY
    for refuse in (pipeline, pipeline.info.check):
        with pytest.raises(RecipeError, match=f"lora is '{tagged.loras[0].hash[:10]}'; allowed:"):
            refuse(tagged)


def test_a_file_that_changed_is_refused(pipeline, recipe, library):
    tagged = recipe("a red apple <lora:ink>")
    file = library.loras["ink"].path
    save_file(load_file(file), file, metadata={"by": "somebody else"})
    with pytest.raises(RecipeError, match="lora is"):
        pipeline(tagged)


def test_other_tools_read_names_and_hashes(recipe, library):
    hash = library.loras["ink"].hash[:10]
    parameters = to_parameters(recipe("a red apple <lora:ink:0.8>"), "emoji")
    assert parameters.splitlines()[0] == "a red apple <lora:ink:0.8>"
    assert f'Lora hashes: "ink: {hash}"' in parameters
    assert "Lora" not in to_parameters(recipe("a red apple"), "emoji").splitlines()[-1]


@pytest.fixture
def command(weights, pipeline, monkeypatch, tmp_path):
    """The command line with the pipeline that all tests share, in the library it reads."""

    def load(_info, _dtype, library):
        pipeline.library = library
        return pipeline

    monkeypatch.setattr(diffusion, "load", load)
    yield lambda *arguments: main([*arguments, "--weights", str(weights), "--force"])
    pipeline(pipeline.info.make_recipe("", **FAST))
    pipeline.library = EMPTY


OPTIONS = ["--seed", "7", "--steps", "2", "--size", "96x128"]


def test_the_command_takes_loras_by_name_and_repeats_their_pictures(command, tmp_path):
    files = [tmp_path / name for name in ("option.png", "tag.png", "again.png")]
    for file, words in zip(
        files,
        (
            ["an apple", "--lora", "ink:0.8", *OPTIONS],
            ["an apple <lora:ink:0.8>", *OPTIONS],
            ["--recipe", str(files[0])],
        ),
        strict=True,
    ):
        assert command(*words, "-o", str(file)) == 0
    assert files[0].read_bytes() == files[1].read_bytes() == files[2].read_bytes()
    with Image.open(files[0]) as image:
        assert Recipe.from_json(image.text[RECIPE_KEY]).loras[0].weight == 0.8


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--lora", "inc"], "lora is 'inc'; allowed: ink (the nearest), or one of ink, small"),
        (["--lora", "ink:much"], "lora weight is 'much'; allowed: a number"),
        (["--lora", ""], "lora is ''; allowed: NAME or NAME:WEIGHT"),
        (["--lora", "ink>"], "lora is 'ink>'; allowed: NAME or NAME:WEIGHT"),
        (["--lora", "small"], "lora is 'small'; allowed: one that fits"),
        (["--lora", "ink", "--plain-prompt"], "lora is ['ink']; allowed: none in a plain prompt"),
    ],
)
def test_the_command_says_what_is_wrong_in_one_line(command, tmp_path, capsys, options, message):
    assert command("an apple", *options, "-o", str(tmp_path / "apple.png")) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: {message}")


def test_a_repeated_recipe_has_loras_of_its_own(command, tmp_path, pipeline, capsys):
    file = tmp_path / "apple.png"
    file.write_bytes(encode_png(pipeline(pipeline.info.make_recipe("an apple", **FAST))))
    assert command("--recipe", str(file), "--lora", "ink", "-o", str(file)) == 2
    assert "lora is ['ink']; allowed: the recipe's own" in capsys.readouterr().err
