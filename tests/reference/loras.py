"""Make the LoRAs, and what a small model answers with them, with peft, diffusers and LyCORIS.

Run in an environment of its own, see README.md beside this file.
"""

from pathlib import Path

import numpy as np
import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from diffusers.training_utils import _collate_lora_metadata
from diffusers.utils import convert_state_dict_to_kohya
from lora_rows import CASES, NETWORKS
from lycoris.kohya import LycorisNetworkKohya
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from safetensors.torch import load_file, save_file
from small import TEXT_ENCODERS, TIMESTEPS, UNETS, inputs, redrawn, token_ids
from transformers import CLIPTextConfig, CLIPTextModel

HERE = Path(__file__).parent
FOLDER = HERE / "loras"
RANK, ALPHA = 3, 5
IN_UNET = ["to_q", "to_k", "to_v", "to_out.0", "ff.net.0.proj", "ff.net.2", "proj_in", "conv1"]
IN_TEXT_ENCODER = ["q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2"]
LYCORIS = {"locon": torch.float16, "tucker": torch.float32}
LAYERS = {
    "enable_conv": True,
    "unet_target_module": ["Transformer2DModel", "ResnetBlock2D", "Downsample2D", "Upsample2D"],
    "unet_target_name": ["conv_in", "conv_out"],
    "text_encoder_target_module": ["CLIPAttention", "CLIPMLP"],
    "text_encoder_target_name": [],
}


def main():
    torch.set_grad_enabled(False)
    FOLDER.mkdir(exist_ok=True)
    save_peft()
    save_kohya()
    for name, dtype in LYCORIS.items():
        save_lycoris(name, dtype)
    arrays = {}
    for name, files in CASES.items():
        context, output = answers(files)
        arrays |= {f"{name}/context": context, f"{name}/output": output}
    np.savez_compressed(HERE / "loras.npz", **arrays)


def text_encoder():
    config = CLIPTextConfig(**TEXT_ENCODERS[NETWORKS], attn_implementation="sdpa")
    return redraw(CLIPTextModel(config))


def unet():
    return redraw(UNet2DConditionModel(**UNETS[NETWORKS]))


def redraw(model):
    for name, tensor in model.double().eval().state_dict().items():
        tensor.copy_(torch.from_numpy(redrawn(name, tuple(tensor.shape))))
    return model


def redraw_factors(model):
    for name, tensor in model.named_parameters():
        if "lora_" in name:
            tensor.copy_(torch.from_numpy(redrawn(name, tuple(tensor.shape))))


def save_peft():
    """As diffusers' training scripts save what peft has trained."""
    networks = {"text_encoder": text_encoder(), "unet": unet()}
    for part, targets in (("text_encoder", IN_TEXT_ENCODER), ("unet", IN_UNET)):
        config = LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=targets)
        networks[part].add_adapter(config)
        redraw_factors(networks[part])
    states = {
        f"{part}_lora_layers": get_peft_model_state_dict(network.float())
        for part, network in networks.items()
    }
    metadata = _collate_lora_metadata(networks)
    for each in metadata.values():
        each["target_modules"] = sorted(each["target_modules"])  # a set has no order
    StableDiffusionPipeline.save_lora_weights(
        FOLDER, **states, **metadata, weight_name="diffusers.safetensors"
    )


def save_kohya():
    """The same as diffusers writes it for other tools, with the alpha that it leaves out there."""
    tensors = convert_state_dict_to_kohya(load_file(FOLDER / "diffusers.safetensors"))
    for name in tensors:
        if name.endswith(".alpha"):
            tensors[name] = torch.tensor(float(ALPHA))
    save_file(tensors, FOLDER / "kohya.safetensors")


def save_lycoris(name, dtype):
    adapter = lycoris(name, text_encoder(), unet())
    redraw_factors(adapter)
    adapter.save_weights(str(FOLDER / f"{name}.safetensors"), dtype, None)
    if name == "locon":
        adapter.save_weights(str(FOLDER / "pickled.pt"), dtype, None)


def lycoris(name, encoder, denoiser, weight=1.0):
    """Factors for all layers in the two networks, by LyCORIS; the one named locon has a UNet's."""
    LycorisNetworkKohya.apply_preset(LAYERS)
    adapter = LycorisNetworkKohya(
        encoder,
        denoiser,
        multiplier=weight,
        lora_dim=2,
        alpha=1.5,
        conv_lora_dim=2,
        conv_alpha=1.0,
        use_tucker=name == "tucker",
        warn_on_unmatched=False,
    )
    adapter.apply_to(encoder, denoiser, apply_text_encoder=name == "tucker", apply_unet=True)
    return adapter


def answers(files):
    """The text states of the text encoder, and the output of the UNet."""
    encoder, denoiser = text_encoder(), unet()
    for name, weight in files.items():
        if name in LYCORIS:
            adapter = lycoris(name, encoder, denoiser, weight)
            adapter.load_state_dict(load_file(FOLDER / f"{name}.safetensors"))
            adapter.double().eval()
    pipeline = StableDiffusionPipeline(
        vae=AutoencoderKL(),
        text_encoder=encoder,
        tokenizer=None,
        unet=denoiser,
        scheduler=DDIMScheduler(clip_sample=False, steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    loaded = {name: weight for name, weight in files.items() if name not in LYCORIS}
    for name in loaded:
        file = f"{name}.safetensors"
        pipeline.load_lora_weights(FOLDER, weight_name=file, adapter_name=name)
    if loaded:
        pipeline.set_adapters(list(loaded), list(loaded.values()))
    context = encoder.double().eval()(torch.from_numpy(token_ids()).long())[0]
    output = (
        denoiser.double()
        .eval()(
            drawn("latents", (2, 4, 8, 16)), torch.tensor(TIMESTEPS), drawn("context", (2, 12, 24))
        )
        .sample
    )
    return context.numpy(), output.numpy()


def drawn(name, shape):
    return torch.from_numpy(inputs(name, shape))


if __name__ == "__main__":
    main()
