import json

import pytest

from diffusion.errors import ModelError, RecipeError
from diffusion.info import ModelInfo
from diffusion.text.tokenizer import CLIPTokenizer
from tests.conftest import MODEL
from tests.large import sd15


@pytest.fixture(scope="module")
def info():
    return ModelInfo.read(MODEL)


def rewrite(file, **changes):
    """Replace a linked JSON file by a changed copy."""
    data = {**json.loads(file.read_text()), **changes}
    file.unlink()
    file.write_text(json.dumps({key: value for key, value in data.items() if value != "gone"}))


def test_embedded_model_says_what_it_offers(info):
    offered = json.loads((MODEL / "generation.json").read_text())
    assert info.title == offered["title"]
    assert info.generation.licence == "CC-BY-4.0"
    assert info.generation.native_size == tuple(offered["native_size"])
    assert info.generation.steps.max == offered["steps"]["max"]
    assert info.size_multiple == 32


@pytest.mark.parametrize(
    ("own", "offered"),
    [("PNDMScheduler", "pndm"), ("DPMSolverMultistepScheduler", "dpmpp_2m"), ("New", "ddim")],
)
def test_preset_serves_where_the_model_offers_nothing(model_copy, own, offered):
    (model_copy / "generation.json").unlink()
    rewrite(model_copy / "scheduler" / "scheduler_config.json", _class_name=own)
    info = ModelInfo.read(model_copy)
    assert info.title == "model"
    assert info.generation.native_size == (512, 512)
    assert info.generation.scheduler == offered


def test_the_files_of_stable_diffusion_15_are_read(tmp_path):
    sd15.write_settings(tmp_path)
    for part, name in sd15.WEIGHTS.items():
        (tmp_path / part / name).touch()
    info = ModelInfo.read(tmp_path)
    assert info.size_multiple == 64
    assert info.vae.scaling_factor == 0.18215
    recipe = info.make_recipe("an astronaut", seed=1)
    assert (recipe.sampling.scheduler, recipe.sampling.num_steps) == ("pndm", 30)
    assert (recipe.sampling.width, recipe.sampling.guidance_scale) == (512, 7.5)
    tokenizer = CLIPTokenizer.read(tmp_path / "tokenizer", 77)
    same = CLIPTokenizer.read(MODEL / "tokenizer", 77)
    assert tokenizer.encode("an astronaut").tolist() == same.encode("an astronaut").tolist()


def test_files_that_the_library_mends_are_read_as_it_mends_them(model_copy):
    file = model_copy / "scheduler" / "scheduler_config.json"
    rewrite(file, steps_offset=0, clip_sample=True)
    assert ModelInfo.read(model_copy).scheduler.steps_offset == 1


def test_recipe_takes_the_models_defaults_and_a_random_seed(info):
    first, second = info.make_recipe("x"), info.make_recipe("x")
    assert (first.sampling.num_steps, first.sampling.guidance_scale) == (25, 4.0)
    assert (first.sampling.width, first.sampling.height) == (128, 128)
    assert first.model == info.content_hash
    assert first.sampling.seed != second.sampling.seed


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_steps": 101}, "steps is 101; allowed: 1 to 100"),
        ({"guidance_scale": 20.5}, "guidance is 20.5; allowed: 1 to 20"),
        (
            {"size": (130, 128)},
            "width is 130; allowed: multiples of 32 up to 4096, the nearest 128 or 160",
        ),
        ({"size": (128, 16)}, "height is 16; allowed: multiples of 32 up to 4096, the nearest 32"),
        ({"guidance_rescale": 2}, "guidance_rescale is 2; allowed: 0 to 1"),
        ({"dtype": "int8"}, "dtype is 'int8'; allowed: float32, bfloat16, float16"),
        ({"seed": 2**32}, "seed is 4294967296; allowed: a whole number from 0 to 4294967295"),
    ],
)
def test_what_is_out_of_bounds_is_refused(info, settings, message):
    with pytest.raises(RecipeError) as caught:
        info.make_recipe("x", **settings)
    assert str(caught.value) == message


def test_content_hash_follows_whatever_decides_pixels(info, model_copy):
    assert ModelInfo.read(model_copy).content_hash == info.content_hash
    (model_copy / "README.md").unlink()
    assert ModelInfo.read(model_copy).content_hash == info.content_hash
    rewrite(model_copy / "scheduler" / "scheduler_config.json", beta_end=0.013)
    assert ModelInfo.read(model_copy).content_hash != info.content_hash


def test_what_is_read_from_nowhere_does_not_change_the_content_hash(info, model_copy):
    (model_copy / ".git" / "objects").mkdir(parents=True)
    (model_copy / "unet" / "README.md").write_text("x")
    (model_copy / "unet" / "diffusion_pytorch_model.fp16.safetensors").write_text("x")
    assert ModelInfo.read(model_copy).content_hash == info.content_hash


