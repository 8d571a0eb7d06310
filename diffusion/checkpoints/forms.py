"""The forms that a model may have; nothing here needs TensorFlow."""

from __future__ import annotations

from pathlib import Path

from diffusion.checkpoints.folder import read_folder
from diffusion.info import ModelInfo


def read_model(path: Path) -> ModelInfo:
    """Read a model in the form that it has. Raises `ModelError` on what has none of them."""
    return read_folder(path)
