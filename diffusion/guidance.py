"""Classifier-free guidance."""

from typing import Any

from keras import ops


def guide(model_output: Any, guidance_scale: Any) -> Any:
    """Push the prompt's output away from the negative prompt's.

    Shapes: model_output (2 * batch, height, width, channels), the negative half first; the result
    has half the batch. `guidance_scale` 1 is the prompt's output alone.
    Source: classifier-free guidance (arXiv:2207.12598) eq. 6, with the negative prompt in the
    place of the empty one.
    """
    negative, positive = ops.split(model_output, 2, axis=0)
    return negative + guidance_scale * (positive - negative)
