"""Pseudo linear multistep: DDIM's step with the model outputs of several steps mixed."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from diffusion.errors import ModelError
from diffusion.schedulers.base import State, denoise
from diffusion.schedulers.discrete import DiscreteScheduler
from diffusion.schedulers.spacing import trained_timesteps

if TYPE_CHECKING:
    from diffusion.config import SchedulerConfig

# Weights of the latest model outputs, newest first (Adams-Bashforth).
_MIXTURES = {
    2: (3 / 2, -1 / 2),
    3: (23 / 12, -16 / 12, 5 / 12),
    4: (55 / 24, -59 / 24, 37 / 24, -9 / 24),
}


class PNDMScheduler(DiscreteScheduler):
    """Source: PNDM (arXiv:2202.09778) eq. 9, 11 and 12, begun without its Runge-Kutta steps.

    Its first step is done twice, the second time with the mean of the model outputs at both ends:
    so there is one call more than steps. The state is which call of the run it is (0, 1, or 2 for
    all later), then after the first call the latents it began with, then earlier model outputs.
    """

    initial_state: ClassVar[State] = (0,)

    def __init__(self, config: SchedulerConfig, num_steps: int) -> None:
        """`num_steps` is in 1…num_train_timesteps.

        Raises `ModelError` where the configuration asks for the Runge-Kutta steps.
        """
        if not config.skip_prk_steps:
            raise ModelError("skip_prk_steps is False; allowed: True")
        timesteps = trained_timesteps(config, num_steps)
        timesteps = np.insert(timesteps, 1, timesteps[1:2])
        super().__init__(config, timesteps)
        stride = config.num_train_timesteps // num_steps
        self._following = self._alphas_at(
            timesteps - stride, is_one_at_end=config.set_alpha_to_one is True
        )
        # Only a run's second call looks back, and the first of all calls is never one.
        self._before = self._all_alphas[np.append(timesteps[0], timesteps[1:] + stride)]

    @classmethod
    def num_calls(cls, num_steps: int) -> int:
        """One more than steps; a lone one is not done twice."""
        return num_steps + (num_steps > 1)

    def step(
        self,
        index: int,
        latents: np.ndarray,
        model_output: np.ndarray,
        state: State,
        noise: np.ndarray | None = None,
    ) -> tuple[np.ndarray, State]:
        call, *earlier = state
        here, following = self._alphas[index], self._following[index]
        if call == 0:
            stepped = self._transfer(latents, model_output, here, following)
            return stepped, (1, latents, model_output)
        if call == 1:
            begun, first = earlier
            mean = (model_output + first) / 2
            return self._transfer(begun, mean, self._before[index], here), (2, first)
        outputs = (model_output, *earlier)
        weighted = zip(_MIXTURES[len(outputs)], outputs, strict=True)
        mixed = sum(weight * output for weight, output in weighted)
        return self._transfer(latents, mixed, here, following), (2, *outputs[:3])

    def _transfer(
        self, latents: np.ndarray, mixed: np.ndarray, alpha: np.float32, following: np.float32
    ) -> np.ndarray:
        """Source: PNDM eq. 11, which is DDIM's step written otherwise."""
        signal, spread = alpha**0.5, (1 - alpha) ** 0.5
        denoised = denoise(self._prediction_type, mixed, latents, signal, spread)
        direction = (latents - signal * denoised) / spread
        return following**0.5 * denoised + (1 - following) ** 0.5 * direction
