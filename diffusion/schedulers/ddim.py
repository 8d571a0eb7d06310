"""Denoising diffusion implicit models, without added noise."""

from __future__ import annotations

import numpy as np

from diffusion.config import SchedulerConfig
from diffusion.schedulers.base import alphas_cumprod, denoised_and_noise, spaced_timesteps


class DDIMScheduler:
    """Source: DDIM (arXiv:2010.02502) eq. 12 with sigma 0."""

    def __init__(self, config: SchedulerConfig, num_steps: int) -> None:
        """`num_steps` is in 1…num_train_timesteps."""
        self.timesteps = spaced_timesteps(config, num_steps)
        self._prediction_type = config.prediction_type
        alphas = alphas_cumprod(config)
        before = self.timesteps - config.num_train_timesteps // num_steps
        final = np.float32(1) if config.set_alpha_to_one else alphas[0]
        self._alphas = alphas[self.timesteps]
        self._next_alphas = np.where(before >= 0, alphas[before], final)

    def step(self, step_index: int, latents: np.ndarray, model_output: np.ndarray) -> np.ndarray:
        """The latents one step cleaner; all arrays have one shape, float32."""
        denoised, noise = denoised_and_noise(
            self._prediction_type, model_output, latents, self._alphas[step_index]
        )
        alpha = self._next_alphas[step_index]
        return alpha**0.5 * denoised + (1 - alpha) ** 0.5 * noise
