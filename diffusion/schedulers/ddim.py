"""Denoising diffusion implicit models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diffusion.schedulers.base import State
from diffusion.schedulers.discrete import DiscreteScheduler
from diffusion.schedulers.spacing import trained_timesteps

if TYPE_CHECKING:
    from diffusion.config import SchedulerConfig


class DDIMScheduler(DiscreteScheduler):
    """Source: DDIM (arXiv:2010.02502) eq. 12, with the deviation of eq. 16."""

    def __init__(self, config: SchedulerConfig, num_steps: int, *, eta: float = 0.0) -> None:
        """`num_steps` is in 1…num_train_timesteps.

        `eta`, in [0, 1], is the share of DDPM's noise that is added.
        """
        timesteps = trained_timesteps(config, num_steps)
        super().__init__(config, timesteps)
        alphas = self._alphas
        following = self._alphas_at(
            timesteps - config.num_train_timesteps // num_steps,
            is_one_at_end=config.set_alpha_to_one is not False,
        )
        variance = (1 - following) / (1 - alphas) * (1 - alphas / following)
        self._deviation = np.float32(eta) * variance**0.5
        self._next_signal = following**0.5
        self._next_spread = (1 - following - self._deviation**2) ** 0.5
        self._is_noisy = eta > 0

    def needs_noise(self, index: int) -> bool:
        return self._is_noisy

    def step(
        self,
        index: int,
        latents: np.ndarray,
        model_output: np.ndarray,
        state: State,
        noise: np.ndarray | None = None,
    ) -> tuple[np.ndarray, State]:
        denoised = self.denoised(index, latents, model_output)
        kept = self._next_spread[index] * self._noise_in(index, latents, denoised)
        latents = self._next_signal[index] * denoised + kept
        return (latents if noise is None else latents + self._deviation[index] * noise), state
