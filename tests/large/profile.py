"""python -m tests.large.profile: which operations a guided call of the UNet spends its time in.

Writes its part of docs/performance.md.
"""

import sys
import tempfile
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np

from tests.conftest import MODEL
from tests.large.bench.document import section
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
TEXT = (
    "TensorFlow's profiler followed one guided call at the model's own size. Milliseconds are of "
    "all operations of a kind from their beginnings to their ends; where two run side by side both "
    "count. A call that is followed takes longer than others."
)


def profile(folder, dtype):
    """Rows of one call: (operation, how often, ms, share)."""
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
        return rows(*operations(file))


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


def main(output):
    header = ("operation", "calls", "ms", "share")
    parts = []
    with tempfile.TemporaryDirectory() as large:
        in_process(write_model, Path(large))
        for name, folder in (("Stable Diffusion 1.5's size", large), ("The included model", MODEL)):
            found = in_process(profile, folder, "bfloat16")
            parts.append(f"### {name}, bfloat16\n\n{table(header, found)}")
    measured = f"`make profile` measured this on {date.today()}. {TEXT}"
    text = section("Where does a call of the UNet spend its time?", measured, *parts)
    print(text)
    rewrite(output, "profile", text)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else PERFORMANCE)
