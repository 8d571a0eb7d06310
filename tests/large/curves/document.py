"""python -m tests.large.curves.document FIGURES OUTPUT: write the section on how cost grows."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

from tests.large.bench.document import facts, section
from tests.large.bench.figures import table
from tests.large.bench.parts import rewrite
from tests.large.curves.figures import Cost, Figures
from tests.large.curves.fits import Power, Straight
from tests.large.curves.plan import AXES, CURVES, INCLUDED, LARGE, Curve, Point

MODELS = {INCLUDED: "the included model", LARGE: "the model of Stable Diffusion 1.5's size"}
FIXED = {
    "side": "{0} x {0} pixels",
    "count": "a batch of {0}",
    "num_steps": "{0} steps",
    "num_tokens": "a prompt of {0} tokens",
}


def by_side(sides: Sequence[int], seconds: Sequence[float]) -> str:
    """The largest side of which half was measured too is held against that half."""
    half, side = max((side // 2, side) for side in sides if side / 2 in sides)
    times = seconds[sides.index(side)] / seconds[sides.index(half)]
    exponent = Power.through(sides, seconds).exponent
    return (
        f"seconds grow as side^{exponent:.2f}; {side} pixels take {times:.1f} times those of {half}"
    )


def by_count(counts: Sequence[int], seconds: Sequence[float]) -> str:
    share = seconds[-1] / (counts[-1] / counts[0] * seconds[0])
    return f"{counts[-1]} at once take {share:.0%} of the seconds of as many single ones"


def by_steps(steps: Sequence[int], seconds: Sequence[float]) -> str:
    line = Straight.through(steps, seconds)
    return f"a step takes {line.slope:.3g} s, and all else {line.start:.2g} s"


def by_tokens(_tokens: Sequence[int], seconds: Sequence[float]) -> str:
    return (
        f"the slowest length takes {max(seconds) / min(seconds):.2f} times as long as the fastest"
    )


RULES: Mapping[str, Callable[[Sequence[int], Sequence[float]], str]] = {
    "side": by_side,
    "count": by_count,
    "num_steps": by_steps,
    "num_tokens": by_tokens,
}


def growth(curve: Curve, costs: Mapping[Point, Cost]) -> str:
    """A line for each series, in words."""
    lines = []
    for name in curve.series:
        found = [costs[point] for point in curve.points(name)]
        rule = RULES[curve.axis](curve.values, [each.seconds for each in found])
        first, last = (f"{found[index].peak_gib:.2f}" for index in (0, -1))
        peak = f"goes from {first} to {last}" if first != last else f"stays at {first}"
        lines.append(f"- {name}: {rule}; the peak {peak} GiB.")
    return "\n".join(lines)


def figures_of(curve: Curve, costs: Mapping[Point, Cost]) -> str:
    """The table behind a picture: a row for each value."""
    header = [AXES[curve.axis]]
    columns = [[str(value) for value in curve.values]]
    for name in curve.series:
        found = [costs[point] for point in curve.points(name)]
        header += [f"{name}, s", "tracing, s", "peak, GiB"]
        columns.append([f"{each.seconds:.3g}" for each in found])
        columns.append([f"{each.tracing:.2g}" for each in found])
        columns.append([f"{each.peak_gib:.2f}" for each in found])
    return table(header, list(zip(*columns, strict=True)))


def fixed(curve: Curve) -> str:
    """What is the same in all of a curve's points."""
    point = next(iter(curve.series.values()))
    others = [
        FIXED[name].format(value) for name, value in point.arguments.items() if name != curve.axis
    ]
    return ", ".join([point.dtype] * (point.model == LARGE) + others)


def loading(costs: Mapping[Point, Cost]) -> str:
    """What it takes before anything is painted, by model and dtype."""
    kinds = sorted({(point.model, point.dtype) for point in costs})
    found = []
    for kind in kinds:
        peaks = [costs[point].loading_gib for point in costs if (point.model, point.dtype) == kind]
        found.append(f"{median(peaks):.2f} GiB for {MODELS[kind[0]]} in {kind[1]}")
    return ", ".join(found)


def part(curve: Curve, costs: Mapping[Point, Cost]) -> str:
    """Its picture, what it says, and its table."""
    picture = f"![{curve.title}: seconds and memory](curves/{curve.name}.svg)"
    words = f"With {fixed(curve)}:"
    rows = figures_of(curve, costs)
    return "\n\n".join([f"### {curve.title}", picture, words, growth(curve, costs), rows])


def document(figures: Figures) -> str:
    text = (
        f"`make curves` measured and drew this on {figures.date}. Each point is a process of its "
        "own that does the same again and again. Seconds are the median of its runs after the "
        "first, with the least and the most as a bar in the picture; tracing is what the first run "
        "took beyond that. Memory is the most that the process had resident (VmHWM) from when the "
        f"model was loaded. Loading itself peaked at {loading(figures.costs)}."
    )
    parts = [part(curve, figures.costs) for curve in CURVES]
    known = facts(figures.machine, figures.versions)
    return section("How does the cost grow?", text, known, *parts)


if __name__ == "__main__":
    rewrite(Path(sys.argv[2]), "curves", document(Figures.read(Path(sys.argv[1]))))
