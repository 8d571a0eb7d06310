"""Stable Diffusion in TensorFlow, for any script.

    import diffusion

    pipeline = diffusion.load("weights/emoji")
    recipe = pipeline.info.make_recipe("a red apple", seed=7)
    pipeline(recipe).save("apple.png")

Importing this package loads neither TensorFlow nor Keras; `load` does.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from diffusion.adapters.library import EMPTY, Library
from diffusion.info import ModelInfo
from diffusion.recipe import DTYPES, Recipe

if TYPE_CHECKING:
    from diffusion.pipeline import Pipeline

__all__ = ["DEFAULT_MODEL_PATH", "Library", "ModelInfo", "Recipe", "load"]

DEFAULT_MODEL_PATH = Path(__file__).parents[1] / "weights" / "emoji"


def load(
    model: str | Path | ModelInfo = DEFAULT_MODEL_PATH,
    dtype: str = DTYPES[0],
    library: Library = EMPTY,
) -> Pipeline:
    """A pipeline ready to paint, from a model's folder or file, or its `ModelInfo`.

    It computes in `dtype`: float32, bfloat16 or float16. What recipes name beside the model is in
    `library`. Where the first model of a process is small, each of TensorFlow's operations has half
    the cores from then on, for two of its run at a time. Raises `ModelError` where the folder is
    not such a model, and `WeightsError` (listing every tensor) where its weights are not those that
    its configuration asks for.
    """
    info = model if isinstance(model, ModelInfo) else ModelInfo.read(model)
    # It chooses the backend of Keras, so it comes first.
    import diffusion.runtime  # noqa: F401 - for its effect
    from diffusion.checkpoints.loading import load_pipeline

    return load_pipeline(info, dtype, library)
