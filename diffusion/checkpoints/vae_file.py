"""VAEs in files of their own; nothing here needs TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from diffusion.checkpoints.containers import tensors_in
from diffusion.checkpoints.folder import VAE
from diffusion.checkpoints.ldm import vae_tensors
from diffusion.checkpoints.shapes import Settings, Shapes, vae_settings
from diffusion.checkpoints.tensors import StoredTensor
from diffusion.config import VAEConfig, build_config
from diffusion.errors import ModelError
from diffusion.info import ModelInfo

CONTENT = "separate vae"  # its name in the content of a model


@dataclass(frozen=True)
class VAEWeights:
    """A VAE's tensors in a file, whatever library named them."""

    files: tuple[Path, ...]

    def tensors(self) -> dict[str, StoredTensor]:
        """As `Weights.tensors`."""
        return vae_tensors(tensors_in(self.files[0]))


def settings_in(path: Path) -> Settings:
    """What the file says of its VAE's configuration. Raises `ModelError` where it holds none."""
    tensors = vae_tensors(tensors_in(path))
    if "decoder.conv_in.weight" not in tensors:
        raise ModelError(f"{path} holds no VAE; allowed: the file of a VAE of Stable Diffusion 1.x")
    return vae_settings(Shapes(path, tensors))


def with_vae(info: ModelInfo, path: Path) -> ModelInfo:
    """The same model with another VAE. What the file does not say is as in the model's own."""
    said = settings_in(path)
    received, allowed = said["latent_channels"], info.unet.in_channels
    if received != allowed:
        raise ModelError(f"{path} has {received} latent channels; allowed: {allowed}")
    vae = build_config(VAEConfig, {**asdict(info.vae), **said}, path)
    return replace(
        info,
        vae=vae,
        weights={**info.weights, VAE: VAEWeights((path,))},
        content={**info.content, CONTENT: path},
        assumed=(*info.assumed, *_assumptions(vae, said)),
    )


def _assumptions(vae: VAEConfig, said: Settings) -> Iterator[str]:
    for name, value in asdict(vae).items():
        if name not in said:
            yield f"separate {VAE}: {name} = {value!r}, as of the model's own"
