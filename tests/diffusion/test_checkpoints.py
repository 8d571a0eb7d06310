import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import diffusion
from diffusion.errors import ModelError, WeightsError


def change(file, edit):
    """Replace a linked weights file by a changed copy."""
    tensors = load_file(file)
    edit(tensors)
    file.unlink()
    save_file(tensors, file)


def test_all_that_does_not_fit_is_listed_at_once(model_copy):
    def edit(tensors):
        del tensors["conv_in.bias"]
        tensors["conv_in.extra"] = np.zeros(3, np.float16)
        tensors["time_embedding.linear_1.weight"] = np.zeros((96, 384), np.float16)

    file = model_copy / "unet" / "diffusion_pytorch_model.safetensors"
    change(file, edit)
    with pytest.raises(WeightsError, match=r"Tensors missing: conv_in.bias; unused") as caught:
        diffusion.load(model_copy)
    assert caught.value.missing == ("conv_in.bias",)
    assert caught.value.unused == ("conv_in.extra",)
    assert caught.value.misshapen == (
        "time_embedding.linear_1.weight (96, 384), expected (384, 96)",
    )


def test_truncated_weights_are_named(model_copy):
    file = model_copy / "vae" / "diffusion_pytorch_model.safetensors"
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(content[:5000])
    with pytest.raises(ModelError, match=r"vae/diffusion_pytorch_model.safetensors cannot be read"):
        diffusion.load(model_copy)


def test_missing_weights_are_named(model_copy):
    (model_copy / "text_encoder" / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"text_encoder/model.safetensors cannot be read"):
        diffusion.load(model_copy)
