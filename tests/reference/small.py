"""Small models with redrawn weights, the same on both sides without being stored.

With default initialisation a norm that was never loaded shows no difference; so every tensor is
drawn anew from its name: norm scales 1 ± 0.3, biases ± 0.3, the rest by its fan-in, queries and
keys so that attention logits spread by about 2.
"""

import re
import zlib

import numpy as np

UNETS = {
    "wide": {
        "sample_size": 8,
        "block_out_channels": [16, 32, 32, 64],
        "down_block_types": ["CrossAttnDownBlock2D"] * 3 + ["DownBlock2D"],
        "up_block_types": ["UpBlock2D"] + ["CrossAttnUpBlock2D"] * 3,
        "cross_attention_dim": 24,
        "attention_head_dim": 4,
        "norm_num_groups": 4,
    },
    "odd": {
        "sample_size": 8,
        "block_out_channels": [8, 24],
        "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
        "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"],
        "cross_attention_dim": 24,
        "attention_head_dim": 3,
        "layers_per_block": 1,
        "norm_num_groups": 8,
        "norm_eps": 1e-4,
        "flip_sin_to_cos": False,
        "freq_shift": 1,
    },
}
VAES = {
    "wide": {
        "block_out_channels": [8, 16, 16],
        "down_block_types": ["DownEncoderBlock2D"] * 3,
        "up_block_types": ["UpDecoderBlock2D"] * 3,
        "layers_per_block": 2,
        "norm_num_groups": 4,
    },
    "odd": {
        "block_out_channels": [12, 8],
        "down_block_types": ["DownEncoderBlock2D"] * 2,
        "up_block_types": ["UpDecoderBlock2D"] * 2,
        "layers_per_block": 1,
        "norm_num_groups": 2,
        "latent_channels": 3,
        "scaling_factor": 0.4,
    },
}
TEXT_ENCODERS = {
    "wide": {
        "vocab_size": 64,
        "hidden_size": 24,
        "intermediate_size": 48,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "max_position_embeddings": 12,
    },
    "odd": {
        "vocab_size": 64,
        "hidden_size": 24,
        "intermediate_size": 40,
        "num_hidden_layers": 2,
        "num_attention_heads": 3,
        "max_position_embeddings": 12,
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-4,
    },
}
TIMESTEPS = (17.0, 801.0)

_LOGIT_MAKERS = re.compile(r"\.(to_q|to_k|q_proj|k_proj)\.weight$")


def redrawn(name, shape):
    """The tensor of this name, float64."""
    random = np.random.RandomState(zlib.crc32(name.encode()))
    if "norm" in name and name.endswith("weight"):
        return 1 + 0.3 * random.uniform(-1, 1, shape)
    if name.endswith("bias"):
        return 0.3 * random.uniform(-1, 1, shape)
    fan_in = max(1, int(np.prod(shape[1:])))
    spread = 2 if _LOGIT_MAKERS.search(name) else 1
    return spread**0.5 * random.standard_normal(shape) / fan_in**0.5


def inputs(name, shape):
    """What goes into a model, float64, by the same stream of chance."""
    return np.random.RandomState(zlib.crc32(name.encode())).standard_normal(shape)


def token_ids():
    return np.random.RandomState(5).randint(0, 64, (2, 12)).astype(np.int32)
