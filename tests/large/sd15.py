"""A model of Stable Diffusion 1.5's size with random weights, in the diffusers folder layout."""

import json
import os
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from diffusion.checkpoints.weights import tensor_name, torch_shape
from diffusion.config import TextEncoderConfig, UNetConfig, VAEConfig
from tests.conftest import MODEL

TEXT_ENCODER = {
    "vocab_size": 49408,
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
}
UNET = {
    "block_out_channels": [320, 640, 1280, 1280],
    "down_block_types": ["CrossAttnDownBlock2D"] * 3 + ["DownBlock2D"],
    "up_block_types": ["UpBlock2D"] + ["CrossAttnUpBlock2D"] * 3,
    "cross_attention_dim": 768,
    "attention_head_dim": 8,
}
VAE = {"block_out_channels": [128, 256, 512, 512]}
SCHEDULER = {
    "_class_name": "PNDMScheduler",
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "clip_sample": False,
    "num_train_timesteps": 1000,
    "set_alpha_to_one": False,
    "skip_prk_steps": True,
    "steps_offset": 1,
    "trained_betas": None,
}


def write_model(folder: Path) -> None:
    """Write the folder, float16, about 2.1 GB."""
    from diffusion.models import clip, unet, vae

    write_json(folder / "model_index.json", {"_class_name": "StableDiffusionPipeline"})
    write_json(folder / "scheduler" / "scheduler_config.json", SCHEDULER)
    (folder / "tokenizer").symlink_to(MODEL / "tokenizer")
    parts = (
        ("text_encoder", TEXT_ENCODER, clip.CLIPTextEncoder(TextEncoderConfig(**TEXT_ENCODER))),
        ("unet", UNET, unet.UNet(UNetConfig(**tuples(UNET)))),
        ("vae", VAE, vae.VAE(VAEConfig(**tuples(VAE)))),
    )
    for name, config, model in parts:
        write_json(folder / name / "config.json", config)
        model.build()
        random = np.random.default_rng(0)
        tensors = {
            tensor_name(variable): random.standard_normal(torch_shape(variable), np.float32)
            .__imul__(0.02)
            .astype(np.float16)
            for variable in model.variables
        }
        kind = "model" if name == "text_encoder" else "diffusion_pytorch_model"
        save_file(tensors, folder / name / f"{kind}.safetensors")


def tuples(config):
    return {
        key: tuple(value) if isinstance(value, list) else value for key, value in config.items()
    }


def write_json(file: Path, data: object) -> None:
    os.makedirs(file.parent, exist_ok=True)
    file.write_text(json.dumps(data))
