"""From a model's files to a pipeline that paints."""

from __future__ import annotations

from diffusion.adapters.library import Library
from diffusion.checkpoints.weights import build_and_fill
from diffusion.info import ModelInfo
from diffusion.models.clip import CLIPTextEncoder
from diffusion.models.unet import UNet
from diffusion.models.vae import VAE
from diffusion.networks import Networks
from diffusion.pipeline import Pipeline
from diffusion.runtime import has_gpu, long_lived, precision, share_cores

# Products in a 1 x 1 convolution at the UNet's finest resolution, for a picture of the model's own
# size: with fewer, operations are so small that they are hardly faster on more cores.
_FEW_PRODUCTS = 2**26


def load_pipeline(info: ModelInfo, dtype: str, library: Library) -> Pipeline:
    """Build the model's networks and fill them. Raises `ModelError`."""
    packed = None
    if _is_small(info) and not has_gpu():
        share_cores()
        packed = *info.generation.native_size, info.text_encoder.max_position_embeddings
    with precision(dtype), long_lived():
        text_encoder = CLIPTextEncoder(info.text_encoder, name="text_encoder")
        unet = UNet(info.unet, name="unet")
        vae = VAE(info.vae, name="vae")
        for model in (text_encoder, unet, vae):
            build_and_fill(model, info.weights[model.name])
    networks = Networks(text_encoder, unet, vae, dtype, packed=packed)
    return Pipeline(info, networks, library)


def _is_small(info: ModelInfo) -> bool:
    width, height = (side // info.vae.downscale for side in info.generation.native_size)
    return width * height * info.unet.block_out_channels[0] ** 2 < _FEW_PRODUCTS
