"""python -m tests.large.loading: how much memory it takes to load a model of SD 1.5's size.

For each dtype, in a process of its own: the growth of the process's anonymous memory at its peak,
beside the bound: the model's size in that dtype, its largest tensor, and a tenth.
"""

import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from math import prod
from pathlib import Path

from tests.large.processes import in_process
from tests.large.sd15 import write_model

MIB = 2**20
BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}


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


def measure(folder, dtype):
    """Load once; (seconds, peak growth and bound in bytes)."""
    import diffusion.runtime

    info = diffusion.ModelInfo.read(folder)
    sizes = []
    for weights in info.weights.values():
        sizes += [prod(tensor.shape) * BYTES[dtype] for tensor in weights.tensors().values()]
    before = anonymous_memory()
    start = time.perf_counter()
    with anonymous_peak() as peak:
        diffusion.load(folder, dtype)
    return time.perf_counter() - start, peak[0] - before, 1.1 * sum(sizes) + max(sizes)


def main():
    with tempfile.TemporaryDirectory() as folder:
        in_process(write_model, Path(folder))
        is_within = True
        print(f"{'dtype':<10}{'seconds':>8}{'growth':>12}{'bound':>12}")
        for dtype in BYTES:
            seconds, growth, bound = in_process(measure, folder, dtype)
            is_within &= growth <= bound
            print(f"{dtype:<10}{seconds:8.1f}{growth / MIB:8.0f} MiB{bound / MIB:8.0f} MiB")
    return 0 if is_within else 1


if __name__ == "__main__":
    sys.exit(main())
