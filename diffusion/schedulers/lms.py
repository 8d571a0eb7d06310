"""Linear multistep: a polynomial through the slopes of up to four steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diffusion.schedulers.base import State
from diffusion.schedulers.exploding import ExplodingScheduler
from diffusion.schedulers.spacing import require_distinct, spaced_sigmas

if TYPE_CHECKING:
    from diffusion.config import SchedulerConfig

_ORDER = 4


class LMSScheduler(ExplodingScheduler):
    """Source: Adams-Bashforth methods over sigma, as in crowsonkb/k-diffusion.

    The state are the slopes of earlier steps, newest first. Weights go by the step's index, as in
    the diffusers library: the first steps of an image-to-image run have no slopes for some.
    """

    def __init__(
        self, config: SchedulerConfig, num_steps: int, *, spacing: str | None = None
    ) -> None:
        timesteps, sigmas = spaced_sigmas(config, num_steps, spacing)
        require_distinct(sigmas)
        super().__init__(config, timesteps, sigmas)
        ends = np.append(self._spread, 0).astype(np.float64)
        self._weights = [_weights(ends, index) for index in range(num_steps)]

    def step(
        self,
        index: int,
        latents: np.ndarray,
        model_output: np.ndarray,
        state: State,
        noise: np.ndarray | None = None,
    ) -> tuple[np.ndarray, State]:
        slopes = (self._slope(index, latents, model_output), *state)
        weighted = zip(self._weights[index], slopes, strict=False)
        return latents + sum(weight * slope for weight, slope in weighted), slopes[: _ORDER - 1]


def _weights(sigmas: np.ndarray, index: int) -> np.ndarray:
    """What each slope, newest first, adds up to between `sigmas[index]` and the next one.

    The integral of its Lagrange polynomial: two Gauss points are exact up to the third degree.
    """
    start, end = sigmas[index], sigmas[index + 1]
    points = (start + end) / 2 + (end - start) / 2 * np.array([-1, 1]) / 3**0.5
    known = sigmas[max(index - _ORDER + 1, 0) : index + 1][::-1]
    weights = [(end - start) / 2 * _lagrange(points, one, known).sum() for one in known]
    return np.array(weights, np.float32)


def _lagrange(points: np.ndarray, one: float, known: np.ndarray) -> np.ndarray:
    """At `points`, the polynomial that is 1 at `one` and 0 at all others that are known."""
    others = known[known != one]
    return np.prod((points[:, None] - others) / (one - others), axis=1)