def test_unknown_schedulers_offer_the_nearest(info):
    with pytest.raises(RecipeError, match=r"scheduler is 'eulr'; allowed: euler \(the nearest\)"):
        info.make_recipe("x", scheduler="eulr")
    assert info.make_recipe("x", scheduler="Euler a").sampling.scheduler == "euler_ancestral"


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"scheduler": "lcm", "num_steps": 60}, "num_steps"),
        ({"scheduler": "euler", "eta": 0.5}, "eta"),
        ({"size": (32 * 10**9, 32)}, "width"),
    ],
)
def test_what_no_scheduler_or_machine_can_do_is_refused_before_it_is_tried(info, settings, field):
    with pytest.raises(RecipeError) as caught:
        info.make_recipe("x", **settings)
    assert caught.value.field == field


def test_recipe_of_another_model_is_refused(info, model_copy):
    rewrite(model_copy / "vae" / "config.json", scaling_factor=0.5)
    recipe = ModelInfo.read(model_copy).make_recipe("x")
    with pytest.raises(RecipeError, match=f"allowed: {info.content_hash[:10]} "):
        info.check(recipe)


@pytest.mark.parametrize(
    ("file", "changes", "message"),
    [
        ("model_index.json", {"_class_name": "FluxPipeline"}, "is a FluxPipeline; allowed: Stable"),
        ("unet/config.json", {"use_linear_projection": True}, "use_linear_projection is True"),
        ("unet/config.json", {"resnet_skip_time_act": True}, "resnet_skip_time_act is True"),
        ("vae/config.json", {"latents_mean": [0.1]}, "latents_mean is "),
        ("generation.json", {"scheduler": "eulr"}, "generation.json: scheduler is 'eulr'"),
        (
            "generation.json",
            {"steps": {"default": 9, "min": 1, "max": 2000}},
            "steps is 2000; allowed: 1 to 1000",
        ),
        ("unet/config.json", {"block_out_channels": "gone"}, r"lacks settings: block_out_chan"),
        (
            "scheduler/scheduler_config.json",
            {"thresholding": True},
            "thresholding is True; allowed",
        ),
        (
            "scheduler/scheduler_config.json",
            {"beta_start": "x"},
            "beta_start is 'x'; allowed: float",
        ),
        (
            "unet/config.json",
            {"block_out_channels": 320},
            "block_out_channels is 320; allowed: tup",
        ),
        (
            "unet/config.json",
            {"attention_head_dim": [8, 8]},
            r"attention_head_dim is \(8, 8\); all",
        ),
        (
            "unet/config.json",
            {"down_block_types": ["DownBlock2D"]},
            "has not one for each of block",
        ),
        ("unet/config.json", {"norm_num_groups": 7}, "norm_num_groups is 7; allowed: a divisor of"),
        ("unet/config.json", {"in_channels": 9}, "unet in_channels is 9; allowed: 4"),
        (
            "unet/config.json",
            {"cross_attention_dim": 768},
            "cross_attention_dim is 768; allowed: 256",
        ),
        ("vae/config.json", {"scaling_factor": None}, "scaling_factor is None; allowed: float"),
        (
            "text_encoder/config.json",
            {"num_attention_heads": 3},
            "num_attention_heads is 3; allowed",
        ),
        ("generation.json", {"strength": 0.6}, "strength is 0.6; allowed: an object"),
        ("generation.json", {"strength": {}}, "strength is None; allowed: float"),
        ("generation.json", {"steps": 25}, "steps is 25; allowed: an object"),
        ("generation.json", {"steps": {"default": "9", "min": 1, "max": 9}}, "default is '9'"),
        ("generation.json", {"steps": {"default": 99, "min": 1, "max": 9}}, "the default between"),
        ("generation.json", {"sizes": []}, r"sizes is \(\); allowed: tuple"),
        ("generation.json", {"sizes": [[128]]}, r"sizes is \(\(128,\),\); allowed: tuple"),
        ("generation.json", {"native_size": [500, 500]}, "width is 500; allowed: multiples of 32"),
    ],
)
def test_another_family_is_refused_by_what_differs(model_copy, file, changes, message):
    rewrite(model_copy / file, **changes)
    with pytest.raises(ModelError, match=message):
        ModelInfo.read(model_copy)


@pytest.mark.parametrize("text", ["{", "[]"])
def test_damaged_json_is_named(model_copy, text):
    file = model_copy / "vae" / "config.json"
    file.unlink()
    file.write_text(text)
    with pytest.raises(ModelError, match=r"vae/config.json"):
        ModelInfo.read(model_copy)


def test_missing_folder_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"nowhere/model_index.json cannot be read: No such file"):
        ModelInfo.read(tmp_path / "nowhere")
