"""Which runs of which schedulers the reference holds: shared by the script and by the tests."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, NamedTuple

import numpy as np

SHAPE = (1, 4, 2, 4)  # as in PyTorch: batch, channels, height, width
SEED = 7
# The scheduler/scheduler_config.json of Stable Diffusion 1.5.
CONFIG: Mapping[str, Any] = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "num_train_timesteps": 1000,
    "set_alpha_to_one": False,
    "skip_prk_steps": True,
    "steps_offset": 1,
    "trained_betas": None,
}
PLAIN = (
    "ddpm",
    "ddim",
    "pndm",
    "euler",
    "euler_ancestral",
    "heun",
    "lms",
    "dpmpp_2m",
    "dpmpp_2m_sde",
    "dpm2",
    "unipc",
    "lcm",
)
SPACED = ("euler", "heun", "lms", "dpmpp_2m", "dpmpp_2m_sde", "dpm2", "unipc")
SPACINGS = ("karras", "exponential", "beta")
TIMESTEP_SPACINGS = ("leading", "linspace", "trailing")
PREDICTION_TYPES = ("epsilon", "sample", "v_prediction")
# What the reference does not do; this core does.
NO_SAMPLE = ("pndm", "euler_ancestral", "dpm2")
NO_ZERO_SNR = ("pndm", "heun", "lms", "dpm2")


class Row(NamedTuple):
    """One run: its scheduler, what differs from `CONFIG` (None: not said), and how it begins."""

    scheduler: str
    settings: tuple[tuple[str, Any], ...] = ()
    num_steps: int = 7
    strength: float = 1.0
    eta: float = 0.0

    @property
    def config(self) -> dict[str, Any]:
        config = {**CONFIG, **dict(self.settings)}
        if config["trained_betas"] == "squares":
            config["trained_betas"] = [(0.01 + 0.0001 * index) ** 2 for index in range(1000)]
        return config

    def __str__(self) -> str:
        said = [f"{key}={value}" for key, value in self.settings]
        begun = [f"{self.num_steps} steps", f"strength {self.strength}", f"eta {self.eta}"]
        return ", ".join([self.scheduler, *said, *begun])


def clean_latents() -> np.ndarray:
    """What image-to-image runs begin with, float32, in PyTorch's shape."""
    return np.cos(np.arange(np.prod(SHAPE))).reshape(SHAPE).astype(np.float32)


def _rows() -> Iterator[Row]:
    names = [f"{name}_{spacing}" for name, spacing in product(SPACED, SPACINGS)]
    for count, name in enumerate((*PLAIN, *names)):
        for number, prediction in enumerate(PREDICTION_TYPES):
            if prediction == "sample" and name.startswith(NO_SAMPLE):
                continue
            for offset, spacing in enumerate(TIMESTEP_SPACINGS):
                told = (("prediction_type", prediction), ("timestep_spacing", spacing))
                is_chosen = (count + number + offset) % 3 == 0
                if is_chosen or name in PLAIN:
                    yield Row(name, told)
                if is_chosen:
                    yield Row(name, told, strength=0.6)
    for name in PLAIN:
        yield from _special_rows(name)


def _special_rows(name: str) -> Iterator[Row]:
    for num_steps in (1, 2, 20, 50):
        yield Row(name, num_steps=num_steps)
    yield Row(name, num_steps=20, strength=0.35)
    yield Row(name, (("steps_offset", 0), ("timestep_spacing", "leading")))
    yield Row(name, (("beta_schedule", "linear"), ("set_alpha_to_one", True)))
    # Not from its last timestep: sigma is 20291 there, and the stand-in's sine loses its digits.
    told = (("beta_schedule", "squaredcos_cap_v2"), ("timestep_spacing", "leading"))
    yield Row(name, (*told, ("set_alpha_to_one", None)))
    yield Row(name, (("trained_betas", "squares"),))
    if name not in NO_ZERO_SNR:
        for spacing in TIMESTEP_SPACINGS:
            told = (("prediction_type", "v_prediction"), ("timestep_spacing", spacing))
            yield Row(name, (*told, ("rescale_betas_zero_snr", True)))
    if name == "ddim":
        for eta, strength in product((0.5, 1.0), (1.0, 0.6)):
            yield Row(name, strength=strength, eta=eta)


ROWS = tuple(_rows())
