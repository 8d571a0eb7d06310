import json
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import diffusion
from diffusion.checkpoints.files import weight_files
from diffusion.checkpoints.names import current_name
from diffusion.checkpoints.safe_files import safe_tensors
from diffusion.checkpoints.weights import build_and_fill, tensor_name
from diffusion.errors import ModelError, WeightsError
from diffusion.info import ModelInfo
from diffusion.models.clip import CLIPTextEncoder
from diffusion.models.unet import UNet
from diffusion.models.vae import VAE
from tests.conftest import MODEL

UNET = "unet/diffusion_pytorch_model.safetensors"
VAE_FILE = "vae/diffusion_pytorch_model.safetensors"
TEXT_ENCODER = "text_encoder/model.safetensors"


def change(file, edit):
    """Replace a linked weights file by a changed copy."""
    tensors = load_file(file)
    edit(tensors)
    file.unlink()
    save_file(tensors, file)


def numbers(path, part):
    """All variables of one network, by name."""
    info = ModelInfo.read(path)
    network, config = {
        "unet": (UNet, info.unet),
        "vae": (VAE, info.vae),
        "text_encoder": (CLIPTextEncoder, info.text_encoder),
    }[part]
    model = network(config, name=part)
    build_and_fill(model, info.weights[part])
    return {tensor_name(variable): variable.numpy() for variable in model.variables}


def assert_same_numbers(path, part, expected=MODEL):
    actual, expected = numbers(path, part), numbers(expected, part)
    assert set(actual) == set(expected)
    for name in actual:
        np.testing.assert_array_equal(actual[name], expected[name], err_msg=name)


class TestWhatDoesNotFit:
    def test_is_listed_all_at_once(self, model_copy):
        def edit(tensors):
            del tensors["conv_in.bias"]
            tensors["conv_in.extra"] = np.zeros(3, np.float16)
            tensors["time_embedding.linear_1.weight"] = np.zeros((96, 384), np.float16)
            tensors["time_embedding.linear_1.bias"] = np.zeros(384, np.int64)

        change(model_copy / UNET, edit)
        with pytest.raises(WeightsError, match=r"Tensors missing: conv_in.bias; unused") as caught:
            diffusion.load(model_copy)
        assert caught.value.missing == ("conv_in.bias",)
        assert caught.value.unused == ("conv_in.extra",)
        assert caught.value.misshapen == (
            "time_embedding.linear_1.weight (96, 384), expected (384, 96)",
            "time_embedding.linear_1.bias of I64, expected F16, BF16, F32, F64",
        )

    def test_truncated_weights_are_named(self, model_copy):
        file = model_copy / VAE_FILE
        content = file.read_bytes()
        file.unlink()
        file.write_bytes(content[:5000])
        with pytest.raises(ModelError, match=f"{VAE_FILE} cannot be read"):
            diffusion.load(model_copy)

    def test_missing_weights_are_named(self, model_copy):
        (model_copy / TEXT_ENCODER).unlink()
        with pytest.raises(ModelError, match=r"text_encoder holds no weights; allowed: .safetens"):
            diffusion.load(model_copy)


class TestStoredForms:
    """The same numbers, however they are stored, fill the same variables."""

    def test_float32_and_the_names_of_older_libraries(self, model_copy):
        def as_before(tensors):
            old = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
            for name in [name for name in tensors if ".mid_block.attentions.0.to_" in name]:
                before, _, rest = name.partition(".attentions.0.")
                part, _, leaf = rest.rpartition(".")
                tensors[f"{before}.attentions.0.{old[part]}.{leaf}"] = tensors.pop(name)
            for name in tensors:
                tensors[name] = tensors[name].astype(np.float32)

        change(model_copy / VAE_FILE, as_before)
        assert_same_numbers(model_copy, "vae")

    def test_a_text_encoder_without_its_prefix_and_with_a_buffer(self, model_copy):
        def edit(tensors):
            for name in list(tensors):
                tensors[name.removeprefix("text_model.")] = tensors.pop(name)
            tensors["embeddings.position_ids"] = np.arange(77)[None]

        change(model_copy / TEXT_ENCODER, edit)
        assert_same_numbers(model_copy, "text_encoder")

    def test_shards(self, model_copy):
        file = model_copy / UNET
        tensors = load_file(file)
        file.unlink()
        names = sorted(tensors)
        weight_map = {}
        for number, part in enumerate((names[:100], names[100:]), 1):
            shard = f"diffusion_pytorch_model-{number:05}-of-00002.safetensors"
            save_file({name: tensors[name] for name in part}, file.with_name(shard))
            weight_map |= dict.fromkeys(part, shard)
        index = file.with_name("diffusion_pytorch_model.safetensors.index.json")
        index.write_text(json.dumps({"weight_map": weight_map}))
        assert_same_numbers(model_copy, "unet")

    def test_bfloat16(self, model_copy):
        def round_off(tensors):
            for name in tensors:
                tensors[name] = tensors[name].astype(ml_dtypes.bfloat16)

        exact = numbers(MODEL, "vae")
        change(model_copy / VAE_FILE, round_off)
        for name, rounded in numbers(model_copy, "vae").items():
            expected = exact[name].astype(ml_dtypes.bfloat16).astype(np.float32)
            np.testing.assert_array_equal(rounded, expected, err_msg=name)


