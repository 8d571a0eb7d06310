"""Schedulers by the names that recipes use."""

from diffusion.schedulers.ddim import DDIMScheduler

SCHEDULERS = {"ddim": DDIMScheduler}
