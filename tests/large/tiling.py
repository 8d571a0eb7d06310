"""python -m tests.large.tiling: the memory that painting 1024 x 1024 takes, without and with tiles.

A model of Stable Diffusion 1.5's size in bfloat16 paints over a picture in one step, so that the
autoencoder encodes and decodes; each way in a process of its own, from its start: the seconds have
the tracing in them. The peaks are of what was resident, mapped files among it (VmHWM), and of the
process's own (RssAnon). The exit code is 1 if the peak with tiles is above 6 GiB.
"""

import re
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from tests.large.loading import anonymous_peak
from tests.large.processes import in_process
from tests.large.sd15 import write_model

GIB = 2**30
LIMIT = 6 * GIB
SIZE = (1024, 1024)
DTYPE = "bfloat16"


def most_resident():
    """VmHWM of this process, in bytes."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def measure(folder, is_tiled):
    """Load and paint once; (seconds of the painting, VmHWM and the peak of RssAnon in bytes)."""
    import diffusion.runtime
    from diffusion.images import pixel_hash
    from diffusion.recipe import Shortcuts, Source

    image = Image.effect_mandelbrot(SIZE, (-2, -1.5, 1, 1.5), 100).convert("RGB")
    with anonymous_peak() as peak:
        pipeline = diffusion.load(folder, DTYPE)
        recipe = pipeline.info.make_recipe(
            "a lighthouse on a cliff",
            seed=0,
            num_steps=1,
            size=SIZE,
            source=Source(image=pixel_hash(image), strength=1.0),
            shortcuts=Shortcuts(tiled_vae=is_tiled),
            dtype=DTYPE,
        )
        start = time.perf_counter()
        pipeline(recipe, image=image)
        seconds = time.perf_counter() - start
    return seconds, most_resident(), peak[0]


def main():
    with tempfile.TemporaryDirectory() as folder:
        in_process(write_model, Path(folder))
        print(f"{'tiled_vae':<12}{'seconds':>8}{'VmHWM':>12}{'RssAnon':>12}")
        for is_tiled in (False, True):
            seconds, resident, anonymous = in_process(measure, folder, is_tiled)
            print(
                f"{is_tiled!s:<12}{seconds:8.0f}"
                f"{resident / GIB:8.2f} GiB{anonymous / GIB:8.2f} GiB",
                flush=True,
            )
    return 0 if resident <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
