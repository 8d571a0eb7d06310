"""python -m tests.large.bench.stages STARTED OUTPUT: where the time of one picture goes.

STARTED is when the process was started, in seconds since 1970. It does what `python -m diffusion`
does, and paints a second time, to tell the painting from what only the first one does.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.large.bench.inputs import PROMPT

NUM_STEPS = 20
TRACING = "what the first picture alone needs: tracing"


@contextmanager
def timed(times: dict[str, float], name: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    times[name] = time.perf_counter() - start


def measure(started: float, output: Path) -> dict[str, float]:
    import diffusion.__main__
    import diffusion.runtime
    from diffusion.images import encode_png
    from diffusion.output import write_whole

    times = {"the interpreter and its imports": time.time() - started}
    with timed(times, "reading the settings"):
        info = diffusion.ModelInfo.read(diffusion.DEFAULT_MODEL_PATH)
        recipe = info.make_recipe(PROMPT, num_steps=NUM_STEPS)
    with timed(times, "loading the model"):
        pipeline = diffusion.load(info)
    with timed(times, TRACING):
        pipeline(recipe)
    with timed(times, "painting"):
        image = pipeline(recipe)
    times[TRACING] -= times["painting"]
    with timed(times, "saving"):
        write_whole(output, encode_png(image))
    return times


if __name__ == "__main__":
    print(json.dumps(measure(float(sys.argv[1]), Path(sys.argv[2]))))
