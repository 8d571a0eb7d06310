"""python -m diffusion "a red apple" -o apple.png"""

from __future__ import annotations

import argparse
import importlib
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

import diffusion
from diffusion.errors import DiffusionError
from diffusion.images import encode_png
from diffusion.recipe import Recipe

if TYPE_CHECKING:
    from PIL import Image

    from diffusion.pipeline import Pipeline


def main(arguments: list[str] | None = None) -> int:
    """Paint one picture; the exit code: 0, or 2 with one line on stderr."""
    options = _parser().parse_args(arguments)
    try:
        _run(options)
    except (DiffusionError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m diffusion", description="Paint a picture from a text."
    )
    parser.add_argument("prompt")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the PNG file to write")
    parser.add_argument("--negative-prompt", default="", help="what the picture should not show")
    parser.add_argument("--seed", type=int, help="0 to 4294967295; default: random")
    parser.add_argument("--steps", type=int, help="default: the model's")
    parser.add_argument("--guidance", type=float, help="default: the model's")
    parser.add_argument("--size", type=_size, help="such as 128x128; default: the model's")
    parser.add_argument("--model", type=Path, default=diffusion.DEFAULT_MODEL_PATH)
    parser.add_argument(
        "--times", action="store_true", help="paint twice and print where the time went"
    )
    return parser


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)x(\d+)", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r}; allowed: WIDTHxHEIGHT, such as 128x128")
    return int(match[1]), int(match[2])


def _run(options: argparse.Namespace) -> None:
    recipe = diffusion.ModelInfo.read(options.model).make_recipe(
        options.prompt,
        negative_prompt=options.negative_prompt,
        seed=options.seed,
        num_steps=options.steps,
        guidance_scale=options.guidance,
        size=options.size,
    )
    times: dict[str, float] = {}
    with _timed(times, "import"):
        importlib.import_module("diffusion.runtime")
    with _timed(times, "load"):
        pipeline = diffusion.load(options.model)
    with _timed(times, "first call"):
        image = _paint(pipeline, recipe)
    _write(options.output, encode_png(image, recipe))
    print(f"{options.output} (seed {recipe.sampling.seed})")
    if options.times:
        with _timed(times, "one picture"):
            pipeline(recipe)
        for name, seconds in times.items():
            print(f"{name:<12}{seconds:6.2f} s")


@contextmanager
def _timed(times: dict[str, float], name: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    times[name] = time.perf_counter() - start


def _paint(pipeline: Pipeline, recipe: Recipe) -> Image.Image:
    with tqdm(total=recipe.sampling.num_steps, unit="step") as bar:

        def on_step(_done: int, _num_steps: int) -> None:
            bar.update()

        return pipeline(recipe, on_step=on_step)


def _write(path: Path, data: bytes) -> None:
    """Write a whole file or none: what is half-written never has the name."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.name, delete=False) as part:
        try:
            part.write(data)
            part.close()
            os.chmod(part.name, 0o644)
            os.replace(part.name, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(part.name)
            raise


if __name__ == "__main__":
    sys.exit(main())
