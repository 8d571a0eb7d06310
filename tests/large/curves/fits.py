"""Lines through measured points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Power:
    """y = factor * x**exponent, by least squares of the logarithms."""

    factor: float
    exponent: float

    @classmethod
    def through(cls, xs: Sequence[float], ys: Sequence[float]) -> Power:
        exponent, logarithm = np.polyfit(np.log(xs), np.log(ys), 1)
        return cls(float(np.exp(logarithm)), float(exponent))

    def at(self, x: np.ndarray) -> np.ndarray:
        return self.factor * x**self.exponent


@dataclass(frozen=True)
class Straight:
    """y = start + slope * x."""

    start: float
    slope: float

    @classmethod
    def through(cls, xs: Sequence[float], ys: Sequence[float]) -> Straight:
        """By least squares."""
        slope, start = np.polyfit(xs, ys, 1)
        return cls(float(start), float(slope))

    def at(self, x: np.ndarray) -> np.ndarray:
        return self.start + self.slope * x
