"""Models in the folder layout of the diffusers library."""

from __future__ import annotations

from typing import Any

from diffusion.checkpoints.weights import fill
from diffusion.config import ModelInfo
from diffusion.models.clip import CLIPTextEncoder
from diffusion.models.unet import UNet
from diffusion.models.vae import VAEDecoder
from diffusion.pipeline import Pipeline
from diffusion.text.tokenizer import CLIPTokenizer

# The encoder stands in the same file as the decoder, which alone is needed to paint from a text.
_UNREAD_OF_VAE = ("encoder.", "quant_conv.")


def load_pipeline(info: ModelInfo) -> Pipeline:
    """Build the model's networks and fill them. Raises `ModelError`."""
    text_encoder = CLIPTextEncoder(info.text_encoder, name="text_encoder")
    unet = UNet(info.unet, name="unet")
    vae = VAEDecoder(info.vae, name="vae")
    _fill(text_encoder, info, "text_encoder/model.safetensors")
    _fill(unet, info, "unet/diffusion_pytorch_model.safetensors")
    _fill(vae, info, "vae/diffusion_pytorch_model.safetensors", unread=_UNREAD_OF_VAE)
    return Pipeline(
        info,
        tokenizer=CLIPTokenizer.read(info.path / "tokenizer"),
        text_encoder=text_encoder,
        unet=unet,
        vae=vae,
    )


def _fill(model: Any, info: ModelInfo, file: str, unread: tuple[str, ...] = ()) -> None:
    model.build()
    fill(model, info.path / file, unread=unread)
