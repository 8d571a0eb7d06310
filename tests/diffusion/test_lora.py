"""What is read from LoRA files, and what is refused."""

import json

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import save_file

from diffusion.adapters.lora import read_lora
from diffusion.adapters.lora_names import kernel_key, layer_key, ldm_keys
from diffusion.errors import ModelError, WeightsError
from tests.conftest import REFERENCE

CONV, LINEAR = "down_blocks.0.resnets.0.conv1", "mid_block.attentions.0.transformer_blocks.0.ff"
KERNELS = {
    layer_key(CONV): (6, 4, 3, 3),
    layer_key(LINEAR): (8, 5),
    layer_key("proj_in"): (6, 6, 1, 1),
}
F32 = np.dtype("float32")


def numbers(name, *shape):
    return np.random.default_rng(len(name)).standard_normal(shape).astype(np.float32)


def pair(layer, out, rank, *inner, prefix="lora_unet_"):
    name = prefix + layer.replace(".", "_")
    size = (1,) * (len(inner) - 1)
    return {
        f"{name}.lora_down.weight": numbers("down", rank, *inner),
        f"{name}.lora_up.weight": numbers("up!", out, rank, *size),
    }


@pytest.fixture
def read(tmp_path):
    def read(tensors, **header):
        save_file(tensors, tmp_path / "ink.safetensors", **header)
        return read_lora(tmp_path / "ink.safetensors", KERNELS)

    return read


def delta(updates, layer):
    """In PyTorch's order."""
    product = np.moveaxis(updates[layer_key(layer)].delta(F32), (-1, -2), (0, 1))
    return product.reshape(KERNELS[layer_key(layer)])


@pytest.mark.parametrize("dtype", ["int64", "float16", "float64"])
def test_layers_have_ranks_and_alphas_of_their_own(read, dtype):
    tensors = pair(LINEAR, 8, 2, 5) | pair(CONV, 6, 3, 4, 3, 3)
    tensors["lora_unet_down_blocks_0_resnets_0_conv1.alpha"] = np.array(6, dtype)
    updates = read(tensors)
    down, up = numbers("down", 2, 5), numbers("up!", 8, 2)
    np.testing.assert_allclose(delta(updates, LINEAR), up @ down, rtol=1e-6)
    down, up = numbers("down", 3, 4, 3, 3), numbers("up!", 6, 3, 1, 1)[:, :, 0, 0]
    expected = np.einsum("or,rihw->oihw", up, down) * 6 / 3
    np.testing.assert_allclose(delta(updates, CONV), expected, rtol=1e-5)


@pytest.mark.parametrize("inner", [(6,), (6, 1, 1)])
def test_a_convolution_that_sees_one_place_may_be_a_matrix(read, inner):
    updates = read(pair("proj_in", 6, 2, *inner))
    expected = numbers("up!", 6, 2) @ numbers("down", 2, 6)
    np.testing.assert_allclose(delta(updates, "proj_in")[:, :, 0, 0], expected, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", ml_dtypes.bfloat16, "float64"])
def test_any_kind_of_numbers_is_read(read, dtype):
    tensors = {name: one.astype(dtype) for name, one in pair(LINEAR, 8, 2, 5).items()}
    down, up = (tensor.astype(np.float32) for tensor in tensors.values())
    result = delta(read(tensors), LINEAR)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, up @ down, rtol=1e-6)


def test_all_that_does_not_fit_is_listed_at_once(read):
    tensors = pair(LINEAR, 8, 2, 4) | pair("mid_block.nothing", 8, 2, 5) | pair("proj_in", 6, 2, 6)
    del tensors["lora_unet_proj_in.lora_up.weight"]
    tensors["lora_unet_proj_in.wonder"] = numbers("wonder", 2)
    with pytest.raises(WeightsError, match=r"ink\.safetensors does not fit") as caught:
        read(tensors)
    assert sorted(caught.value.unused) == [
        "lora_unet_mid_block_nothing.lora_down.weight",
        "lora_unet_mid_block_nothing.lora_up.weight",
        "lora_unet_proj_in.wonder",
    ]
    assert caught.value.missing == ("lora_unet_proj_in up",)
    (misshapen,) = caught.value.misshapen
    assert misshapen.startswith("lora_unet_mid_block_attentions_0_transformer_blocks_0_ff of down")
    assert "(2, 4) F32" in misshapen
    assert misshapen.endswith("for a kernel (8, 5)")


