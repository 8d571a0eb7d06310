"""A predictor, and a corrector that uses each model call twice."""

from __future__ import annotations

import numpy as np

from diffusion.schedulers.base import State
from diffusion.schedulers.multistep import DPMSolver2MScheduler


class UniPCScheduler(DPMSolver2MScheduler):
    """Source: UniPC (arXiv:2302.04867) algorithms 1 and 2 of order 2, with B(h) of its "bh2".

    Its predictor of second order is DPM-Solver++ 2M. The state are the latents that the step
    before began with, then the clean latents seen at one or two earlier steps, newest last.
    """

    def step(
        self,
        index: int,
        latents: np.ndarray,
        model_output: np.ndarray,
        state: State,
        noise: np.ndarray | None = None,
    ) -> tuple[np.ndarray, State]:
        denoised = self.denoised(index, latents, model_output)
        if state:
            latents = self._corrected(index - 1, denoised, state)
        earlier = state[-1:]
        stepped = self._advance(index, latents, denoised, earlier)
        return stepped, (latents, *earlier, denoised)

    def _set_weights(self, signal: np.ndarray, spread: np.ndarray) -> None:
        super()._set_weights(signal, spread)
        sigmas = spread[:-1] / signal[:-1]
        self._corrections = _corrections(np.log(sigmas[:-1] / sigmas[1:]))

    def _corrected(self, index: int, denoised: np.ndarray, state: State) -> np.ndarray:
        """Step `index` done again, now that it is known what is seen at its end."""
        begun, *before, start = state
        if not before:
            seen = (start + denoised) / 2
        else:
            at_start, at_end = self._corrections[index]
            bend = self._growth[index] * (start - before[0])
            seen = start + at_start * bend + at_end * (denoised - start)
        return self._latents_weight[index] * begun + self._denoised_weight[index] * seen


def _corrections(widths: np.ndarray) -> np.ndarray:
    """Weights of the differences before a step and over it, float32, shape (steps, 2).

    `widths` are the steps' lengths in -log(sigma). Each row solves the paper's eq. 5 for p = 2; the
    first serves for nothing, since a run's first correction is of first order.
    """
    before = -np.roll(widths, 1) / widths  # where the point before the step lies, in steps
    scale = np.expm1(-widths)  # the paper's B(h)
    first = -1 / widths - 1 / scale
    second = -2 * (first / widths + 0.5 / scale)
    at_start = (first - second) / (1 - before)
    return np.stack([at_start, first - at_start], axis=1).astype(np.float32)
