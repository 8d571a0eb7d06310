"""From seconds to the lines of a document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median

import numpy as np

Times = dict[str, list[float]]
"""Seconds by contestant, in the order in which they were measured."""


def in_turns(runs: Mapping[str, Callable[[], float]], rounds: int) -> Times:
    """Everybody once, then everybody again: what hurts one run hurts its neighbours."""
    times: Times = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            times[name].append(run())
    return times


def ratios(theirs: Sequence[float], ours: Sequence[float]) -> tuple[float, float, float]:
    """Their seconds by ours, of neighbouring runs: the median, the least and the most."""
    pairs = [peer / own for peer, own in zip(theirs, ours, strict=True)]
    return median(pairs), min(pairs), max(pairs)


def comparison(name: str, dtype: str, times: Times) -> list[list[str]]:
    """A row for each other contestant; the first of `times` is ours."""
    (_ours, own), *others = times.items()
    rows = []
    for peer, seconds in others:
        middle, least, most = ratios(seconds, own)
        rows.append(
            [
                name,
                dtype,
                f"{median(own):.3g}",
                peer,
                f"{median(seconds):.3g}",
                f"{middle:.2f}",
                f"{least:.2f} to {most:.2f}",
                str(len(own)),
            ]
        )
    return rows


def psnr(result: np.ndarray, expected: np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB; the peak is the range of what is expected."""
    error = np.mean((result.astype(np.float64) - expected) ** 2)
    return float(10 * np.log10(np.ptp(expected).astype(np.float64) ** 2 / error))


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown, with columns as wide as their widest cell."""
    lines = [header, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    rule = ["-" * width for width in widths]
    return "\n".join(
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in (header, rule, *rows)
    )
