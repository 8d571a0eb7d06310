"""Classifier-free guidance."""

import numpy as np


def guide(model_output: np.ndarray, guidance_scale: np.float32) -> np.ndarray:
    """Push the prompt's output away from the negative prompt's.

    Shapes: model_output (2 * batch, height, width, channels), the negative half first; the result
    has half the batch. `guidance_scale` 1 is the prompt's output alone.
    Source: classifier-free guidance (arXiv:2207.12598) eq. 6, with the negative prompt in the
    place of the empty one.
    """
    negative, positive = np.split(model_output, 2, axis=0)
    return negative + guidance_scale * (positive - negative)


def rescale(guided: np.ndarray, model_output: np.ndarray, share: np.float32) -> np.ndarray:
    """Pull the spread of each guided output back to that of the prompt's alone.

    Shapes: guided (batch, height, width, channels), model_output as for `guide`. `share` in [0, 1]
    is how much of the rescaled output is mixed in.
    Source: "Common diffusion noise schedules and sample steps are flawed" (arXiv:2305.08891)
    eq. 15 and 16.
    """
    _negative, positive = np.split(model_output, 2, axis=0)
    rescaled = guided * (_deviation(positive) / _deviation(guided))
    return share * rescaled + (1 - share) * guided


def _deviation(output: np.ndarray) -> np.ndarray:
    return output.std(axis=(1, 2, 3), keepdims=True)
