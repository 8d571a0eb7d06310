"""Models that were saved as one file: their sizes, and what is painted with the small ones."""

# All that is assumed of a file holds for this one.
_SMALL = {
    "unet": {
        "block_out_channels": [32, 64],
        "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
        "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"],
        "layers_per_block": 2,
        "cross_attention_dim": 64,
        "attention_head_dim": 8,
    },
    "vae": {
        "block_out_channels": [32, 64],
        "down_block_types": ["DownEncoderBlock2D"] * 2,
        "up_block_types": ["UpDecoderBlock2D"] * 2,
        "layers_per_block": 2,
    },
    "text_encoder": {
        "vocab_size": 49408,
        "hidden_size": 64,
        "intermediate_size": 256,
        "num_hidden_layers": 2,
        "num_attention_heads": 1,
        "max_position_embeddings": 77,
    },
    "scheduler": {},
}
# This one is other in all that a file does not say.
_ODD = {
    "unet": {
        "block_out_channels": [32, 96, 96],
        "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
        "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
        "layers_per_block": 1,
        "cross_attention_dim": 24,
        "attention_head_dim": 3,
        "norm_num_groups": 16,
    },
    "vae": {
        "block_out_channels": [32, 64, 32],
        "down_block_types": ["DownEncoderBlock2D"] * 3,
        "up_block_types": ["UpDecoderBlock2D"] * 3,
        "layers_per_block": 1,
        "norm_num_groups": 8,
        "scaling_factor": 0.4,
    },
    "text_encoder": {
        "vocab_size": 49408,
        "hidden_size": 24,
        "intermediate_size": 40,
        "num_hidden_layers": 3,
        "num_attention_heads": 3,
        "max_position_embeddings": 77,
        "hidden_act": "gelu",
    },
    "scheduler": {"prediction_type": "v_prediction", "beta_end": 0.02},
}
_SD15 = {
    "unet": {
        "block_out_channels": [320, 640, 1280, 1280],
        "down_block_types": ["CrossAttnDownBlock2D"] * 3 + ["DownBlock2D"],
        "up_block_types": ["UpBlock2D"] + ["CrossAttnUpBlock2D"] * 3,
        "layers_per_block": 2,
        "cross_attention_dim": 768,
        "attention_head_dim": 8,
    },
    "vae": {
        "block_out_channels": [128, 256, 512, 512],
        "down_block_types": ["DownEncoderBlock2D"] * 4,
        "up_block_types": ["UpDecoderBlock2D"] * 4,
        "layers_per_block": 2,
    },
    "text_encoder": {
        "vocab_size": 49408,
        "hidden_size": 768,
        "intermediate_size": 3072,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "max_position_embeddings": 77,
    },
}
SIZES = {"small": _SMALL, "odd": _ODD, "sd15": _SD15}
PAINTED = ("small", "odd")

SCHEDULER = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "clip_sample": False,
    "set_alpha_to_one": False,
    "steps_offset": 1,
}
PROMPT, SEED, STEPS, GUIDANCE, SIDE = "a red apple", 7, 4, 3.0, 64
OTHER = "other "
"""Before a tensor's name where it is redrawn for a separate VAE, or a running average."""