@pytest.mark.parametrize(
    "change",
    [
        {"lora_down": numbers("down", 3, 5)},
        {"lora_up": numbers("up", 8, 3)},
        {"lora_up": numbers("up", 8)},
        {"lora_up": numbers("up", 8, 2, 1, 1, 1)},
        {"lora_down": numbers("down", 2, 5).astype(np.int32)},
        {"lora_down": numbers("down", 0, 5), "lora_up": numbers("up", 8, 0)},
        {"alpha": numbers("alpha", 2)},
        {"lora_mid": numbers("mid", 2, 2, 3, 3)},
    ],
    ids=str,
)
def test_factors_that_make_no_kernel_are_refused(read, change):
    tensors = pair(LINEAR, 8, 2, 5)
    layer = next(iter(tensors)).removesuffix(".lora_down.weight")
    for part, tensor in change.items():
        tensors[f"{layer}.{part}" + (".weight" if part != "alpha" else "")] = tensor
    with pytest.raises(WeightsError, match=r"ink\.safetensors"):
        read(tensors)


def test_a_layer_under_two_names_is_refused(read):
    twice = pair(LINEAR, 8, 2, 5) | pair(LINEAR, 8, 2, 5, prefix="unet.")
    with pytest.raises(WeightsError, match="unused: unet"):
        read(twice)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("lora_unet_proj_in.hada_w1_a", "a LoHa"),
        ("lora_unet_proj_in.lokr_w1", "a LoKr"),
        ("lora_unet_proj_in.dora_scale", "a DoRA"),
        ("unet.proj_in.lora_magnitude_vector", "a DoRA"),
        ("lora_unet_proj_in.oft_blocks", "an OFT"),
        ("lora_te2_text_model_encoder_layers_0_mlp_fc1.alpha", "for Stable Diffusion XL"),
        ("text_encoder_2.encoder.layers.0.mlp.fc1.lora_A.weight", "for Stable Diffusion XL"),
        (
            "lora_unet_input_blocks_4_1_transformer_blocks_1_attn1_to_q.lora_down.weight",
            "for Stable Diffusion XL",
        ),
        (
            "unet.down_blocks.1.attentions.0.transformer_blocks.1.attn1.to_q.lora_A.weight",
            "for Stable Diffusion XL",
        ),
    ],
)
def test_other_kinds_are_refused_by_name(read, name, kind):
    with pytest.raises(ModelError, match=f"ink.safetensors is {kind}, by its tensor {name};"):
        read(pair("proj_in", 6, 2, 6) | {name: numbers("other", 2, 2)})


def test_a_file_without_tensors_is_refused(read):
    with pytest.raises(ModelError, match="holds no tensors; allowed: a LoRA"):
        read({})


def test_a_file_that_is_cut_is_refused(tmp_path):
    whole = (REFERENCE / "loras" / "kohya.safetensors").read_bytes()
    (tmp_path / "cut.safetensors").write_bytes(whole[:5000])
    with pytest.raises(ModelError, match=r"cut\.safetensors"):
        read_lora(tmp_path / "cut.safetensors", KERNELS)


def with_header(settings):
    text = settings if isinstance(settings, str) else json.dumps(settings)
    return {"metadata": {"lora_adapter_metadata": text}}


def as_diffusers(layer, *shape):
    down, up = pair(layer, *shape).values()
    return {f"unet.{layer}.lora_A.weight": down, f"unet.{layer}.lora_B.weight": up}


@pytest.mark.parametrize(
    ("settings", "scale"),
    [
        ({}, 1),
        ({"unet.lora_alpha": 6}, 6 / 4),
        ({"text_encoder.lora_alpha": 6}, 1),
        ({"unet.lora_alpha": 6, "unet.alpha_pattern": {"ff": 2}}, 2 / 4),
        ({"unet.lora_alpha": 6, "unet.alpha_pattern": {LINEAR: 2}}, 2 / 4),
        ({"unet.lora_alpha": 6, "unet.alpha_pattern": {"f": 2, ".*": 3}}, 6 / 4),
        ({"unet.lora_alpha": 6, "unet.use_rslora": True}, 6 / 2),
    ],
)
def test_the_header_says_what_peft_multiplies_by(read, settings, scale):
    updates = read(as_diffusers(LINEAR, 8, 4, 5), **with_header(settings))
    expected = scale * numbers("up!", 8, 4) @ numbers("down", 4, 5)
    np.testing.assert_allclose(delta(updates, LINEAR), expected, rtol=1e-5)


