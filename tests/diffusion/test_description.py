import pytest

from diffusion.__main__ import main
from diffusion.description import describe
from diffusion.errors import ModelError
from diffusion.info import ModelInfo
from tests.conftest import MODEL
from tests.diffusion.test_config import rewrite


def test_the_embedded_model_is_described(capsys):
    assert main(["--inspect", str(MODEL)]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"emoji: Stable Diffusion 1.x in {MODEL}\n")
    assert "licence: CC-BY-4.0" in text
    assert "unet/diffusion_pytorch_model.safetensors: 21.1 million numbers, F16" in text
    assert "predicts v_prediction" in text


def test_what_is_assumed_is_said(model_copy):
    rewrite(model_copy / "vae" / "config.json", scaling_factor="gone")
    (model_copy / "generation.json").unlink()
    text = describe(ModelInfo.read(model_copy))
    assumed = text.partition("assumed, since its files do not say\n")[2]
    assert "vae/config.json: scaling_factor = 0.18215" in assumed
    assert "generation.json: all of it, by the preset" in assumed
    assert "block_out_channels" not in assumed


def test_damaged_weights_are_named(model_copy):
    file = model_copy / "vae" / "diffusion_pytorch_model.safetensors"
    file.unlink()
    file.write_bytes(b"\x00" * 99)
    with pytest.raises(ModelError, match=r"vae/diffusion_pytorch_model.safetensors cannot be read"):
        describe(ModelInfo.read(model_copy))


def test_another_family_is_one_line_and_exit_code_2(model_copy, capsys):
    rewrite(model_copy / "model_index.json", _class_name="StableDiffusionXLPipeline")
    assert main(["--inspect", str(model_copy)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
