"""What all schedulers share: the noise schedule, the timesteps, and what a model predicts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from diffusion.config import SchedulerConfig
from diffusion.errors import ModelError

State = tuple[np.ndarray, ...]


class Scheduler(ABC):
    """One way from noise to a picture, with everything it needs computed when it is made.

    The loop calls the model once for each of `timesteps` (float32, shape (calls,), from noisy to
    clean), with `scale_input` of the latents, and hands what it says to `step`. Latents, noise and
    model outputs are float32 arrays of one shape; all that a step needs of earlier ones is in the
    state it is given.
    """

    order: ClassVar[int] = 1
    """Model calls for each of the steps that a person asks for."""

    initial_state: ClassVar[State] = ()

    timesteps: np.ndarray

    def initial_latents(self, noise: np.ndarray) -> np.ndarray:
        """Pure noise at the level of the first timestep."""
        return noise

    @abstractmethod
    def add_noise(self, latents: np.ndarray, noise: np.ndarray, index: int) -> np.ndarray:
        """Clean latents moved forward to the noise level of `timesteps[index]`."""

    def scale_input(self, latents: np.ndarray, index: int) -> np.ndarray:
        """The latents as the model wants to see them."""
        return latents

    def needs_noise(self, index: int) -> bool:
        """Whether `step` wants fresh standard normals."""
        return False

    @abstractmethod
    def step(
        self,
        index: int,
        latents: np.ndarray,
        model_output: np.ndarray,
        state: State,
        noise: np.ndarray | None = None,
    ) -> tuple[np.ndarray, State]:
        """The latents one model call cleaner, and the state for the next one."""


def num_skipped_steps(num_steps: int, strength: float) -> int:
    """How many of the first steps an image-to-image run leaves out; `strength` is in (0, 1].

    Source: the diffusers library, `StableDiffusionImg2ImgPipeline.get_timesteps`. Others round
    differently.
    """
    return num_steps - min(int(num_steps * strength), num_steps)


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
