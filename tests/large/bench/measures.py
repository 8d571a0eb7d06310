"""What is measured, phase by phase; each returns what it found."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from tests.conftest import MODEL
from tests.large.bench.figures import Times, in_turns, psnr
from tests.large.bench.inputs import PROMPT
from tests.large.bench.stages import NUM_STEPS
from tests.large.bench.worker import OURS, PEERS, ROOT, Worker

CORE, DIFFUSERS, OPENVINO = "this core", "diffusers", "OpenVINO"
MODULES = {
    CORE: (OURS, "bench.ours"),
    DIFFUSERS: (PEERS, "bench.theirs"),
    OPENVINO: (PEERS, "bench.converted"),
}
DTYPES = ("bfloat16", "float32")
LAYOUTS = ("contiguous_format", "channels_last")
NETWORKS = {"unet": ["unet"], "decode": ["vae"]}
"""The task that decides on the layout of networks."""

ROUNDS = 5
SIZE_ROUNDS = {
    "bfloat16": {"text": 5, "unet": 5, "decode": 3, "encode": 3, "picture": 1},
    "float32": {"text": 3, "unet": 2, "decode": 1, "encode": 1},
}
LAYOUT_ROUNDS = 2
PICTURE_STEPS = 3
COUNTS = (1, 4)
PRODUCT_SIZES = (1024, 2048, 4096, 8192)
PRODUCT_ROUNDS = 2
SHELL_ROUNDS = 3


@dataclass
class Found:
    """Of one model in one dtype: seconds by task, by layout, GiB by contestant."""

    times: dict[str, Times] = field(default_factory=dict)
    layouts: dict[str, Times] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)


def started(stack: ExitStack, name: str) -> Worker:
    """A contestant that ends with the stack."""
    return stack.enter_context(Worker(*MODULES[name]))


def convert(folder: Path, file: Path) -> float:
    """The UNet as OpenVINO's file; seconds."""
    with Worker(*MODULES[OPENVINO]) as worker:
        return worker.seconds("convert", folder=str(folder), file=str(file))


def large(folder: Path, converted: Path, outputs: Path, dtype: str) -> Found:
    """Every network of a model of Stable Diffusion 1.5's size; the outputs are kept in files."""
    found = Found()
    with ExitStack() as stack:
        workers = {name: started(stack, name) for name in MODULES}
        for name, worker in workers.items():
            worker.seconds(
                "load", **_place(converted if name == OPENVINO else folder, name), dtype=dtype
            )
        for task, networks in NETWORKS.items():
            found.layouts[task] = choose_layout(workers[DIFFUSERS], networks, task)
        for task, rounds in SIZE_ROUNDS[dtype].items():
            able = [CORE, DIFFUSERS, OPENVINO] if task == "unet" else [CORE, DIFFUSERS]
            contest = {name: workers[name] for name in able}
            arguments = {"count": 1, "steps": PICTURE_STEPS} if task == "picture" else {}
            found.times[task] = contested(contest, task, rounds, **arguments)
        for name in (CORE, DIFFUSERS):
            workers[name].seconds("save", file=str(outputs / f"{name} {dtype}.npz"))
        found.memory = {name: worker.peak_gib() for name, worker in workers.items()}
    return found


def _place(path: Path, name: str) -> dict[str, str]:
    return {"file" if name == OPENVINO else "folder": str(path)}


def contested(workers: dict[str, Worker], task: str, rounds: int, **arguments: Any) -> Times:
    """Once to warm up, a picture with a single step, then in turns."""
    short = {"steps": 1} if task == "picture" else {}
    for worker in workers.values():
        worker.seconds(task, **arguments | short)
    return shown(task, in_turns(_runs(workers, task, **arguments), rounds))


def _runs(workers: dict[str, Worker], task: str, **arguments: Any) -> dict[str, Any]:
    return {
        name: lambda worker=worker: worker.seconds(task, **arguments)
        for name, worker in workers.items()
    }


def choose_layout(worker: Worker, networks: list[str], task: str, **arguments: Any) -> Times:
    """Leave the networks in the layout whose best run is the faster."""

    def run(layout: str) -> float:
        worker.seconds("lay_out", networks=networks, layout=layout)
        return worker.seconds(task, **arguments)

    times = in_turns(
        {layout: lambda layout=layout: run(layout) for layout in LAYOUTS}, LAYOUT_ROUNDS
    )
    best = min(LAYOUTS, key=lambda layout: min(times[layout]))
    worker.seconds("lay_out", networks=networks, layout=best)
    return shown(f"{task}, layouts of diffusers", times)


