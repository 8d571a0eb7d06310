"""DPM-Solver++ of second order over two steps, as an equation without noise and with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diffusion.schedulers.base import FreshNoise, Scheduler, State
from diffusion.schedulers.spacing import multistep_sigmas, require_distinct

if TYPE_CHECKING:
    from diffusion.config import SchedulerConfig


class DPMSolver2MScheduler(Scheduler):
    """Source: DPM-Solver++ (arXiv:2211.01095) algorithm 2, in its "midpoint" form.

    Latents keep their variance. The paper's lambda is -log(sigma), so exp(-h) is the next sigma
    over this one. The first step of a run and the last one, to sigma 0, are of first order. The
    state are the clean latents that the step before saw.
    """

    def __init__(
        self, config: SchedulerConfig, num_steps: int, *, spacing: str | None = None
    ) -> None:
        """Raises `RecipeError` on more steps than there are noise levels."""
        timesteps, sigmas = multistep_sigmas(config, num_steps, spacing)
        require_distinct(sigmas)
        sigmas = np.append(sigmas, 0).astype(np.float32).astype(np.float64)
        signal = (sigmas**2 + 1) ** -0.5
        spread = sigmas * signal
        super().__init__(config, timesteps, signal[:-1], spread[:-1])
        self._set_weights(signal, spread)
        widths = np.log(sigmas[:-2] / sigmas[1:-1])  # without the last step's, which is infinite
        self._growth = np.zeros(num_steps, np.float32)
        self._growth[1:-1] = widths[1:] / widths[:-1]

    def step(
        self,
        index: int,
        latents: np.ndarray,
        model_output: np.ndarray,
        state: State,
        noise: np.ndarray | None = None,
    ) -> tuple[np.ndarray, State]:
        denoised = self.denoised(index, latents, model_output)
        return self._advance(index, latents, denoised, state), (denoised,)

    def _set_weights(self, signal: np.ndarray, spread: np.ndarray) -> None:
        """Both of shape (num_steps + 1,), the last entries those of sigma 0."""
        decay = _decay(signal, spread)
        self._latents_weight = (spread[1:] / spread[:-1]).astype(np.float32)
        self._denoised_weight = (signal[1:] * (1 - decay)).astype(np.float32)

    def _advance(
        self, index: int, latents: np.ndarray, denoised: np.ndarray, earlier: State
    ) -> np.ndarray:
        """One step with `denoised` drawn on, in a line from the `earlier` one, to its middle."""
        for before in earlier[-1:]:
            denoised = denoised + self._growth[index] / 2 * (denoised - before)
        return self._latents_weight[index] * latents + self._denoised_weight[index] * denoised


class DPMSolver2MSDEScheduler(FreshNoise, DPMSolver2MScheduler):
    """Source: DPM-Solver++ (arXiv:2211.01095) appendix B, "SDE-DPM-Solver++(2M)"."""

    def _set_weights(self, signal: np.ndarray, spread: np.ndarray) -> None:
        decay = _decay(signal, spread)
        self._latents_weight = (spread[1:] / spread[:-1] * decay).astype(np.float32)
        self._denoised_weight = (signal[1:] * (1 - decay**2)).astype(np.float32)
        self._deviation = (spread[1:] * (1 - decay**2) ** 0.5).astype(np.float32)


def _decay(signal: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """The paper's exp(-h) of each step."""
    sigmas = spread / signal
    return sigmas[1:] / sigmas[:-1]
