"""Denoising diffusion probabilistic models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diffusion.errors import ModelError
from diffusion.schedulers.base import State
from diffusion.schedulers.discrete import DiscreteScheduler
from diffusion.schedulers.spacing import trained_timesteps

if TYPE_CHECKING:
    from diffusion.config import SchedulerConfig

_LEAST_VARIANCE = np.float32(1e-20)


class DDPMScheduler(DiscreteScheduler):
    """Source: DDPM (arXiv:2006.11239) eq. 6 and 7, between the timesteps that are visited."""

    def __init__(self, config: SchedulerConfig, num_steps: int) -> None:
        """`num_steps` is in 1…num_train_timesteps.

        Raises `ModelError` where the variance is not the posterior's.
        """
        if config.variance_type not in (None, "fixed_small"):
            raise ModelError(f"variance_type is {config.variance_type!r}; allowed: 'fixed_small'")
        super().__init__(config, trained_timesteps(config, num_steps))
        alphas = self._alphas
        following = np.append(alphas[1:], np.float32(1))
        kept = alphas / following
        share = (1 - following) / (1 - alphas)
        self._denoised_weight = following**0.5 * (1 - kept) / (1 - alphas)
        self._latents_weight = kept**0.5 * share
        self._deviation = np.maximum(share * (1 - kept), _LEAST_VARIANCE) ** 0.5

    def needs_noise(self, index: int) -> bool:
        return bool(self.timesteps[index] > 0)

    def step(
        self,
        index: int,
        latents: np.ndarray,
        model_output: np.ndarray,
        state: State,
        noise: np.ndarray | None = None,
    ) -> tuple[np.ndarray, State]:
        denoised = self.denoised(index, latents, model_output)
        latents = self._denoised_weight[index] * denoised + self._latents_weight[index] * latents
        return (latents if noise is None else latents + self._deviation[index] * noise), state
