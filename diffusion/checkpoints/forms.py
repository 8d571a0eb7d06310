"""The forms that a model may have; nothing here needs TensorFlow."""

from __future__ import annotations

from pathlib import Path

from diffusion.checkpoints.folder import read_folder
from diffusion.checkpoints.keras_h5 import FILES, read_keras
from diffusion.checkpoints.single import read_single
from diffusion.config import named_vae
from diffusion.info import ModelInfo


def read_model(path: Path) -> ModelInfo:
    """Read a model in the form that it has. Raises `ModelError` on what has none of them."""
    if path.is_file():
        return read_single(path)
    is_keras = any((path / name).exists() for name in FILES)
    return _with_named_vae(read_keras(path) if is_keras else read_folder(path))


def _with_named_vae(info: ModelInfo) -> ModelInfo:
    """With the VAE that the folder's generation.json names, if it does."""
    vae = named_vae(info.offer_path) if info.offer_path.exists() else None
    return info.with_vae(vae) if vae else info
