"""python -m diffusion fetch owner/name"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from tqdm import tqdm

from diffusion import DEFAULT_MODEL_PATH, ModelInfo
from diffusion.checkpoints.containers import tensors_in
from diffusion.checkpoints.folder import check_settings
from diffusion.errors import DiffusionError, FetchError, ModelError
from diffusion.fetching.addresses import LinkAddress, RepositoryAddress, parse_address
from diffusion.fetching.hub import ask_hub, explained, hub_hosts
from diffusion.fetching.links import ask_link
from diffusion.fetching.places import Place
from diffusion.fetching.selection import PLAIN, SETTINGS, is_model_folder, model_files, single_file
from diffusion.fetching.sources import Checksum, Source
from diffusion.fetching.transfer import Transfer

_WEIGHTS = DEFAULT_MODEL_PATH.parent
# What else than a model can be fetched, and where it is looked for.
_FOLDERS = {"lora": "loras", "embedding": "embeddings", "vae": "vae"}


def main(arguments: Sequence[str]) -> int:
    """Fetch; the exit code: 0, 130 when interrupted, or 2 with one line on stderr."""
    options = _parser().parse_args(arguments)
    try:
        _fetch(options)
    except (DiffusionError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m diffusion fetch",
        description="Fetch a model, a LoRA, an embedding or a VAE.",
    )
    add = parser.add_argument
    add("address", help="owner/name or owner/name@revision on huggingface.co, or an https address")
    add("--to", type=Path, metavar="PATH", help="where it is put; default: under weights")
    add("--kind", choices=_FOLDERS, help="what a single file is, if it is no model")
    variant = f"of weights, such as fp16, or {PLAIN}; default: fp16 where there is one"
    add("--variant", help=variant)
    add("--sha256", type=_digits, help="what a single file must have")
    add("--yes", action="store_true", help="download without asking")
    return parser


def _digits(text: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise argparse.ArgumentTypeError(f"{text!r}; allowed: 64 hexadecimal digits")
    return text.lower()


def _fetch(options: argparse.Namespace) -> None:
    address = parse_address(options.address, hub_hosts())
    place = _place(_offer(address, options), address, options)
    _show(place)
    if place.is_done():
        print(f"{place.target} is there already, with the same content: nothing to do")
    else:
        _check_room(place)
        _ask(options)
        _download(place)
    _say(place.target, options.kind)


def _offer(address: RepositoryAddress | LinkAddress, options: argparse.Namespace) -> Source:
    """What is to be fetched of what is there."""
    if isinstance(address, LinkAddress):
        source = ask_link(address)
        source = single_file(source, source.files[0].path)
    else:
        source = ask_hub(address)
        if address.file is None and is_model_folder(source):
            _refuse(options, "kind", "sha256", but="it is a whole model")
            return model_files(source, options.variant)
        source = single_file(source, address.file)
    _refuse(options, "variant", but="it is one file")
    return _with_checksum(source, options.sha256) if options.sha256 else source


def _refuse(options: argparse.Namespace, *names: str, but: str) -> None:
    for name in names:
        if getattr(options, name) is not None:
            raise FetchError(f"--{name} means nothing here: {but}")


def _with_checksum(source: Source, digits: str) -> Source:
    (file,) = source.files
    return replace(source, files=(replace(file, checksum=Checksum("sha256", digits)),))


def _place(
    source: Source, address: RepositoryAddress | LinkAddress, options: argparse.Namespace
) -> Place:
    """A folder for a model's; a file keeps its name, or is called as its repository is."""
    if is_model_folder(source):
        name = PurePosixPath(source.name).name
        return Place(source, options.to or _WEIGHTS / name, is_folder=True)
    (file,) = source.files
    suffix = PurePosixPath(file.name).suffix
    is_named = isinstance(address, LinkAddress) or address.file is not None
    name = file.name if is_named else PurePosixPath(source.name).name + suffix
    folder = options.to or _WEIGHTS / _FOLDERS.get(options.kind, "")
    return Place(source, folder if folder.suffix == suffix else folder / name, is_folder=False)


def _show(place: Place) -> None:
    source = place.source
    print(f"{source.name} from {source.page}")
    print(f"  revision: {source.revision}")
    print(f"  licence: {source.licence}")
    for file in source.files:
        print(f"  {_amount(file.size):>9}  {file.path}")
    print(f"  {_amount(source.size):>9}  to {place.target}, where {_amount(place.free)} are free")


def _amount(size: int) -> str:
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size} bytes"


def _check_room(place: Place) -> None:
    if place.lacking > place.free:
        needed = f"{_amount(place.lacking)} are to be fetched"
        where = f"the disk of {place.target} has {_amount(place.free)} free"
        raise FetchError(f"{needed}, and {where}; make room, or choose another by --to")


def _ask(options: argparse.Namespace) -> None:
    if options.yes:
        return
    if not sys.stdin.isatty():
        raise FetchError("nobody is here to be asked whether to download; --yes says so")
    try:
        is_agreed = input("Download? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        is_agreed = False
    if not is_agreed:
        raise FetchError("nothing is downloaded")


def _download(place: Place) -> None:
    source = place.source
    bar = tqdm(total=source.size, initial=source.size - place.lacking, unit="B", unit_scale=True)
    with place.opened(), explained(source.page), bar:
        transfer = Transfer(source.headers, bar.update)
        if place.is_folder:
            _check_family(place, transfer)
        for file, target in place.files.items():
            transfer.download(file, target)
        place.put()


def _check_family(place: Place, transfer: Transfer) -> None:
    """Raise `ModelError` on another family before its weights are downloaded."""
    for file, target in place.files.items():
        if file.path in SETTINGS:
            transfer.download(file, target)
    try:
        check_settings(place.parts)
    except ModelError:
        place.drop()
        raise


def _say(target: Path, kind: str | None) -> None:
    """Say what was fetched. Raises `DiffusionError` where it is no model, or cannot be read."""
    if kind is not None:
        print(f"{target}: {kind}, {len(tensors_in(target))} tensors")
        return
    model = target.parent if target.suffix == ".h5" else target  # Keras has four of them
    try:
        info = ModelInfo.read(model)
    except ModelError as error:
        fault = f"{model} is no model to paint with: {error}"
        raise FetchError(f"{target} is there, but {fault}") from error
    width, height = info.generation.native_size
    print(f"{model}: Stable Diffusion 1.x, {width}x{height}, {info.scheduler.prediction_type}")
    print(f'paint with it: python -m diffusion "a red apple" -o apple.png --model {model}')
