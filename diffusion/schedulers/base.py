"""What all schedulers share: levels of noise, and what a model says about them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from diffusion.errors import ModelError

if TYPE_CHECKING:
    from diffusion.config import SchedulerConfig

State = tuple[Any, ...]
"""What a step hands to the next one: arrays and integers."""

PREDICTION_TYPES = ("epsilon", "sample", "v_prediction")


class Scheduler(ABC):
    """One way from noise to a picture, with everything it needs computed when it is made.

    The loop calls the model once for each of `timesteps` (float32, shape (calls,), from noisy to
    clean), with `scale_input` of the latents, and hands what it says to `step`. Latents, noise and
    model outputs are float32 arrays of one shape; all that a step needs of earlier ones is in the
    state it is given, so that one scheduler serves any number of runs. A run may begin at any
    multiple of `order`, with `add_noise` and the initial state.
    """

    order: ClassVar[int] = 1
    """Model calls for each of the steps that a person asks for; the last step may need fewer."""

    initial_state: ClassVar[State] = ()

    def __init__(
        self,
        config: SchedulerConfig,
        timesteps: np.ndarray,
        signal: np.ndarray,
        spread: np.ndarray,
    ) -> None:
        """At call i the latents are `signal[i]` times clean ones and `spread[i]` times noise.

        Raises `ModelError` where the model predicts something else than noise, clean latents or
        velocity.
        """
        if config.prediction_type not in PREDICTION_TYPES:
            allowed = ", ".join(map(repr, PREDICTION_TYPES))
            raise ModelError(f"prediction_type is {config.prediction_type!r}; allowed: {allowed}")
        self.timesteps = timesteps.astype(np.float32)
        self._prediction_type = config.prediction_type
        self._signal = signal.astype(np.float32)
        self._spread = spread.astype(np.float32)

    @classmethod
    def num_calls(cls, num_steps: int) -> int:
        """How many `timesteps` there are for a number of steps."""
        return num_steps

    def initial_latents(self, noise: np.ndarray) -> np.ndarray:
        """Pure noise at the level of the first timestep."""
        return noise

    def add_noise(self, latents: np.ndarray, noise: np.ndarray, index: int) -> np.ndarray:
        """Clean latents moved forward to the noise level of `timesteps[index]`.

        Source: DDPM (arXiv:2006.11239) eq. 4.
        """
        return self._signal[index] * latents + self._spread[index] * noise

    def scale_input(self, latents: np.ndarray, index: int) -> np.ndarray:
        """The latents as the model wants to see them."""
        return latents

    def denoised(self, index: int, latents: np.ndarray, model_output: np.ndarray) -> np.ndarray:
        """The clean latents that the model sees in those of call `index`."""
        return denoise(
            self._prediction_type, model_output, latents, self._signal[index], self._spread[index]
        )

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

    def _noise_in(self, index: int, latents: np.ndarray, denoised: np.ndarray) -> np.ndarray:
        """The noise that is in latents whose clean part is `denoised`."""
        return (latents - self._signal[index] * denoised) / self._spread[index]


def denoise(
    prediction_type: str,
    model_output: np.ndarray,
    latents: np.ndarray,
    signal: np.floating,
    spread: np.floating,
) -> np.ndarray:
    """Turn what the model predicts into clean latents; all arrays have one shape.

    Velocity is defined for latents of constant variance: others are scaled to it and back.
    Source: DDIM (arXiv:2010.02502) eq. 12; velocity: progressive distillation (arXiv:2202.00512)
    appendix D.
    """
    if prediction_type == "epsilon":
        return (latents - spread * model_output) / signal
    if prediction_type == "sample":
        return model_output
    variance = signal**2 + spread**2
    return (signal / variance) * latents - (spread / variance**0.5) * model_output


class FreshNoise(Scheduler):
    """Put before a scheduler without noise: each of its steps then adds `_deviation` of fresh."""

    _deviation: np.ndarray

    def needs_noise(self, index: int) -> bool:
        return True

    def step(
        self,
        index: int,
        latents: np.ndarray,
        model_output: np.ndarray,
        state: State,
        noise: np.ndarray | None = None,
    ) -> tuple[np.ndarray, State]:
        latents, state = super().step(  # type: ignore[safe-super] # of the scheduler it is put before
            index, latents, model_output, state
        )
        return latents + self._deviation[index] * noise, state


def num_skipped_steps(num_steps: int, strength: float) -> int:
    """How many of the first steps an image-to-image run leaves out; `strength` is in (0, 1].

    Source: the diffusers library, `StableDiffusionImg2ImgPipeline.get_timesteps`. Others round
    differently.
    """
    return num_steps - min(int(num_steps * strength), num_steps)
