"""python -m tests.large.profile: which operations a guided call of the UNet spends its time in.

Writes its part of docs/performance.md.
"""

import os
import re
import sys
import tempfile
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np

from tests.conftest import MODEL
from tests.large.bench.document import UNET_GFLOP, section
from tests.large.bench.figures import table
from tests.large.bench.guided import predictor
from tests.large.bench.inputs import TIMESTEP, make_inputs
from tests.large.bench.parts import PERFORMANCE, rewrite
from tests.large.processes import in_process
from tests.large.sd15 import write_model

NUM_ROWS = 10
WARM_UPS = 3
# What runs operations, parts of them, and how XLA's are begun.
NO_OPERATIONS = ("Process", "ParallelFor", "Start", "ExecuteAsyncOnStream")
PRODUCTS = re.compile("MatMul|Conv2D|Einsum")
TEXT = (
    "TensorFlow's profiler followed one guided call at the model's own size, one operation after "
    "the other; the two halves of a small model's call run side by side, and both count. "
    "Milliseconds are of all operations of a kind from their beginnings to their ends. A call that "
    "is followed takes longer than others."
)


def profile(folder, dtype):
    """Of one call, milliseconds and number of each kind of operation."""
    os.environ["TF_NUM_INTEROP_THREADS"] = "1"
    import diffusion

    pipeline = diffusion.load(folder, dtype)
    import tensorflow as tf

    info = pipeline.info
    side = info.generation.native_size[0]
    inputs = make_inputs(side // info.vae.downscale, side, info.text_encoder.hidden_size)
    predict = predictor(pipeline, inputs["context"])

    def call():
        predict(inputs["latents"], np.float32(TIMESTEP))

    for _ in range(WARM_UPS):
        call()
    with tempfile.TemporaryDirectory() as log:
        with tf.profiler.experimental.Profile(log):
            call()
        (file,) = Path(log).rglob("*.xplane.pb")
        return operations(file)


def operations(file):
    """Milliseconds and number of each kind of operation in what the profiler wrote."""
    from tensorflow.tsl.profiler.protobuf.xplane_pb2 import XSpace

    milliseconds, count = Counter(), Counter()
    for plane in XSpace.FromString(file.read_bytes()).planes:
        for line in plane.lines:
            if not line.name.startswith("tf_Compute"):
                continue
            for event in line.events:
                name = plane.event_metadata[event.metadata_id].name.rpartition(":")[2]
                if name not in NO_OPERATIONS:
                    milliseconds[name] += event.duration_ps / 1e9
                    count[name] += 1
    return milliseconds, count


def rows(milliseconds, count):
    """Of the kinds that take longest, and of all others together."""
    whole = milliseconds.total()
    found = [
        (f"`{name}`", count[name], spent) for name, spent in milliseconds.most_common(NUM_ROWS)
    ]
    shown = sum(spent for _name, _count, spent in found)
    others = count.total() - sum(number for _name, number, _spent in found)
    found.append(("all others", others, whole - shown))
    return [
        (name, str(number), f"{spent:.1f}", f"{spent / whole:.0%}") for name, number, spent in found
    ]


def bound(milliseconds):
    """How fast products are, and what is left to all else."""
    products = sum(spent for name, spent in milliseconds.items() if PRODUCTS.search(name))
    share = products / milliseconds.total()
    return (
        f"A call of the plain UNet is {UNET_GFLOP:,} GFLOP; this one, with upsampling folded into "
        f"convolutions, is fewer. Products and convolutions take {share:.0%} of it, at "
        f"{UNET_GFLOP / products * 1000:.0f} GFLOP/s by the plain count. All else takes "
        f"{1 - share:.0%}."
    )


def main(output):
    header = ("operation", "calls", "ms", "share")
    with tempfile.TemporaryDirectory() as folder:
        in_process(write_model, Path(folder))
        large, large_count = in_process(profile, folder, "bfloat16")
    small, small_count = in_process(profile, MODEL, "bfloat16")
    text = section(
        "Where does a call of the UNet spend its time?",
        f"`make profile` measured this on {date.today()}. {TEXT}",
        "### Stable Diffusion 1.5's size, bfloat16",
        table(header, rows(large, large_count)),
        bound(large),
        "### The included model, bfloat16",
        table(header, rows(small, small_count)),
    )
    print(text)
    rewrite(output, "profile", text)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else PERFORMANCE)
