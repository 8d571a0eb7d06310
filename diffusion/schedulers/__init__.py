"""Schedulers by the names that recipes use."""

from diffusion.schedulers.names import KINDS, LABELS, make_scheduler, resolve

__all__ = ["KINDS", "LABELS", "make_scheduler", "resolve"]