@pytest.mark.parametrize(
    "settings",
    ["{", "[]", "1", "[" * 100_000],
    ids=lambda settings: settings[:20],
)
def test_a_header_that_cannot_be_read_is_refused(read, settings):
    with pytest.raises(ModelError, match=r"ink\.safetensors: lora_adapter_metadata is "):
        read(as_diffusers(LINEAR, 8, 4, 5), **with_header(settings))


@pytest.mark.parametrize("alpha", ["6", None, [], float("nan"), float("inf"), 10**400], ids=repr)
def test_an_alpha_that_is_no_number_is_refused(read, alpha):
    settings = {"unet.lora_alpha": alpha}
    updates = read(as_diffusers(LINEAR, 8, 4, 5), **with_header(settings))
    with pytest.raises(ModelError, match=rf"ink\.safetensors: unet\.{LINEAR}: alpha is no number"):
        delta(updates, LINEAR)


def test_an_alpha_beside_the_factors_that_is_no_number_is_refused(read):
    tensors = pair("proj_in", 6, 2, 6) | {"lora_unet_proj_in.alpha": np.array(np.nan, np.float32)}
    updates = read(tensors)
    with pytest.raises(ModelError, match="lora_unet_proj_in: alpha is no number"):
        delta(updates, "proj_in")


@pytest.mark.parametrize(
    "name",
    [
        "lora_unet_down_blocks_0_attentions_1_transformer_blocks_0_attn1_to_out_0",
        "unet.down_blocks.0.attentions.1.transformer_blocks.0.attn1.to_out.0",
        "down_blocks.0.attentions.1.transformer_blocks.0.attn1.processor.to_out",
        "unet.base_model.model.down_blocks.0.attentions.1.transformer_blocks.0.attn1.to_out.0",
        "base_model.model.down_blocks.0.attentions.1.transformer_blocks.0.attn1.to_out.0",
    ],
)
def test_a_layer_has_one_key_in_all_spellings(name):
    own = "down_blocks.0.attentions.1.transformer_blocks.0.attn1.to_out.0.weight"
    assert layer_key(name) == kernel_key(own)


@pytest.mark.parametrize(
    "name",
    [
        "lora_te_text_model_encoder_layers_3_self_attn_out_proj",
        "lora_te1_encoder_layers_3_self_attn_out_proj",
        "text_encoder.text_model.encoder.layers.3.self_attn.out_proj",
        "text_encoder.text_model.encoder.layers.3.self_attn.to_out",
        "base_model.model.text_model.encoder.layers.3.self_attn.out_proj",
        "encoder.layers.3.self_attn.out_proj",
    ],
)
def test_a_layer_of_the_text_encoder_has_one_key_in_all_spellings(name):
    assert layer_key(name) == kernel_key("encoder.layers.3.self_attn.out_proj.weight")


@pytest.mark.parametrize(
    ("old", "today"),
    [
        ("input_blocks_0_0", "conv_in"),
        ("input_blocks_1_1_proj_in", "down_blocks_0_attentions_0_proj_in"),
        ("input_blocks_3_0_op", "down_blocks_0_downsamplers_0_conv"),
        ("input_blocks_4_0_skip_connection", "down_blocks_1_resnets_0_conv_shortcut"),
        (
            "input_blocks_8_1_transformer_blocks_0_attn2_to_out_0",
            "down_blocks_2_attentions_1_transformer_blocks_0_attn2_to_out_0",
        ),
        ("middle_block_2_emb_layers_1", "mid_block_resnets_1_time_emb_proj"),
        ("output_blocks_2_1_conv", "up_blocks_0_upsamplers_0_conv"),
        ("output_blocks_5_2_conv", "up_blocks_1_upsamplers_0_conv"),
        ("output_blocks_11_1_proj_out", "up_blocks_3_attentions_2_proj_out"),
        ("time_embed_2", "time_embedding_linear_2"),
        ("out_2", "conv_out"),
    ],
)
def test_layers_of_latent_diffusion_are_those_of_today(reference, old, today):
    """In a UNet with the blocks of Stable Diffusion 1.5."""
    names = json.loads(str(reference["unet/wide/tensors"]))
    assert ldm_keys({kernel_key(name) for name in names})[old] == today


def test_the_included_models_layers_have_keys_of_their_own(pipeline):
    names = [
        name
        for part in ("text_encoder", "unet")
        for name, tensor in pipeline.info.weights[part].tensors().items()
        if len(tensor.shape) > 1 and "embeddings." not in name
    ]
    assert len({kernel_key(name) for name in names}) == len(names)
