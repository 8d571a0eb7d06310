"""Make schedulers.npz: latents after each step of diffusers' schedulers.

Run in an environment of its own, see README.md beside this file.
"""

import inspect
from pathlib import Path

import diffusers
import numpy as np
import torch
from scheduler_rows import ROWS, SEED, SHAPE, SPACINGS, clean_latents

HERE = Path(__file__).parent
CLASSES = {
    "ddpm": diffusers.DDPMScheduler,
    "ddim": diffusers.DDIMScheduler,
    "pndm": diffusers.PNDMScheduler,
    "euler": diffusers.EulerDiscreteScheduler,
    "euler_ancestral": diffusers.EulerAncestralDiscreteScheduler,
    "heun": diffusers.HeunDiscreteScheduler,
    "lms": diffusers.LMSDiscreteScheduler,
    "dpmpp_2m": diffusers.DPMSolverMultistepScheduler,
    "dpmpp_2m_sde": diffusers.DPMSolverMultistepScheduler,
    "dpm2": diffusers.KDPM2DiscreteScheduler,
    "unipc": diffusers.UniPCMultistepScheduler,
    "lcm": diffusers.LCMScheduler,
}


def main():
    torch.set_grad_enabled(False)
    diffusers.logging.set_verbosity_error()
    runs = [run(row) for row in ROWS]
    np.savez_compressed(
        HERE / "schedulers.npz",
        calls=np.array([len(timesteps) for timesteps, _ in runs], np.int16),
        timesteps=np.concatenate([timesteps for timesteps, _ in runs]),
        latents=np.concatenate([latents for _, latents in runs]),
    )


def run(row):
    """All timesteps, and latents before the first call of the run and after each."""
    scheduler = make(row)
    scheduler.set_timesteps(row.num_steps)
    generator = torch.Generator("cpu").manual_seed(SEED)
    noise = torch.randn(SHAPE, generator=generator)
    begin = row.num_steps - min(int(row.num_steps * row.strength), row.num_steps)
    begin *= scheduler.order
    timesteps = scheduler.timesteps[begin:]
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(begin)
    if row.strength == 1:
        latents = noise * scheduler.init_noise_sigma
    else:
        latents = scheduler.add_noise(torch.from_numpy(clean_latents()), noise, timesteps[:1])
    trajectory = [latents]
    known = {"eta": row.eta, "generator": generator}
    taken = inspect.signature(scheduler.step).parameters
    settings = {name: value for name, value in known.items() if name in taken}
    for timestep in timesteps:
        output = torch.sin(3 * scheduler.scale_model_input(latents, timestep))
        latents = scheduler.step(output, timestep, latents, **settings).prev_sample
        trajectory.append(latents)
    return scheduler.timesteps.numpy().astype(np.float32), torch.cat(trajectory).numpy()


def make(row):
    config = {key: value for key, value in row.config.items() if value is not None}
    name, _, spacing = row.scheduler.rpartition("_")
    if spacing in SPACINGS:
        config[f"use_{spacing}_sigmas"] = True
    else:
        name = row.scheduler
    if name == "dpmpp_2m_sde":
        config["algorithm_type"] = "sde-dpmsolver++"
    return CLASSES[name].from_config({"clip_sample": False, **config})


if __name__ == "__main__":
    main()
