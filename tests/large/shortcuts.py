"""python -m tests.large.shortcuts [OUTPUT]: what each shortcut saves, and what it changes.

Writes docs/shortcuts.md. Pictures are of the embedded model; of one of Stable Diffusion 1.5's size,
whose weights are random, only the seconds of a call are measured.
"""

import sys
import tempfile
import time
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np

from diffusion.recipe import Shortcuts
from tests.conftest import ROOT
from tests.large.bench.figures import in_turns, psnr, ratios, table
from tests.large.bench.guided import predictor
from tests.large.bench.inputs import GUIDANCE, TIMESTEP, make_inputs
from tests.large.bench.machine import machine
from tests.large.processes import in_process
from tests.large.sd15 import write_model

PROMPTS = ("a red apple", "a smiling face with sunglasses", "a blue whale", "a green frog")
SEEDS = (1, 2)
NUM_STEPS = 25
EXACT = "exact"
SHORTCUTS = {
    EXACT: Shortcuts(),
    "guidance 0 to 0.8": Shortcuts(guidance_interval=(0.0, 0.8)),
    "guidance 0 to 0.5": Shortcuts(guidance_interval=(0.0, 0.5)),
    "guidance 0.2 to 0.8": Shortcuts(guidance_interval=(0.2, 0.8)),
    "features of every 2nd call": Shortcuts(reuse_features=2),
    "features of every 3rd call": Shortcuts(reuse_features=3),
    "features of every 5th call": Shortcuts(reuse_features=5),
    "a quarter of the tokens merged": Shortcuts(merge_tokens=0.25),
    "half of the tokens merged": Shortcuts(merge_tokens=0.5),
    "three quarters of the tokens merged": Shortcuts(merge_tokens=0.75),
    "guidance 0 to 0.8, features of every 2nd": Shortcuts(
        guidance_interval=(0.0, 0.8), reuse_features=2
    ),
}
CALL_ROUNDS = 3
# More calls than are made.
MANY = 1000


def pictures():
    """Rows for the embedded model."""
    import diffusion

    pipeline = diffusion.load()
    recipes = iter(
        pipeline.info.make_recipe(prompt, seed=seed, num_steps=NUM_STEPS)
        for prompt in PROMPTS
        for seed in SEEDS
    )
    found = {name: [] for name in SHORTCUTS}

    def paint(name, recipe):
        start = time.perf_counter()
        image = pipeline(replace(recipe, shortcuts=SHORTCUTS[name]))
        seconds = time.perf_counter() - start
        found[name].append(np.asarray(image))
        return seconds

    first = pipeline.info.make_recipe(PROMPTS[0], seed=0, num_steps=NUM_STEPS)
    in_turns({name: partial(paint, name, first) for name in SHORTCUTS}, 1)  # it traces
    found.update({name: [] for name in SHORTCUTS})
    times = {name: [] for name in SHORTCUTS}
    for recipe in recipes:
        turn = in_turns({name: partial(paint, name, recipe) for name in SHORTCUTS}, 1)
        for name, seconds in turn.items():
            times[name] += seconds
    rows = []
    for name, row in _by_exact(times).items():
        decibels = [
            psnr(image, exact)
            for image, exact in zip(found[name], found[EXACT], strict=True)
            if name != EXACT
        ]
        middle, least = (f"{of(decibels):.1f}" if decibels else "" for of in (median, min))
        rows.append([*row, middle, least])
    return rows


def calls(folder):
    """Rows for one call of the UNet of the model in `folder`."""
    import diffusion

    pipeline = diffusion.load(folder, "bfloat16")
    inputs = make_inputs(64, 512, pipeline.info.text_encoder.hidden_size)

    def make(guidance_scale=GUIDANCE, **shortcuts):
        shortcuts = Shortcuts(**shortcuts)
        return predictor(pipeline, inputs["context"], guidance_scale, shortcuts=shortcuts)

    def call(make):
        predict = make()
        start = time.perf_counter()
        predict(inputs["latents"], np.float32(TIMESTEP))
        return time.perf_counter() - start

    always = make(reuse_features=MANY)
    call(lambda: always)  # it computes them
    runs = {
        EXACT: make,
        "without guidance": partial(make, guidance_scale=1),
        "computing features": partial(make, reuse_features=2),
        "reusing features": lambda: always,
    }
    for share in (0.25, 0.5, 0.75):
        runs[f"{share:g} of the tokens merged"] = partial(make, merge_tokens=share)

    runs = {name: partial(call, run) for name, run in runs.items()}
    in_turns(runs, 1)  # it traces
    times = in_turns(runs, CALL_ROUNDS)
    return list(_by_exact(times).values())


def _by_exact(times):
    """Of each name a row: seconds, and the share of the exact one's in the same turn."""
    rows = {}
    for name, seconds in times.items():
        middle, least, most = ratios(seconds, times[EXACT])
        shares = [f"{middle:.2f}", f"{least:.2f} to {most:.2f}"] if name != EXACT else ["1", ""]
        rows[name] = [name, f"{median(seconds):.3g}", *shares]
    return rows


def main(output):
    with tempfile.TemporaryDirectory() as folder:
        in_process(write_model, Path(folder))
        large = in_process(calls, folder)
    header = ("setting", "seconds", "of the exact", "least to most")
    parts = [
        f"# Shortcuts\n\n`make shortcuts` measured and wrote this on {date.today()}.",
        table(("", ""), [list(fact) for fact in machine().items()]),
        "All take turns; shares are of the seconds of the exact one in the same turn: the median, "
        "the least and the most.",
        f"## Pictures of the included model\n\n{NUM_STEPS} steps at 128 x 128 in float32, "
        f"{len(PROMPTS) * len(SEEDS)} pictures: {len(PROMPTS)} prompts with {len(SEEDS)} seeds "
        "each. PSNR is against the exact picture, its range the peak: the median and the least of "
        "the pictures. More is nearer.",
        table((*header, "PSNR, dB", "least"), in_process(pictures)),
        "## A call of Stable Diffusion 1.5's UNet\n\nA guided call at 64 x 64 latents in bfloat16 "
        f"with random weights; medians of {CALL_ROUNDS}.",
        table(header, large),
    ]
    text = "\n\n".join(parts) + "\n"
    print(text)
    output.write_text(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else ROOT / "docs" / "shortcuts.md")
