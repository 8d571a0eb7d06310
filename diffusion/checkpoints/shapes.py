"""What the shapes of a network's tensors say of its configuration.

The names are those that diffusers and transformers give today, so that it does not matter which
layout a file has.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from diffusion.checkpoints.tensors import StoredTensor
from diffusion.errors import ModelError

Settings = Mapping[str, Any]


class Shapes:
    """The shapes of tensors by name; `source` is the file that errors speak of."""

    def __init__(self, source: Path, tensors: Mapping[str, StoredTensor]) -> None:
        self._source = source
        self._shapes = {name: tensor.shape for name, tensor in tensors.items()}

    def size(self, name: str, axis: int) -> int:
        """The size of one axis. Raises `ModelError` where there is none."""
        shape = self._shapes.get(name, ())
        if axis >= len(shape) or not shape[axis]:
            found = f"is {shape}" if name in self._shapes else "is missing"
            raise ModelError(f"{self._source} is no whole model: the tensor {name} {found}")
        return shape[axis]

    def count(self, module: str) -> int:
        """How many parts a module has."""
        start = f"{module}."
        rest = [name.removeprefix(start) for name in self._shapes if name.startswith(start)]
        return len({name.partition(".")[0] for name in rest})

    def widths(self, blocks: str) -> tuple[int, ...]:
        """The channels of each of some blocks. Raises `ModelError`.

        They are those of convolutions that go from as many to as many, so that a small file cannot
        say that it is of a huge network.
        """
        names = [f"{blocks}.{index}.resnets.0.conv2.weight" for index in range(self.count(blocks))]
        for name in names:
            if (received := self.size(name, 1)) != (allowed := self.size(name, 0)):
                fault = f"the tensor {name} has {received} channels in; allowed: {allowed}, as out"
                raise ModelError(f"{self._source} is no whole model: {fault}")
        return tuple(self.size(name, 0) for name in names)


def unet_settings(shapes: Shapes) -> Settings:
    """Those of a `UNetConfig` that shapes say. Raises `ModelError`."""

    def types(blocks: str, name: str) -> tuple[str, ...]:
        attended = [shapes.count(f"{blocks}.{index}.attentions") for index in range(levels)]
        return tuple(f"CrossAttn{name}" if attention else name for attention in attended)

    widths = shapes.widths("down_blocks")
    levels = len(widths)
    text = "mid_block.attentions.0.transformer_blocks.0.attn2.to_k.weight"
    return {
        "block_out_channels": widths,
        "down_block_types": types("down_blocks", "DownBlock2D"),
        "up_block_types": types("up_blocks", "UpBlock2D"),
        "layers_per_block": shapes.count("down_blocks.0.resnets"),
        "cross_attention_dim": shapes.size(text, 1),
        "in_channels": shapes.size("conv_in.weight", 1),
        "out_channels": shapes.size("conv_out.weight", 0),
    }


def vae_settings(shapes: Shapes) -> Settings:
    """Those of a `VAEConfig` that shapes say. Raises `ModelError`."""
    return {
        "block_out_channels": shapes.widths("encoder.down_blocks"),
        "layers_per_block": shapes.count("encoder.down_blocks.0.resnets"),
        "in_channels": shapes.size("encoder.conv_in.weight", 1),
        "latent_channels": shapes.size("decoder.conv_in.weight", 1),
        "out_channels": shapes.size("decoder.conv_out.weight", 0),
    }


def text_encoder_settings(shapes: Shapes) -> Settings:
    """Those of a `TextEncoderConfig` that shapes say. Raises `ModelError`."""
    return {
        "vocab_size": shapes.size("embeddings.token_embedding.weight", 0),
        "hidden_size": shapes.size("embeddings.token_embedding.weight", 1),
        "intermediate_size": shapes.size("encoder.layers.0.mlp.fc1.weight", 0),
        "num_hidden_layers": shapes.count("encoder.layers"),
        "max_position_embeddings": shapes.size("embeddings.position_embedding.weight", 0),
    }
