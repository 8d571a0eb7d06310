"""Which schedulers there are, what they are called here and elsewhere, and how one is made."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from diffusion.errors import RecipeError
from diffusion.schedulers.base import Scheduler
from diffusion.schedulers.ddim import DDIMScheduler
from diffusion.schedulers.ddpm import DDPMScheduler
from diffusion.schedulers.euler import EulerAncestralScheduler, EulerScheduler
from diffusion.schedulers.lcm import LCMScheduler
from diffusion.schedulers.lms import LMSScheduler
from diffusion.schedulers.multistep import DPMSolver2MScheduler, DPMSolver2MSDEScheduler
from diffusion.schedulers.pndm import PNDMScheduler
from diffusion.schedulers.second_order import DPM2Scheduler, HeunScheduler
from diffusion.schedulers.unipc import UniPCScheduler

if TYPE_CHECKING:
    from diffusion.config import SchedulerConfig

SPACINGS = ("karras", "exponential", "beta")


@dataclass(frozen=True)
class Kind:
    """What a name means: its class, its name for people and in other tools, and its paper."""

    scheduler: type[Scheduler]
    label: str
    source: str
    aliases: tuple[str, ...] = ()
    spacings: tuple[str, ...] = ()
    is_stochastic: bool = False
    takes_eta: bool = False


KINDS: Mapping[str, Kind] = {
    "ddpm": Kind(DDPMScheduler, "DDPM", "arXiv:2006.11239", is_stochastic=True),
    "ddim": Kind(DDIMScheduler, "DDIM", "arXiv:2010.02502", takes_eta=True),
    "pndm": Kind(PNDMScheduler, "PLMS", "arXiv:2202.09778", ("plms",)),
    "euler": Kind(EulerScheduler, "Euler", "arXiv:2206.00364", ("k_euler",), SPACINGS),
    "euler_ancestral": Kind(
        EulerAncestralScheduler,
        "Euler a",
        "arXiv:2011.13456",
        ("euler_a", "k_euler_a", "k_euler_ancestral"),
        is_stochastic=True,
    ),
    "heun": Kind(HeunScheduler, "Heun", "arXiv:2206.00364", ("k_heun",), SPACINGS),
    "lms": Kind(LMSScheduler, "LMS", "crowsonkb/k-diffusion", ("k_lms",), SPACINGS),
    "dpmpp_2m": Kind(
        DPMSolver2MScheduler,
        "DPM++ 2M",
        "arXiv:2211.01095",
        ("k_dpmpp_2m", "dpmpp2m", "dpmsolverpp", "dpmsolver_multistep"),
        SPACINGS,
    ),
    "dpmpp_2m_sde": Kind(
        DPMSolver2MSDEScheduler,
        "DPM++ 2M SDE",
        "arXiv:2211.01095",
        ("k_dpmpp_2m_sde", "dpmpp2m_sde", "sde_dpmsolverpp"),
        SPACINGS,
        is_stochastic=True,
    ),
    "dpm2": Kind(
        DPM2Scheduler, "DPM2", "arXiv:2206.00927", ("dpm_2", "k_dpm_2", "kdpm2"), SPACINGS
    ),
    "unipc": Kind(UniPCScheduler, "UniPC", "arXiv:2302.04867", ("uni_pc",), SPACINGS),
    "lcm": Kind(LCMScheduler, "LCM", "arXiv:2310.04378", is_stochastic=True),
}
"""Each may be followed by `_` and one of its spacings of sigmas."""

LABELS: Mapping[str, str] = {
    **{name: kind.label for name, kind in KINDS.items()},
    **{
        f"{name}_{spacing}": f"{kind.label} {spacing.capitalize()}"
        for name, kind in KINDS.items()
        for spacing in kind.spacings
    },
}
"""All names that recipes use, with those for people."""

FROM_DIFFUSERS: Mapping[str, str] = {
    "DDPMScheduler": "ddpm",
    "DDIMScheduler": "ddim",
    "PNDMScheduler": "pndm",
    "EulerDiscreteScheduler": "euler",
    "EulerAncestralDiscreteScheduler": "euler_ancestral",
    "HeunDiscreteScheduler": "heun",
    "LMSDiscreteScheduler": "lms",
    "DPMSolverMultistepScheduler": "dpmpp_2m",
    "KDPM2DiscreteScheduler": "dpm2",
    "UniPCMultistepScheduler": "unipc",
    "LCMScheduler": "lcm",
}
"""What a model's own scheduler, as the diffusers library names it, is called here."""

_KNOWN_AS = {known: name for name, kind in KINDS.items() for known in (name, *kind.aliases)}


def resolve(name: str) -> str:
    """The name that recipes use, from one in any spelling, of this or another tool.

    Raises `RecipeError` that offers the nearest name, where one is near, and lists all.
    """
    known, spacing = _split(re.sub(r"[^a-z0-9]+", "_", name.lower().replace("+", "p")).strip("_"))
    if known not in _KNOWN_AS:
        nearest = get_close_matches(known, _KNOWN_AS, n=1)
        offered = f"{_KNOWN_AS[nearest[0]]} (the nearest), or one of " if nearest else ""
        raise RecipeError("scheduler", received=name, allowed=offered + _all_names())
    canonical = _KNOWN_AS[known]
    if spacing is None:
        return canonical
    if spacing not in KINDS[canonical].spacings:
        raise RecipeError("scheduler", received=name, allowed=f"{canonical}, without any spacing")
    return f"{canonical}_{spacing}"


def make_scheduler(
    name: str, config: SchedulerConfig, num_steps: int, *, eta: float = 0.0
) -> Scheduler:
    """The scheduler of a name, for a number of steps from 1 to `num_train_timesteps`.

    `eta`, in [0, 1], is the share of DDPM's noise that DDIM adds; others have no such setting.
    Raises `RecipeError` on what this scheduler cannot do, `ModelError` on a configuration that it
    cannot follow.
    """
    known, spacing = _split(resolve(name))
    kind = KINDS[known]
    if not 1 <= num_steps <= config.num_train_timesteps:
        allowed = f"1 to {config.num_train_timesteps}"
        raise RecipeError("num_steps", received=num_steps, allowed=allowed)
    if eta and not kind.takes_eta:
        raise RecipeError("eta", received=eta, allowed=f"0 with {known}")
    if not 0 <= eta <= 1:
        raise RecipeError("eta", received=eta, allowed="0 to 1")
    settings = {"spacing": spacing} if kind.spacings else {"eta": eta} if kind.takes_eta else {}
    make: Callable[..., Scheduler] = kind.scheduler
    return make(config, num_steps, **settings)


def num_calls(name: str, num_steps: int, first_step: int = 0) -> int:
    """How often a run that begins at step `first_step` calls the model.

    Where the name is not one that recipes use: once a step.
    """
    kind = KINDS.get(_split(name)[0])
    if kind is None:
        return num_steps - first_step
    return kind.scheduler.num_calls(num_steps) - first_step * kind.scheduler.order


def _split(name: str) -> tuple[str, str | None]:
    """A name without its spacing of sigmas, and that."""
    known, _, spacing = name.rpartition("_")
    return (known, spacing) if spacing in SPACINGS else (name, None)


def _all_names() -> str:
    spaced = ", ".join(name for name, kind in KINDS.items() if kind.spacings)
    endings = " or ".join(f"_{spacing}" for spacing in SPACINGS)
    return f"{', '.join(KINDS)}; with {endings} after {spaced}"