@pytest.mark.parametrize(
    ("present", "chosen"),
    [
        (["model.safetensors", "model.fp16.safetensors"], ["model.safetensors"]),
        (["model.non_ema.safetensors", "model.fp16.safetensors"], ["model.fp16.safetensors"]),
        (["model.non_ema.safetensors"], ["model.non_ema.safetensors"]),
        (["pytorch_model.bin", "model.safetensors"], ["model.safetensors"]),
    ],
)
def test_of_several_variants_the_plain_one_comes_first(tmp_path, present, chosen):
    for name in present:
        (tmp_path / name).touch()
    assert [file.name for file in weight_files(tmp_path)] == chosen


def test_a_missing_shard_is_named(tmp_path):
    weight_map = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))
    (tmp_path / weight_map["a"]).touch()
    with pytest.raises(ModelError, match=f"not there: {weight_map['b']}"):
        weight_files(tmp_path)


@pytest.mark.parametrize("content", ["[]", "3", '{"weight_map": {"a": [1]}}', "{"])
def test_what_is_no_index_is_named(tmp_path, content):
    (tmp_path / "model.safetensors.index.json").write_text(content)
    with pytest.raises(ModelError, match="is no index of shards"):
        weight_files(tmp_path)


def test_a_lone_shard_is_no_model(tmp_path):
    (tmp_path / "diffusion_pytorch_model.fp16-00001-of-00002.safetensors").touch()
    with pytest.raises(ModelError, match="holds no weights"):
        weight_files(tmp_path)


def test_an_index_does_not_reach_out_of_its_folder(tmp_path):
    outside = tmp_path / "secret.safetensors"
    outside.touch()
    (tmp_path / "unet").mkdir()
    index = tmp_path / "unet" / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "../secret.safetensors"}}))
    with pytest.raises(ModelError, match=r"not there: secret.safetensors"):
        weight_files(tmp_path / "unet")


@pytest.mark.parametrize(
    ("name", "today"),
    [
        ("text_model.embeddings.position_ids", None),
        ("text_model.final_layer_norm.bias", "final_layer_norm.bias"),
        (
            "encoder.mid_block.attentions.0.proj_attn.bias",
            "encoder.mid_block.attentions.0.to_out.0.bias",
        ),
        ("mid_block.attentions.0.proj_in.weight", "mid_block.attentions.0.proj_in.weight"),
    ],
)
def test_names_are_those_of_today(name, today):
    assert current_name(name) == today


def test_tensors_are_described_without_being_read():
    tensor = safe_tensors(MODEL / UNET)["conv_in.weight"]
    assert (tensor.shape, tensor.dtype) == ((96, 4, 3, 3), "F16")


def test_what_was_read_of_a_file_does_not_stay_in_memory_with_it(tmp_path):
    save_file({"a": np.ones(4, np.float32)}, tmp_path / "a.safetensors")
    tensors = safe_tensors(tmp_path / "a.safetensors")
    array = tensors["a"].read()
    assert str(tmp_path) not in Path("/proc/self/maps").read_text("utf-8")
    assert array.sum() == 4


@pytest.mark.parametrize("dtype", [np.float32, np.float16, ml_dtypes.bfloat16])
@pytest.mark.parametrize("shape", [(10,), (7, 3), (5, 2, 3, 3), (1, 20)])
def test_a_large_tensor_is_read_part_by_part(tmp_path, monkeypatch, shape, dtype):
    monkeypatch.setattr("diffusion.checkpoints.safe_files._NUMBERS_AT_ONCE", 8)
    stored = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    save_file({"a": stored}, tmp_path / "a.safetensors")
    read = safe_tensors(tmp_path / "a.safetensors")["a"].read()
    assert read.dtype == stored.dtype
    np.testing.assert_array_equal(read, stored)
