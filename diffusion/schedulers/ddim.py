"""Denoising diffusion implicit models, without added noise."""

from __future__ import annotations

import numpy as np

from diffusion.config import SchedulerConfig
from diffusion.schedulers.base import (
    Scheduler,
    State,
    alphas_cumprod,
    denoised_and_noise,
    spaced_timesteps,
)


class DDIMScheduler(Scheduler):
    """Source: DDIM (arXiv:2010.02502) eq. 12 with sigma 0."""

    def __init__(self, config: SchedulerConfig, num_steps: int) -> None:
        """`num_steps` is in 1…num_train_timesteps."""
        timesteps = spaced_timesteps(config, num_steps)
        self.timesteps = timesteps.astype(np.float32)
        self._prediction_type = config.prediction_type
        alphas = alphas_cumprod(config)
        before = timesteps - config.num_train_timesteps // num_steps
        final = np.float32(1) if config.set_alpha_to_one else alphas[0]
        self._alphas = alphas[timesteps]
        self._next_alphas = np.where(before >= 0, alphas[before], final)

    def add_noise(self, latents: np.ndarray, noise: np.ndarray, index: int) -> np.ndarray:
        alpha = self._alphas[index]
        return alpha**0.5 * latents + (1 - alpha) ** 0.5 * noise

    def step(
        self,
        index: int,
        latents: np.ndarray,
        model_output: np.ndarray,
        state: State,
        noise: np.ndarray | None = None,
    ) -> tuple[np.ndarray, State]:
        denoised, direction = denoised_and_noise(
            self._prediction_type, model_output, latents, self._alphas[index]
        )
        alpha = self._next_alphas[index]
        return alpha**0.5 * denoised + (1 - alpha) ** 0.5 * direction, state
