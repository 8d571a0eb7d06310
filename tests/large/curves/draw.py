"""python -m tests.large.curves.draw FIGURES FOLDER: draw the curves. It needs Matplotlib."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FixedLocator, Locator, LogLocator, NullLocator, StrMethodFormatter

from tests.large.curves.figures import Cost, Figures
from tests.large.curves.fits import Power, Straight
from tests.large.curves.plan import AXES, CURVES, Curve

SIZE = (10, 3.8)  # inches
# Two that everybody tells apart (Okabe and Ito), with their markers.
LOOKS = (("#0072b2", "o"), ("#d55e00", "s"))
LOGARITHMIC = ("side", "count")
SETTINGS = {
    "figure.facecolor": "white",
    "axes.grid": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": "#dddddd",
    "legend.edgecolor": "none",
    "svg.hashsalt": "sdbot",  # the same figures make the same file
}


def line(axis: str, xs: Sequence[int], ys: Sequence[float]) -> tuple[str, Power | Straight] | None:
    """What the seconds are held against, with its name; nothing where nothing is expected."""
    if axis == "side":
        power = Power.through(xs, ys)
        return f"side^{power.exponent:.2f}", power
    if axis == "count":
        return "as many single ones", Straight(0, ys[0] / xs[0])
    if axis == "num_steps":
        straight = Straight.through(xs, ys)
        return f"{straight.slope:.3g} s a step + {straight.start:.2g} s", straight
    return None


def draw_seconds(axes: Axes, curve: Curve, name: str, found: list[Cost], look: tuple) -> None:
    colour, marker = look
    seconds = [cost.seconds for cost in found]
    axes.plot(curve.values, seconds, marker, color=colour, label=name)
    least, most = zip(*((min(cost.others), max(cost.others)) for cost in found), strict=True)
    axes.vlines(curve.values, least, most, color=colour)
    if (held := line(curve.axis, curve.values, seconds)) is None:
        return
    label, fit = held
    last = curve.values[-1]
    xs = np.geomspace(curve.values[0], last) if curve.axis in LOGARITHMIC else np.array([0, last])
    axes.plot(xs, fit.at(xs), "--", color=colour, linewidth=1, label=label)


def draw_memory(axes: Axes, curve: Curve, name: str, found: list[Cost], look: tuple) -> None:
    colour, marker = look
    axes.plot(
        curve.values, [cost.peak_gib for cost in found], f"{marker}-", color=colour, label=name
    )
    loading = [cost.loading_gib for cost in found]
    axes.plot(curve.values, loading, ":", color=colour, label=f"{name}: loading")


def finish(axes: Axes, curve: Curve, label: str) -> None:
    axes.set_xlabel(AXES[curve.axis])
    axes.set_ylabel(label)
    if curve.axis in LOGARITHMIC:
        axes.set_xscale("log")
    else:
        axes.set_xlim(left=0)
    plain_ticks(axes.xaxis, FixedLocator(curve.values))


def plain_ticks(axis: Axis, locator: Locator) -> None:
    axis.set_major_locator(locator)
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))


def draw(curve: Curve, figures: Figures, file: Path) -> None:
    figure, (seconds, memory) = plt.subplots(1, 2, figsize=SIZE, layout="constrained")
    for name, look in zip(curve.series, LOOKS, strict=False):
        found = [figures.costs[point] for point in curve.points(name)]
        draw_seconds(seconds, curve, name, found, look)
        draw_memory(memory, curve, name, found, look)
    finish(seconds, curve, "seconds")
    finish(memory, curve, "peak memory, GiB")
    if curve.axis in LOGARITHMIC:
        seconds.set_yscale("log")
        plain_ticks(seconds.yaxis, LogLocator(subs=(1, 2, 5)))
    else:
        seconds.set_ylim(0, 1.3 * seconds.dataLim.ymax)
    memory.set_ylim(0, 1.1 * memory.dataLim.ymax)
    seconds.legend(fontsize="small", loc="upper left")
    memory.legend(fontsize="small", loc="lower left")
    figure.suptitle(curve.title)
    figure.savefig(file, metadata={"Date": None})
    plt.close(figure)


def main(figures: Figures, folder: Path) -> None:
    mpl.use("svg")
    with mpl.rc_context(SETTINGS):
        for curve in CURVES:
            draw(curve, figures, folder / f"{curve.name}.svg")


if __name__ == "__main__":
    main(Figures.read(Path(sys.argv[1])), Path(sys.argv[2]))
