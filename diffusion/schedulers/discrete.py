"""What the schedulers share that visit trained timesteps and keep the latents' variance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diffusion.errors import ModelError
from diffusion.schedulers.base import Scheduler
from diffusion.schedulers.noise_schedule import alphas_cumprod

if TYPE_CHECKING:
    from diffusion.config import SchedulerConfig


class DiscreteScheduler(Scheduler):
    """Latents are clean ones times the root of alpha, and noise times the root of 1 - alpha."""

    def __init__(self, config: SchedulerConfig, timesteps: np.ndarray) -> None:
        """`timesteps` are whole numbers of shape (calls,).

        Raises `ModelError` where noise is predicted for a timestep without any signal: its clean
        latents cannot be computed.
        """
        self._all_alphas = alphas_cumprod(config)
        self._alphas = self._all_alphas[timesteps]
        super().__init__(config, timesteps, self._alphas**0.5, (1 - self._alphas) ** 0.5)
        if config.prediction_type == "epsilon" and not self._alphas.all():
            raise ModelError(
                "prediction_type is 'epsilon', and rescale_betas_zero_snr leaves no signal at the "
                "first timestep; allowed: 'sample', 'v_prediction'"
            )

    def _alphas_at(self, timesteps: np.ndarray, *, is_one_at_end: bool) -> np.ndarray:
        """Alphas of any timesteps; those below 0 are the end: 1, or the first timestep's alpha."""
        end = np.float32(1) if is_one_at_end else self._all_alphas[0]
        return np.where(timesteps >= 0, self._all_alphas[timesteps], end)
