"""Schedulers by the names that recipes use."""

from diffusion.schedulers.names import (
    FROM_DIFFUSERS,
    KINDS,
    LABELS,
    make_scheduler,
    num_calls,
    resolve,
)

__all__ = ["FROM_DIFFUSERS", "KINDS", "LABELS", "make_scheduler", "num_calls", "resolve"]
