"""The UNet by itself, called as paintings call it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tests.large.bench.inputs import GUIDANCE, PROMPT

if TYPE_CHECKING:
    from diffusion.pipeline import Pipeline
    from diffusion.prediction import Predictor


def predictor(
    pipeline: Pipeline, context: np.ndarray, guidance_scale: float = GUIDANCE, **settings: Any
) -> Predictor:
    """For the text states of [negative prompt, prompt], and other settings of a recipe."""
    recipe = pipeline.info.make_recipe(PROMPT, guidance_scale=guidance_scale, **settings)
    return pipeline._networks.predictor(recipe, context)
