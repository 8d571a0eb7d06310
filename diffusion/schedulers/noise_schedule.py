"""How much noise each training timestep has; rounded to float32 where the diffusers library rounds.

Levels are given as alphas_cumprod, the share of the signal's variance that is left, or as sigmas,
the noise's deviation over the signal's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diffusion.errors import ModelError

if TYPE_CHECKING:
    from diffusion.config import SchedulerConfig

_LEAST_SIGNAL = np.float32(2**-24)  # in place of none at all, whose sigma would be infinite


def alphas_cumprod(config: SchedulerConfig) -> np.ndarray:
    """The share of signal left at each training timestep, float32, shape (num_train_timesteps,).

    Raises `ModelError` on an unknown `beta_schedule`. Source: DDPM (arXiv:2006.11239) eq. 4.
    """
    betas = _betas(config)
    if config.rescale_betas_zero_snr:
        betas = _without_terminal_signal(betas)
    return _running_product(1 - betas)


def training_sigmas(config: SchedulerConfig) -> np.ndarray:
    """Sigma of each training timestep, rising, float32, shape (num_train_timesteps,).

    Source: EDM (arXiv:2206.00364) table 1, "VP".
    """
    alphas = alphas_cumprod(config)
    if config.rescale_betas_zero_snr:
        alphas[-1] = _LEAST_SIGNAL
    return ((1 - alphas) / alphas) ** 0.5


def _betas(config: SchedulerConfig) -> np.ndarray:
    """Source: `scaled_linear` is that of latent diffusion (arXiv:2112.10752), in its code."""
    start, end, count = config.beta_start, config.beta_end, config.num_train_timesteps
    if config.trained_betas is not None:
        if len(config.trained_betas) != count:
            raise ModelError(
                f"trained_betas has {len(config.trained_betas)} entries; allowed: {count}"
            )
        return np.array(config.trained_betas, np.float32)
    if config.beta_schedule == "linear":
        return _linspace(start, end, count)
    if config.beta_schedule == "scaled_linear":
        return _linspace(start**0.5, end**0.5, count) ** 2
    if config.beta_schedule == "squaredcos_cap_v2":
        return _cosine(count)
    raise ModelError(
        f"beta_schedule is {config.beta_schedule!r}; "
        "allowed: 'linear', 'scaled_linear', 'squaredcos_cap_v2'"
    )


def _linspace(start: float, end: float, count: int) -> np.ndarray:
    """As `torch.linspace` in float32: counted from the nearer end, rounded once."""
    first, last = np.float32(start), np.float32(end)
    stride = np.float64((last - first) / np.float32(count - 1))
    index = np.arange(count)
    rising, falling = first + stride * index, last - stride * (count - 1 - index)
    return np.where(index < count // 2, rising, falling).astype(np.float32)


def _cosine(count: int) -> np.ndarray:
    """Source: improved DDPM (arXiv:2102.09672) eq. 17, betas at most 0.999."""
    times = np.arange(count + 1) / count
    alphas = np.cos((times + 0.008) / 1.008 * np.pi / 2) ** 2
    return np.minimum(1 - alphas[1:] / alphas[:-1], 0.999).astype(np.float32)


def _without_terminal_signal(betas: np.ndarray) -> np.ndarray:
    """Betas that leave no signal at the last timestep, and the first as it was.

    Source: "Common diffusion noise schedules and sample steps are flawed" (arXiv:2305.08891)
    algorithm 1.
    """
    signal = _running_product(1 - betas) ** 0.5
    first, last = signal[0], signal[-1]
    alphas = ((signal - last) * (first / (first - last))) ** 2
    return 1 - np.concatenate([alphas[:1], alphas[1:] / alphas[:-1]])


def _running_product(factors: np.ndarray) -> np.ndarray:
    return np.cumprod(factors, dtype=np.float64).astype(np.float32)
