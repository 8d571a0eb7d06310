"""What all schedulers share: the noise schedule, the timesteps, and what a model predicts."""

from __future__ import annotations

import numpy as np

from diffusion.config import SchedulerConfig
from diffusion.errors import ModelError


def alphas_cumprod(config: SchedulerConfig) -> np.ndarray:
    """The share of signal left at each training timestep, float32, shape (num_train_timesteps,).

    Source: DDPM (arXiv:2006.11239) eq. 4; `scaled_linear` as in latent diffusion
    (arXiv:2112.10752, CompVis/latent-diffusion), linear in the root of beta. Rounded to float32
    where the diffusers library rounds.
    """
    start, end, count = config.beta_start, config.beta_end, config.num_train_timesteps
    if config.beta_schedule == "linear":
        betas = np.linspace(start, end, count, dtype=np.float32)
    elif config.beta_schedule == "scaled_linear":
        betas = np.linspace(start**0.5, end**0.5, count, dtype=np.float32) ** 2
    else:
        raise ModelError(
            f"beta_schedule is {config.beta_schedule!r}; allowed: 'linear', 'scaled_linear'"
        )
    return np.cumprod(1 - betas, dtype=np.float64).astype(np.float32)


def spaced_timesteps(config: SchedulerConfig, num_steps: int) -> np.ndarray:
    """Which training timesteps are visited, int64, shape (num_steps,), from noisy to clean.

    Source: "Common diffusion noise schedules and sample steps are flawed" (arXiv:2305.08891)
    table 2.
    """
    count = config.num_train_timesteps
    if config.timestep_spacing == "trailing":
        return np.round(np.arange(count, 0, -count / num_steps)).astype(np.int64) - 1
    if config.timestep_spacing == "leading":
        return (np.arange(num_steps) * (count // num_steps))[::-1] + config.steps_offset
    if config.timestep_spacing == "linspace":
        return np.linspace(0, count - 1, num_steps).round()[::-1].astype(np.int64)
    raise ModelError(
        f"timestep_spacing is {config.timestep_spacing!r}; "
        "allowed: 'leading', 'linspace', 'trailing'"
    )


def denoised_and_noise(
    prediction_type: str, model_output: np.ndarray, latents: np.ndarray, alpha_bar: float
) -> tuple[np.ndarray, np.ndarray]:
    """Turn what the model predicts into the clean latents and the noise it sees in `latents`.

    All arrays have one shape; `alpha_bar` is the share of signal, in (0, 1].
    Source: DDIM (arXiv:2010.02502) eq. 12; velocity: progressive distillation (arXiv:2202.00512)
    appendix D.
    """
    signal, spread = alpha_bar**0.5, (1 - alpha_bar) ** 0.5
    if prediction_type == "epsilon":
        return (latents - spread * model_output) / signal, model_output
    if prediction_type == "v_prediction":
        denoised = signal * latents - spread * model_output
        return denoised, signal * model_output + spread * latents
    if prediction_type == "sample":
        return model_output, (latents - signal * model_output) / spread
    raise ModelError(
        f"prediction_type is {prediction_type!r}; allowed: 'epsilon', 'sample', 'v_prediction'"
    )
