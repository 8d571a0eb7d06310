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


def rescale(guided: Any, model_output: Any, share: Any) -> Any:
    """Pull the spread of each guided output back to that of the prompt's alone.

    Shapes: guided (batch, height, width, channels), model_output as for `guide`. `share` in [0, 1]
    is how much of the rescaled output is mixed in.
    Source: "Common diffusion noise schedules and sample steps are flawed" (arXiv:2305.08891)
    eq. 15 and 16.
    """
    _negative, positive = ops.split(model_output, 2, axis=0)
    rescaled = guided * (_deviation(positive) / _deviation(guided))
    return share * rescaled + (1 - share) * guided


def _deviation(output: Any) -> Any:
    return ops.std(output, axis=(1, 2, 3), keepdims=True)
