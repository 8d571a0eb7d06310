"""The order in which Keras 2 saved the networks of Stable Diffusion 1.x: names by position.

Its layers had no names of their own, so that a tensor is known by its place alone: layers in the
order in which the constructors of github.com/divamgupta/stable-diffusion-tensorflow made them,
and of each its weight before its bias. The names are those of diffusers and transformers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_TEXT_LAYERS = 12
# Channels at each resolution; what counts is where they change, for there is a shortcut.
_UNET_WIDTHS = (320, 640, 1280, 1280)
_VAE_WIDTHS = (128, 256, 512, 512)
_LAST = 3  # the level that has no attention, and nothing below it
_LAYERS = 2  # of a level on the way down; one more on the way up


def text_encoder_names() -> Iterator[str]:
    """The tensors of text_encoder.h5."""
    yield "embeddings.token_embedding.weight"
    yield "embeddings.position_embedding.weight"
    attention = [f"self_attn.{part}_proj" for part in ("q", "k", "v", "out")]
    layers = ("layer_norm1", *attention, "layer_norm2", "mlp.fc1", "mlp.fc2")
    for index in range(_TEXT_LAYERS):
        yield from _below(f"encoder.layers.{index}", _tensors(layers))
    yield from _tensors(["final_layer_norm"])


def unet_names() -> Iterator[str]:
    """The tensors of diffusion_model.h5."""
    yield from _tensors(["time_embedding.linear_1", "time_embedding.linear_2", "conv_in"])
    for level in range(_LAST + 1):
        yield from _below(f"down_blocks.{level}", _unet_down_block(level))
    yield from _below("mid_block", _unet_mid_block())
    for level in reversed(range(_LAST + 1)):
        yield from _below(f"up_blocks.{_LAST - level}", _unet_up_block(level))
    yield from _tensors(["conv_norm_out", "conv_out"])


def _unet_down_block(level: int) -> Iterator[str]:
    for index in range(_LAYERS):
        is_wider = index == 0 and _changes(_UNET_WIDTHS, level)
        yield from _below(f"resnets.{index}", _unet_resnet(has_shortcut=is_wider))
        if level < _LAST:
            yield from _below(f"attentions.{index}", _transformer())
    if level < _LAST:
        yield from _tensors(["downsamplers.0.conv"])


def _unet_mid_block() -> Iterator[str]:
    yield from _below("resnets.0", _unet_resnet(has_shortcut=False))
    yield from _below("attentions.0", _transformer())
    yield from _below("resnets.1", _unet_resnet(has_shortcut=False))


def _unet_up_block(level: int) -> Iterator[str]:
    for index in range(_LAYERS + 1):
        yield from _below(f"resnets.{index}", _unet_resnet(has_shortcut=True))
        if level < _LAST:
            yield from _below(f"attentions.{index}", _transformer())
    if level > 0:
        yield from _tensors(["upsamplers.0.conv"])


def _unet_resnet(*, has_shortcut: bool) -> Iterator[str]:
    yield from _tensors(["norm1", "conv1", "time_emb_proj", "norm2", "conv2"])
    if has_shortcut:
        yield from _tensors(["conv_shortcut"])


def _transformer() -> Iterator[str]:
    yield from _tensors(["norm", "proj_in"])
    yield from _below("transformer_blocks.0", _transformer_block())
    yield from _tensors(["proj_out"])


def _transformer_block() -> Iterator[str]:
    for index in (1, 2):
        yield from _tensors([f"norm{index}"])
        yield from (f"attn{index}.to_{part}.weight" for part in ("q", "k", "v"))
        yield from _tensors([f"attn{index}.to_out.0"])
    yield from _tensors(["norm3", "ff.net.0.proj", "ff.net.2"])


def decoder_names() -> Iterator[str]:
    """The tensors of decoder.h5."""
    yield from _tensors(["post_quant_conv", "decoder.conv_in"])
    yield from _below("decoder.mid_block", _vae_mid_block())
    widths = _VAE_WIDTHS[::-1]
    for index in range(_LAST + 1):
        layers = _vae_level(widths, index, _LAYERS + 1, "upsamplers.0.conv")
        yield from _below(f"decoder.up_blocks.{index}", layers)
    yield from _tensors(["decoder.conv_norm_out", "decoder.conv_out"])


def encoder_names() -> Iterator[str]:
    """The tensors of encoder_newW.h5."""
    yield from _tensors(["encoder.conv_in"])
    for index in range(_LAST + 1):
        layers = _vae_level(_VAE_WIDTHS, index, _LAYERS, "downsamplers.0.conv")
        yield from _below(f"encoder.down_blocks.{index}", layers)
    yield from _below("encoder.mid_block", _vae_mid_block())
    yield from _tensors(["encoder.conv_norm_out", "encoder.conv_out", "quant_conv"])


def _vae_level(widths: tuple[int, ...], index: int, count: int, resizing: str) -> Iterator[str]:
    for layer in range(count):
        changes = layer == 0 and _changes(widths, index)
        yield from _below(f"resnets.{layer}", _vae_resnet(has_shortcut=changes))
    if index < _LAST:
        yield from _tensors([resizing])


def _vae_mid_block() -> Iterator[str]:
    yield from _below("resnets.0", _vae_resnet(has_shortcut=False))
    attention = ("group_norm", "to_q", "to_k", "to_v", "to_out.0")
    yield from _below("attentions.0", _tensors(attention))
    yield from _below("resnets.1", _vae_resnet(has_shortcut=False))


def _vae_resnet(*, has_shortcut: bool) -> Iterator[str]:
    yield from _tensors(["norm1", "conv1", "norm2", "conv2"])
    if has_shortcut:
        yield from _tensors(["conv_shortcut"])


def _changes(widths: tuple[int, ...], index: int) -> bool:
    """Whether the channels at this place are not those of the one before."""
    return index > 0 and widths[index] != widths[index - 1]


def _tensors(layers: Iterable[str]) -> Iterator[str]:
    for layer in layers:
        yield f"{layer}.weight"
        yield f"{layer}.bias"


def _below(name: str, tensors: Iterable[str]) -> Iterator[str]:
    return (f"{name}.{tensor}" for tensor in tensors)
