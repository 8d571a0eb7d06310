"""python -m diffusion "a red apple" -o apple.png"""

from __future__ import annotations

import argparse
import importlib
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

import diffusion
from diffusion.description import describe
from diffusion.errors import DiffusionError
from diffusion.images import encode_png
from diffusion.output import check_free, numbered, write_whole
from diffusion.recipe import DTYPES, LONG_PROMPTS
from diffusion.request import Request, make_request

if TYPE_CHECKING:
    from PIL import Image

    from diffusion.pipeline import Pipeline, Step

_WEIGHTS = diffusion.DEFAULT_MODEL_PATH.parent


def main(arguments: list[str] | None = None) -> int:
    """Paint, inspect or fetch; the exit code: 0, or 2 with one line on stderr."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["fetch"]:
        return importlib.import_module("diffusion.fetching.command").main(arguments[1:])
    parser = _parser()
    options = parser.parse_args(arguments)
    has_text = options.prompt is not None or options.recipe is not None
    if options.inspect is None and not (options.output and has_text):
        parser.error("needed: a prompt or --recipe, and --output; or --inspect")
    try:
        if options.inspect is not None:
            print(describe(_info(options.inspect, options)))
        else:
            _paint_files(options)
    except (DiffusionError, OSError, MemoryError) as error:
        print(f"error: {str(error) or 'out of memory'}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m diffusion",
        description="Paint pictures from a text.",
        epilog="To fetch a model: python -m diffusion fetch --help",
    )
    add = parser.add_argument
    add("prompt", nargs="?", help="what the picture shows")
    add("-o", "--output", type=Path, help="the PNG to write; of several, each gets a number")
    add("--negative-prompt", help="what the picture should not show")
    long = "cut what the text encoder cannot take at once, or encode it in chunks; default: chunk"
    add("--long-prompt", choices=LONG_PROMPTS, help=long)
    add(
        "--clip-skip",
        type=int,
        metavar="N",
        help="1 takes the text encoder's last layer, 2 the one before; default: the model's",
    )
    plain = "brackets, BREAK and <tags> are words like all others"
    add("--plain-prompt", action="store_true", default=None, help=plain)
    lora = "a LoRA of the library, as the tag <lora:NAME:WEIGHT> in the prompt; may be repeated"
    add("--lora", action="append", metavar="NAME[:WEIGHT]", help=lora)
    add("--seed", type=int, help="0 to 4294967295; default: random")
    add("--steps", type=int, help="default: the model's")
    add("--guidance", type=float, help="how closely the text is followed; default: the model's")
    add("--guidance-rescale", type=float, help="0 to 1; default: 0")
    add("--eta", type=float, help="the noise that ddim adds, 0 to 1; default: 0")
    add(
        "--guidance-interval",
        type=float,
        nargs=2,
        metavar=("START", "STOP"),
        help="guidance in this share of the steps alone; default: 0 1, all of them",
    )
    add("--reuse-features", type=int, metavar="N", help="compute the deep ones every N-th call")
    add("--merge-tokens", type=float, metavar="SHARE", help="attend to fewer places, 0 to 0.75")
    tiled = "less memory for large pictures: decode and encode them in tiles"
    add("--tiled-vae", action="store_true", default=None, help=tiled)
    add("--scheduler", help="default: the model's")
    add("--size", type=_size, help="such as 128x128; default: the model's, or the image's ratio")
    add("--count", type=int, default=1, help="pictures, with the seeds that follow each other")
    add("--image", type=Path, help="a picture to paint over")
    add("--mask", type=Path, help="white where the image is painted over")
    add("--strength", type=float, help="how much of the image changes, above 0, to 1")
    add("--recipe", type=Path, help="a PNG of ours, to be painted again")
    add("--model", type=Path, default=diffusion.DEFAULT_MODEL_PATH, help="a folder or a file")
    add("--vae", type=Path, metavar="FILE", help="a VAE in the place of the model's own")
    where = "the library: a folder with loras and embeddings in it; default: the project's weights"
    add("--weights", type=Path, default=_WEIGHTS, metavar="FOLDER", help=where)
    add("--dtype", choices=DTYPES, help="default: float32")
    add("--force", action="store_true", help="overwrite files that are there")
    add("--times", action="store_true", help="paint twice and print where the time went")
    add("--inspect", type=Path, metavar="MODEL", help="say what a model is, and stop")
    return parser


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)x(\d+)", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r}; allowed: WIDTHxHEIGHT, such as 128x128")
    return int(match[1]), int(match[2])


def _info(model: Path, options: argparse.Namespace) -> diffusion.ModelInfo:
    info = diffusion.ModelInfo.read(model)
    return info.with_vae(options.vae) if options.vae else info


def _paint_files(options: argparse.Namespace) -> None:
    files = numbered(options.output, options.count)
    check_free(files, force=options.force)
    info = _info(options.model, options)
    library = diffusion.Library.read(options.weights)
    request = make_request(info, options, library)
    times: dict[str, float] = {}
    with _timed(times, "import"):
        importlib.import_module("diffusion.runtime")
    with _timed(times, "load"):
        pipeline = diffusion.load(info, request.recipes[0].dtype, library)
    if request.is_of_old:
        note = "was painted by an older version: pixels may differ by a level"
        print(f"note: {options.recipe} {note}", file=sys.stderr)
    _warn_of_cut(pipeline, request)
    with _timed(times, "first call"):
        images = _paint(pipeline, request)
    for file, recipe, image in zip(files, request.recipes, images, strict=True):
        write_whole(file, encode_png(image))
        print(f"{file} (seed {recipe.sampling.seed})")
    if options.times:
        with _timed(times, "one picture" if options.count == 1 else f"{options.count} pictures"):
            _paint(pipeline, request)
        for name, seconds in times.items():
            print(f"{name:<12}{seconds:6.2f} s")


@contextmanager
def _timed(times: dict[str, float], name: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    times[name] = time.perf_counter() - start


def _warn_of_cut(pipeline: Pipeline, request: Request) -> None:
    negative_prompt, prompt = pipeline.read_text(request.recipes[0])
    for name, reading in (("prompt", prompt), ("negative prompt", negative_prompt)):
        if reading.cut:
            kept = reading.kept[-40:].strip()
            print(f"note: the {name} is cut after {kept!r}", file=sys.stderr)


def _paint(pipeline: Pipeline, request: Request) -> list[Image.Image]:
    with tqdm(unit="step") as bar:

        def on_step(step: Step) -> None:
            bar.total = step.num_calls
            bar.update()

        return pipeline.paint(
            request.recipes, image=request.image, mask=request.mask, on_step=on_step
        )


if __name__ == "__main__":
    sys.exit(main())
