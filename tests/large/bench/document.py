"""What was found, as sections of a document: a sentence on the manner, and a table."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median

from tests.large.bench.figures import Times, comparison, table
from tests.large.bench.inputs import GUIDANCE, PROMPT
from tests.large.bench.measures import (
    CORE,
    COUNTS,
    DIFFUSERS,
    LAYOUT_ROUNDS,
    PICTURE_STEPS,
    PRODUCT_ROUNDS,
    PRODUCT_SIZES,
    SHELL_ROUNDS,
    Found,
)
from tests.large.bench.stages import NUM_STEPS

UNET_GFLOP = 1607
"""Of one guided call at 512 x 512: twice the multiplications of its products and convolutions."""

COMPARED = (
    "measured",
    "dtype",
    f"{CORE}, s",
    "beside",
    "its s",
    "its / ours",
    "least to most",
    "pairs",
)
TASKS = {
    "text": "text encoder, 2 prompts of 77 tokens",
    "unet": "UNet, one guided call, 64 x 64 latents",
    "decode": "VAE decoder, 512 x 512",
    "encode": "VAE encoder, 512 x 512",
    "picture": f"a picture of {PICTURE_STEPS} steps, 512 x 512",
}
DIFFERENCES = {"unet": "the UNet's, guided", "decode": "a decoded picture"}
Products = Mapping[str, Mapping[str, Mapping[int, float]]]


def section(title: str, text: str, *tables: str) -> str:
    return "\n\n".join([f"## {title}", text, *tables])


def facts(machine: Mapping[str, str], versions: Mapping[str, str]) -> str:
    rows = [[name, value] for name, value in {**machine, **versions}.items()]
    return table(("", ""), rows)


def networks(found: Mapping[str, Found]) -> str:
    rows = [
        row
        for task, name in TASKS.items()
        for dtype, each in found.items()
        if task in each.times
        for row in comparison(name, dtype, each.times[task])
    ]
    text = (
        "A model of Stable Diffusion 1.5's size with random weights, the same for all. Seconds are "
        "medians; the ratio is that of neighbouring runs: their median, least and most. Above 1, "
        "this core is the faster. OpenVINO has diffusers' UNet alone."
    )
    return section(
        "How fast are the networks of Stable Diffusion 1.5?", text, table(COMPARED, rows)
    )


def pictures(found: Mapping[str, Found]) -> str:
    rows = []
    for count in COUNTS:
        times = {dtype: each.times[str(count)] for dtype, each in found.items()}
        rows += [
            row for dtype in found for row in comparison(_pictures(count), dtype, times[dtype])
        ]
        rows += comparison(_pictures(count), "each its best", _best(times))
    text = (
        f"The included model, {NUM_STEPS} steps of ddim with guidance {GUIDANCE:g} at 128 x 128, "
        f'from the words "{PROMPT}" to the pixels; all four processes take turns.'
    )
    return section("How fast is a picture of the included model?", text, table(COMPARED, rows))


def _pictures(count: int) -> str:
    return "1 picture" if count == 1 else f"{count} pictures at once"


def _best(times: Mapping[str, Times]) -> Times:
    """Of each contestant, the dtype with the least median."""
    return {
        name: min((each[name] for each in times.values()), key=median) for name in (CORE, DIFFUSERS)
    }


def layouts(large: Mapping[str, Found], embedded: Mapping[str, Found]) -> str:
    rows = []
    for model, found in (("Stable Diffusion 1.5", large), ("included", embedded)):
        for dtype, each in found.items():
            for task, times in each.layouts.items():
                seconds = [f"{min(times[layout]):.3g}" for layout in times]
                taken = min(times, key=lambda layout, times=times: min(times[layout]))
                rows.append([model, task, dtype, *seconds, taken])
    text = (
        "diffusers ran in the faster of PyTorch's two memory layouts, by the best of "
        f"{LAYOUT_ROUNDS} runs in turns. A picture decides for UNet and VAE together, another task "
        "for the network that it belongs to."
    )
    header = ("model", "task", "dtype", "contiguous, s", "channels last, s", "taken")
    return section("Which layout did diffusers have?", text, table(header, rows))


def memory(large: Mapping[str, Found], embedded: Mapping[str, Found]) -> str:
    rows = [
        [model, dtype, name, f"{gib:.2f}"]
        for model, found in (("Stable Diffusion 1.5", large), ("included", embedded))
        for dtype, each in found.items()
        for name, gib in each.memory.items()
    ]
    text = (
        "The most that each process had resident (VmHWM), after all of the above; mapped files "
        "count. Each had one model in one dtype; OpenVINO's had the UNet alone."
    )
    header = ("model", "dtype", "process", "peak, GiB")
    return section("How much memory does it take?", text, table(header, rows))


def shares(products: Products, large: Mapping[str, Found]) -> str:
    rates = [
        [dtype, library, *(f"{rate:.0f}" for rate in sizes.values())]
        for dtype, libraries in products.items()
        for library, sizes in libraries.items()
    ]
    rows = []
    for dtype, each in large.items():
        best = max(rate for sizes in products[dtype].values() for rate in sizes.values())
        for name, seconds in each.times["unet"].items():
            rate = UNET_GFLOP / median(seconds)
            rows.append([dtype, name, f"{rate:.0f}", f"{best:.0f}", f"{rate / best:.0%}"])
    text = (
        f"A guided call of the UNet at 512 x 512 is {UNET_GFLOP:,} GFLOP. It is held against the "
        "best product of square matrices in either library, each size the best of "
        f"{PRODUCT_ROUNDS} runs in turns."
    )
    return section(
        "How much of the processor does the UNet use?",
        text,
        "GFLOP/s of matrix products, by size:",
        table(("dtype", "library", *map(str, PRODUCT_SIZES)), rates),
        "The UNet's share of the best of them:",
        table(("dtype", "UNet of", "GFLOP/s", "best product", "share"), rows),
    )


def exactness(found: Mapping[tuple[str, str], float]) -> str:
    rows = [
        [DIFFERENCES[task], name, f"{decibels:.1f}"] for (name, task), decibels in found.items()
    ]
    text = (
        "PSNR of each contestant's bfloat16 against its own float32, on the same inputs with the "
        "same random weights; the peak is the range of the float32 output. More is better."
    )
    header = ("output", "of", "PSNR, dB")
    return section("What does bfloat16 cost in exactness?", text, table(header, rows))


def shell(walls: list[float], stages: Mapping[str, float]) -> str:
    rows = [[name, f"{seconds:.2f}"] for name, seconds in stages.items()]
    rows += [["together", f"{sum(stages.values()):.2f}"]]
    rows += [["the command itself, to its end", f"{median(walls):.2f}"]]
    text = (
        f'`python -m diffusion "{PROMPT}" --steps {NUM_STEPS} -o x.png` with the included model in '
        f"float32, files cached; medians of {SHELL_ROUNDS} runs. A second process does the same "
        "and times its stages; it paints twice to tell tracing from painting."
    )
    header = ("stage", "seconds")
    return section("How long is it from the shell to a PNG?", text, table(header, rows))
