"""What the schedulers share whose latents are clean ones and sigma times noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diffusion.schedulers.base import Scheduler

if TYPE_CHECKING:
    from diffusion.config import SchedulerConfig


class ExplodingScheduler(Scheduler):
    """The noise that a model sees is then the slope of the latents over sigma.

    Source: EDM (arXiv:2206.00364) eq. 1 and 3.
    """

    def __init__(self, config: SchedulerConfig, timesteps: np.ndarray, sigmas: np.ndarray) -> None:
        """`timesteps` and `sigmas` have the shape (calls,)."""
        super().__init__(config, timesteps, np.ones_like(sigmas), sigmas)
        first = self._spread[0]
        # Leading timesteps do not begin with pure noise.
        self._initial = (first**2 + 1) ** 0.5 if config.timestep_spacing == "leading" else first

    def initial_latents(self, noise: np.ndarray) -> np.ndarray:
        return self._initial * noise

    def scale_input(self, latents: np.ndarray, index: int) -> np.ndarray:
        return latents / (self._spread[index] ** 2 + 1) ** 0.5

    def _slope(self, index: int, latents: np.ndarray, model_output: np.ndarray) -> np.ndarray:
        return self._noise_in(index, latents, self.denoised(index, latents, model_output))


def jumps(sigmas: np.ndarray) -> np.ndarray:
    """From each sigma to the next and at last to 0, negative, float32."""
    return np.diff(sigmas.astype(np.float32), append=np.float32(0))
