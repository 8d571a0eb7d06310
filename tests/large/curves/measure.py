"""python -m tests.large.curves.measure OUTPUT: measure every point, and write them as JSON."""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

from tests.conftest import MODEL
from tests.large.bench.machine import machine
from tests.large.bench.worker import OURS, Worker
from tests.large.curves.figures import Cost, Figures
from tests.large.curves.plan import INCLUDED, LARGE, Point, all_points

MIN_RUNS, MAX_RUNS, ENOUGH_SECONDS = 3, 7, 5.0


def repeated(run: Callable[[], float]) -> list[float]:
    """Seconds of MIN_RUNS runs, and of more of them up to MAX_RUNS while they are short."""
    seconds = [run() for _ in range(MIN_RUNS)]
    while len(seconds) < MAX_RUNS and sum(seconds) < ENOUGH_SECONDS:
        seconds.append(run())
    return seconds


def cost(point: Point, folder: Path) -> Cost:
    """In a process of its own."""
    with Worker(OURS, "curves.painter") as worker:
        worker.seconds("load", folder=str(folder), dtype=point.dtype)
        loading_gib = worker.peak_gib()
        worker.forget_peak()
        first = worker.seconds(point.task, **point.arguments)
        others = repeated(lambda: worker.seconds(point.task, **point.arguments))
        return Cost(first=first, others=others, loading_gib=loading_gib, peak_gib=worker.peak_gib())


def costs(points: list[Point], folders: dict[str, Path]) -> dict[Point, Cost]:
    """In an order that keeps neighbours apart, so that a noisy minute does not bend a curve."""
    found = {}
    for point in random.Random(1).sample(points, len(points)):
        found[point] = cost(point, folders[point.model])
        print(point, found[point], flush=True)
    return found


def main(output: Path) -> None:
    with tempfile.TemporaryDirectory() as large:
        with Worker(OURS, "curves.painter") as worker:
            versions = worker.result("versions")
            worker.seconds("write", folder=large)
        found = costs(all_points(), {INCLUDED: MODEL, LARGE: Path(large)})
    output.parent.mkdir(exist_ok=True)
    Figures(date=str(date.today()), machine=machine(), versions=versions, costs=found).write(output)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
