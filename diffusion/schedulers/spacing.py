"""Which of the trained noise levels are visited: by timestep, or by sigma."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diffusion.errors import ModelError, RecipeError
from diffusion.schedulers.noise_schedule import training_sigmas

if TYPE_CHECKING:
    from diffusion.config import SchedulerConfig

_RHO = 7.0
_BETA = 0.6


def spaced_timesteps(config: SchedulerConfig, num_steps: int, default: str) -> np.ndarray:
    """Timesteps from noisy to clean, float64, shape (num_steps,); `linspace` has fractions.

    `default` stands for a `timestep_spacing` that the configuration does not say. Source: "Common
    diffusion noise schedules and sample steps are flawed" (arXiv:2305.08891) table 2.
    """
    count, spacing = config.num_train_timesteps, config.timestep_spacing or default
    if spacing == "leading":
        return np.arange(num_steps)[::-1] * float(count // num_steps) + config.steps_offset
    if spacing == "linspace":
        return np.linspace(0, count - 1, num_steps)[::-1]
    if spacing == "trailing":
        # Rounding may leave one more than asked for.
        return np.arange(count, 0, -count / num_steps)[:num_steps].round() - 1
    raise ModelError(f"timestep_spacing is {spacing!r}; allowed: 'leading', 'linspace', 'trailing'")


def trained_timesteps(config: SchedulerConfig, num_steps: int) -> np.ndarray:
    """Whole timesteps from noisy to clean, int64, shape (num_steps,).

    Raises `RecipeError` where the offset moves the first one past the last that was trained.
    """
    timesteps = spaced_timesteps(config, num_steps, "leading").round().astype(np.int64)
    if timesteps[0] >= config.num_train_timesteps:
        allowed = f"fewer, so that the first timestep is under {config.num_train_timesteps}"
        raise RecipeError("num_steps", received=num_steps, allowed=allowed)
    return timesteps


def spaced_sigmas(
    config: SchedulerConfig, num_steps: int, spacing: str | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Timesteps and their sigmas from noisy to clean, both of shape (num_steps,).

    With a `spacing` of sigmas the ends are where the timesteps' own would be.
    """
    table = training_sigmas(config)
    timesteps = spaced_timesteps(config, num_steps, "linspace").astype(np.float32)
    sigmas = np.interp(timesteps, np.arange(len(table)), table)
    if spacing is None:
        return timesteps, sigmas
    sigmas = respaced(spacing, sigmas[0], sigmas[-1], num_steps)
    return timesteps_at(sigmas, table), sigmas


def multistep_sigmas(
    config: SchedulerConfig, num_steps: int, spacing: str | None
) -> tuple[np.ndarray, np.ndarray]:
    """As `spaced_sigmas`, for solvers that see the end as one more timestep, and whole timesteps.

    With a `spacing` of sigmas the ends are those of all that was trained.
    """
    table = training_sigmas(config)
    if spacing is not None:
        sigmas = respaced(spacing, float(table[-1]), float(table[0]), num_steps)
        timesteps = timesteps_at(sigmas, table)
        return (timesteps.round() if spacing == "karras" else np.floor(timesteps)), sigmas
    points = num_steps if config.timestep_spacing == "trailing" else num_steps + 1
    timesteps = spaced_timesteps(config, points, "linspace")[:num_steps].round()
    return timesteps, np.interp(timesteps, np.arange(len(table)), table)


def require_distinct(sigmas: np.ndarray) -> None:
    """Raise `RecipeError` where two steps have one noise level, and nothing lies between them."""
    if np.any(np.diff(sigmas) >= 0):
        allowed = "fewer, so that each has a noise level of its own"
        raise RecipeError("num_steps", received=len(sigmas), allowed=allowed)


def timesteps_at(sigmas: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Fractional timesteps, interpolated between the logarithms of the trained sigmas."""
    return np.interp(np.log(sigmas), np.log(table), np.arange(len(table)))


def respaced(spacing: str, largest: float, smallest: float, count: int) -> np.ndarray:
    """Falling sigmas between two ends, float64, shape (count,); one alone is the largest.

    Source: `karras` EDM (arXiv:2206.00364) eq. 5; `exponential` even in the logarithm; `beta`
    "Beta sampling is all you need" (arXiv:2407.12173) section 4.
    """
    ramp = np.linspace(0, 1, count)
    if spacing == "karras":
        ends = largest ** (1 / _RHO), smallest ** (1 / _RHO)
        return (ends[0] + ramp * (ends[1] - ends[0])) ** _RHO
    if spacing == "exponential":
        return np.exp(np.linspace(np.log(largest), np.log(smallest), count))
    from scipy.special import betaincinv

    return smallest + betaincinv(_BETA, _BETA, 1 - ramp) * (largest - smallest)
