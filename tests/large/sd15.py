"""Stable Diffusion 1.5 in the diffusers folder layout: its own settings, random weights."""

import json
import shutil
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from diffusion.config import TextEncoderConfig, UNetConfig, VAEConfig, read_config
from tests.conftest import MODEL

MODEL_INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.6.0",
    "feature_extractor": ["transformers", "CLIPImageProcessor"],
    "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
    "scheduler": ["diffusers", "PNDMScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}
TEXT_ENCODER = {
    "architectures": ["CLIPTextModel"],
    "attention_dropout": 0.0,
    "bos_token_id": 0,
    "dropout": 0.0,
    "eos_token_id": 2,
    "hidden_act": "quick_gelu",
    "hidden_size": 768,
    "initializer_factor": 1.0,
    "initializer_range": 0.02,
    "intermediate_size": 3072,
    "layer_norm_eps": 1e-05,
    "max_position_embeddings": 77,
    "model_type": "clip_text_model",
    "num_attention_heads": 12,
    "num_hidden_layers": 12,
    "pad_token_id": 1,
    "projection_dim": 768,
    "torch_dtype": "float32",
    "vocab_size": 49408,
}
UNET = {
    "_class_name": "UNet2DConditionModel",
    "act_fn": "silu",
    "attention_head_dim": 8,
    "block_out_channels": [320, 640, 1280, 1280],
    "center_input_sample": False,
    "cross_attention_dim": 768,
    "down_block_types": ["CrossAttnDownBlock2D"] * 3 + ["DownBlock2D"],
    "downsample_padding": 1,
    "flip_sin_to_cos": True,
    "freq_shift": 0,
    "in_channels": 4,
    "layers_per_block": 2,
    "mid_block_scale_factor": 1,
    "norm_eps": 1e-05,
    "norm_num_groups": 32,
    "out_channels": 4,
    "sample_size": 64,
    "up_block_types": ["UpBlock2D"] + ["CrossAttnUpBlock2D"] * 3,
}
VAE = {
    "_class_name": "AutoencoderKL",
    "act_fn": "silu",
    "block_out_channels": [128, 256, 512, 512],
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "in_channels": 3,
    "latent_channels": 4,
    "layers_per_block": 2,
    "norm_num_groups": 32,
    "out_channels": 3,
    "sample_size": 512,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
}
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
TOKENIZER = {
    "add_prefix_space": False,
    "bos_token": {"__type": "AddedToken", "content": "<|startoftext|>", "normalized": True},
    "do_lower_case": True,
    "eos_token": {"__type": "AddedToken", "content": "<|endoftext|>", "normalized": True},
    "errors": "replace",
    "model_max_length": 77,
    "pad_token": "<|endoftext|>",
    "tokenizer_class": "CLIPTokenizer",
    "unk_token": {"__type": "AddedToken", "content": "<|endoftext|>", "normalized": True},
}
WEIGHTS = {
    "text_encoder": "model.safetensors",
    "unet": "diffusion_pytorch_model.safetensors",
    "vae": "diffusion_pytorch_model.safetensors",
}


def write_settings(folder: Path) -> None:
    """All of the folder but the weights."""
    files = {
        "model_index.json": MODEL_INDEX,
        "scheduler/scheduler_config.json": SCHEDULER,
        "text_encoder/config.json": TEXT_ENCODER,
        "tokenizer/tokenizer_config.json": TOKENIZER,
        "unet/config.json": UNET,
        "vae/config.json": VAE,
    }
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(data))
    for name in ("vocab.json", "merges.txt"):
        shutil.copy(MODEL / "tokenizer" / name, folder / "tokenizer" / name)


def write_model(folder: Path) -> None:
    """The whole folder, float16, about 2.1 GB."""
    from diffusion.models import clip, unet, vae

    write_settings(folder)
    kinds = {
        "text_encoder": (clip.CLIPTextEncoder, TextEncoderConfig),
        "unet": (unet.UNet, UNetConfig),
        "vae": (vae.VAE, VAEConfig),
    }
    for part, (network, kind) in kinds.items():
        model = network(read_config(kind, folder / part / "config.json"))
        model.build()
        save_file(_random_tensors(model), folder / part / WEIGHTS[part])


def _random_tensors(model):
    from diffusion.checkpoints.weights import tensor_name, torch_shape

    random = np.random.default_rng(0)
    tensors = {}
    for variable in model.variables:
        name, shape = tensor_name(variable), torch_shape(variable)
        # Normalizations multiply by about 1, so that what goes in is seen in what comes out.
        mean = 1 if len(shape) == 1 and name.endswith("weight") else 0
        tensor = mean + 0.02 * random.standard_normal(shape, np.float32)
        tensors[name] = tensor.astype(np.float16)
    return tensors
