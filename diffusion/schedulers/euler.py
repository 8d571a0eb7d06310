"""Euler's method, and the same with part of the noise renewed at each step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diffusion.schedulers.base import FreshNoise, State
from diffusion.schedulers.exploding import ExplodingScheduler, jumps
from diffusion.schedulers.spacing import spaced_sigmas

if TYPE_CHECKING:
    from diffusion.config import SchedulerConfig


class EulerScheduler(ExplodingScheduler):
    """Source: EDM (arXiv:2206.00364) algorithm 1 without its correction."""

    def __init__(
        self, config: SchedulerConfig, num_steps: int, *, spacing: str | None = None
    ) -> None:
        timesteps, sigmas = spaced_sigmas(config, num_steps, spacing)
        super().__init__(config, timesteps, sigmas)
        self._jumps = jumps(sigmas)

    def step(
        self,
        index: int,
        latents: np.ndarray,
        model_output: np.ndarray,
        state: State,
        noise: np.ndarray | None = None,
    ) -> tuple[np.ndarray, State]:
        return latents + self._jumps[index] * self._slope(index, latents, model_output), state


class EulerAncestralScheduler(FreshNoise, EulerScheduler):
    """Source: score SDE (arXiv:2011.13456) appendix F, as in crowsonkb/k-diffusion."""

    def __init__(self, config: SchedulerConfig, num_steps: int) -> None:
        super().__init__(config, num_steps)
        sigmas = self._spread
        following = np.append(sigmas[1:], np.float32(0))
        variance = following**2 * (sigmas**2 - following**2) / sigmas**2
        self._deviation = variance**0.5
        self._jumps = (following**2 - self._deviation**2) ** 0.5 - sigmas
