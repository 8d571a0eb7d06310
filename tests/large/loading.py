"""python -m tests.large.loading: how long and how much memory it takes to load SD 1.5's size.

For each form and dtype, in a process of its own: seconds from files in the system's cache to ready,
and the growth of the process's anonymous memory at its peak, beside the bound: the model's size in
that dtype, its largest tensor, and a tenth. Writes its part of docs/performance.md.
"""

import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from datetime import date
from math import prod
from pathlib import Path

import diffusion
from tests.diffusion import pickled, singles
from tests.large.bench.document import section
from tests.large.bench.figures import table
from tests.large.bench.parts import PERFORMANCE, rewrite
from tests.large.processes import in_process
from tests.large.sd15 import write_model

MIB = 2**20
BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
TEXT = (
    "The weights are float16, the same in each form, and in the system's cache; seconds are from "
    "the first look at the files to a model that can paint, in a process of its own. Growth is the "
    "most that its anonymous memory grew, with TensorFlow imported before; the bound is the "
    "model's size in its dtype, its largest tensor, and a tenth."
)


def anonymous_memory():
    """RssAnon of this process, in bytes."""
    status = Path("/proc/self/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("RssAnon"))
    return int(line.split()[1]) * 1024


@contextmanager
def anonymous_peak():
    """A list of one number: the most RssAnon inside so far, in bytes."""
    peak, is_done = [anonymous_memory()], threading.Event()

    def watch():
        while not is_done.wait(0.005):
            peak[0] = max(peak[0], anonymous_memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        is_done.set()
        watcher.join()


def write_forms(folder):
    """The same model as a folder and as single files: (form, path) each."""
    write_model(folder / "folder")
    held = diffusion.ModelInfo.read(folder / "folder").weights
    parts = {part: weights.tensors() for part, weights in held.items()}
    tensors = {
        row.name: parts[singles.PARTS[row.prefix]][row.today].read().reshape(row.shape)
        for row in singles.rows("sd15")
        if row.today
    }
    singles.write(folder / "model.safetensors", tensors)
    pickled.save(folder / "model.ckpt", tensors)
    return [
        ("folder of diffusers", folder / "folder"),
        ("one safetensors file", folder / "model.safetensors"),
        ("one pickled file", folder / "model.ckpt"),
    ]


def measure(model, dtype):
    """Load once; (seconds, peak growth and bound in bytes)."""
    import diffusion.runtime
    from diffusion.checkpoints import loading  # noqa: F401 - so that it is imported before

    start = time.perf_counter()
    info = diffusion.ModelInfo.read(model)
    sizes = []
    for weights in info.weights.values():
        sizes += [prod(tensor.shape) * BYTES[dtype] for tensor in weights.tensors().values()]
    before = anonymous_memory()
    with anonymous_peak() as peak:
        diffusion.load(info, dtype)
    return time.perf_counter() - start, peak[0] - before, 1.1 * sum(sizes) + max(sizes)


def main(output):
    rows, is_within = [], True
    with tempfile.TemporaryDirectory() as folder:
        for form, model in in_process(write_forms, Path(folder)):
            for dtype in BYTES:
                seconds, growth, bound = in_process(measure, model, dtype)
                is_within &= growth <= bound
                rows.append(
                    (form, dtype, f"{seconds:.1f}", f"{growth / MIB:.0f}", f"{bound / MIB:.0f}")
                )
    found = table(("form", "dtype", "seconds", "growth, MiB", "bound, MiB"), rows)
    measured = f"`make loading` measured this on {date.today()}. {TEXT}"
    text = section("How long does it take to load a model?", measured, found)
    print(text)
    rewrite(output, "loading", text)
    return 0 if is_within else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if sys.argv[1:] else PERFORMANCE))
