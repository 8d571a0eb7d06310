"""Latent consistency models: every step goes all the way, and part of the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diffusion.errors import RecipeError
from diffusion.schedulers.base import State
from diffusion.schedulers.discrete import DiscreteScheduler

if TYPE_CHECKING:
    from diffusion.config import SchedulerConfig

_DISTILLED_STEPS = 50
_TIMESTEP_SCALING = 10.0
_DATA_DEVIATION = 0.5


class LCMScheduler(DiscreteScheduler):
    """Source: LCM (arXiv:2310.04378) algorithm 3; the boundary of consistency models
    (arXiv:2303.01469) appendix C.
    """

    def __init__(self, config: SchedulerConfig, num_steps: int) -> None:
        """Raises `RecipeError` where there are more steps than such models are distilled for."""
        if num_steps > _DISTILLED_STEPS:
            raise RecipeError(
                "num_steps", received=num_steps, allowed=f"1 to {_DISTILLED_STEPS} with lcm"
            )
        stride = config.num_train_timesteps // _DISTILLED_STEPS
        distilled = np.arange(_DISTILLED_STEPS, 0, -1) * stride - 1
        chosen = np.linspace(0, _DISTILLED_STEPS, num_steps, endpoint=False)
        timesteps = distilled[np.floor(chosen).astype(np.int64)]
        super().__init__(config, timesteps)
        scaled, data = timesteps * _TIMESTEP_SCALING, _DATA_DEVIATION
        self._latents_weight = (data**2 / (scaled**2 + data**2)).astype(np.float32)
        self._denoised_weight = (scaled / (scaled**2 + data**2) ** 0.5).astype(np.float32)

    def needs_noise(self, index: int) -> bool:
        return index < len(self.timesteps) - 1

    def step(
        self,
        index: int,
        latents: np.ndarray,
        model_output: np.ndarray,
        state: State,
        noise: np.ndarray | None = None,
    ) -> tuple[np.ndarray, State]:
        denoised = self.denoised(index, latents, model_output)
        clean = self._denoised_weight[index] * denoised + self._latents_weight[index] * latents
        return (clean if noise is None else self.add_noise(clean, noise, index + 1)), state
