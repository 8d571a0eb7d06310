"""Two model calls a step: Heun's method, and DPM-Solver's second order."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from diffusion.schedulers.base import State
from diffusion.schedulers.exploding import ExplodingScheduler, jumps
from diffusion.schedulers.noise_schedule import training_sigmas
from diffusion.schedulers.spacing import spaced_sigmas, timesteps_at

if TYPE_CHECKING:
    from diffusion.config import SchedulerConfig


class SecondOrderScheduler(ExplodingScheduler):
    """Goes to a second point, asks again, and does the whole step from its start.

    The last step, to sigma 0, has no second point. The state between the two calls are the
    latents that the step began with and the slope there.
    """

    order: ClassVar[int] = 2

    def __init__(
        self,
        config: SchedulerConfig,
        first: tuple[np.ndarray, np.ndarray],
        second: tuple[np.ndarray, np.ndarray],
    ) -> None:
        """Timesteps and sigmas: `first` of shape (num_steps,), `second` of (num_steps - 1,)."""
        timesteps, sigmas = map(_interleaved, first, second)
        super().__init__(config, timesteps, sigmas)
        self._jumps = jumps(sigmas)
        self._jumps[1::2] = jumps(first[1])[:-1]

    @classmethod
    def num_calls(cls, num_steps: int) -> int:
        """Two for each step but the last."""
        return 2 * num_steps - 1

    def step(
        self,
        index: int,
        latents: np.ndarray,
        model_output: np.ndarray,
        state: State,
        noise: np.ndarray | None = None,
    ) -> tuple[np.ndarray, State]:
        slope = self._slope(index, latents, model_output)
        if not state:
            return latents + self._jumps[index] * slope, (latents, slope)
        begun, first = state
        return begun + self._jumps[index] * self._combined(first, slope), ()

    @abstractmethod
    def _combined(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """The slope of the whole step from those at its two points."""


class HeunScheduler(SecondOrderScheduler):
    """Asks again at the step's end, and takes the mean. Source: EDM (arXiv:2206.00364)
    algorithm 1.
    """

    def __init__(
        self, config: SchedulerConfig, num_steps: int, *, spacing: str | None = None
    ) -> None:
        timesteps, sigmas = spaced_sigmas(config, num_steps, spacing)
        super().__init__(config, (timesteps, sigmas), (timesteps[1:], sigmas[1:]))

    def _combined(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return (first + second) / 2


class DPM2Scheduler(SecondOrderScheduler):
    """Asks again in the middle of the logarithms of both sigmas, and takes what is said there.

    Source: DPM-Solver (arXiv:2206.00927) algorithm 1, as in crowsonkb/k-diffusion.
    """

    def __init__(
        self, config: SchedulerConfig, num_steps: int, *, spacing: str | None = None
    ) -> None:
        timesteps, sigmas = spaced_sigmas(config, num_steps, spacing)
        if spacing == "karras":
            timesteps = timesteps.round()
        middle = (sigmas[:-1] * sigmas[1:]) ** 0.5
        second = timesteps_at(middle, training_sigmas(config)), middle
        super().__init__(config, (timesteps, sigmas), second)

    def _combined(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return second


def _interleaved(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """first[0], second[0], first[1], second[1], … first[-1]"""
    return np.insert(first.astype(np.float64), np.arange(1, len(first)), second)