def embedded() -> dict[str, Found]:
    """Whole pictures of the included model, by dtype; both dtypes take turns."""
    found = {dtype: Found() for dtype in DTYPES}
    with ExitStack() as stack:
        workers = {}
        for dtype in DTYPES:
            for name in (CORE, DIFFUSERS):
                workers[name, dtype] = started(stack, name)
                workers[name, dtype].seconds("load", folder=str(MODEL), dtype=dtype)
            found[dtype].layouts["picture"] = choose_layout(
                workers[DIFFUSERS, dtype], ["unet", "vae"], "picture", count=1, steps=NUM_STEPS
            )
        for count in COUNTS:
            arguments = {"count": count, "steps": NUM_STEPS}
            for worker in workers.values():
                worker.seconds("picture", **arguments)
            runs = _runs(workers, "picture", **arguments)
            times = in_turns(runs, ROUNDS)
            for dtype in DTYPES:
                mine = {name: times[name, dtype] for name in (CORE, DIFFUSERS)}
                found[dtype].times[str(count)] = shown(f"{count} of {dtype}", mine)
        for (name, dtype), worker in workers.items():
            found[dtype].memory[name] = worker.peak_gib()
    return found


def products() -> dict[str, dict[str, dict[int, float]]]:
    """GFLOP/s of square matrix products by dtype, library and size; the best of some rounds."""
    libraries = {"TensorFlow": CORE, "PyTorch": DIFFUSERS}
    found: dict[str, dict[str, dict[int, float]]] = {
        dtype: {library: {} for library in libraries} for dtype in DTYPES
    }
    with ExitStack() as stack:
        workers = {library: started(stack, name) for library, name in libraries.items()}
        for dtype in DTYPES:
            for size in PRODUCT_SIZES:
                for worker in workers.values():
                    worker.seconds("matrices", size=size, dtype=dtype)
                times = in_turns(_runs(workers, "product"), PRODUCT_ROUNDS)
                for library, seconds in times.items():
                    found[dtype][library][size] = 2 * size**3 / min(seconds) / 1e9
                shown(f"product of {size}, {dtype}", times)
    return found


def differences(outputs: Path) -> dict[tuple[str, str], float]:
    """PSNR in dB of bfloat16 against float32, by contestant and task."""
    found = {}
    for name in (CORE, DIFFUSERS):
        rough, exact = (np.load(outputs / f"{name} {dtype}.npz") for dtype in DTYPES)
        for task in exact.files:
            found[name, task] = psnr(rough[task], exact[task])
    return found


def shell(folder: Path) -> tuple[list[float], dict[str, float]]:
    """From the shell to a PNG: seconds of some runs, and the medians of the stages."""
    command = [OURS, "-m", "diffusion", PROMPT, "--steps", str(NUM_STEPS), "--force", "-o"]
    walls, stages = [], []
    for _ in range(SHELL_ROUNDS + 1):
        start = time.time()
        _run([*command, str(folder / "x.png")])
        walls.append(time.time() - start)
        module = "tests.large.bench.stages"
        stages.append(
            json.loads(_run([OURS, "-m", module, str(time.time()), str(folder / "x.png")]))
        )
    # The first of each reads the files into memory.
    return walls[1:], {name: median(each[name] for each in stages[1:]) for name in stages[0]}


def _run(command: list[Any]) -> str:
    return subprocess.run(command, cwd=ROOT, check=True, text=True, capture_output=True).stdout


def versions() -> dict[str, str]:
    found: dict[str, str] = {}
    for python, module in MODULES.values():
        with Worker(python, module) as worker:
            found |= worker.result("versions")
    return found


def shown(name: str, times: Times) -> Times:
    """Print what was measured, as it comes."""
    print(
        f"{name}: {'; '.join(f'{who} {_listed(each)}' for who, each in times.items())}", flush=True
    )
    return times


def _listed(seconds: Iterable[float]) -> str:
    return " ".join(f"{each:.3g}" for each in seconds)
