"""python -m tests.large.fuzz_pickles [libFuzzer's options]: PyTorch's files as no one wrote them.

Atheris changes files that were whole or hostile, byte by byte, and keeps what reaches new lines of
the reader. Whatever comes: tensors, or a `ModelError`, and nothing imported, opened or executed.
"""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tests.conftest import REFERENCE
from tests.diffusion import hostile, pickled
from tests.diffusion.hearing import nothing_but_reading

BYTES_AT_MOST = 12_000
# By a file's first byte: as it is, or a pickle in a file of either form.
FORMS = {b"f": bytes, b"z": pickled.archive, b"l": pickled.legacy}


def main():
    """Fuzz in a process that ends itself, and take its files away."""
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        for number, seed in enumerate(seeds()):
            (corpus / str(number)).write_bytes(seed)
        program = "from tests.large.fuzz_pickles import fuzz; fuzz()"
        options = [f"-max_len={BYTES_AT_MOST}", "-rss_limit_mb=4096", *sys.argv[1:]]
        command = [sys.executable, "-c", program, corpus, f"-artifact_prefix={folder}/", *options]
        return subprocess.run(command, check=False).returncode


def seeds():
    """What PyTorch wrote, its pickles, and hostile ones, each with its form's letter."""
    for file in sorted((REFERENCE / "pickles").glob("*.[cpb]*")):
        yield b"f" + file.read_bytes()
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                yield b"z" + archive.read(f"{file.stem}/data.pkl")
    for content, _fault in hostile.CASES.values():
        if len(content) < BYTES_AT_MOST:
            yield from (b"z" + content, b"l" + content)


def fuzz():
    """Read one file after the other; never returns."""
    import atheris

    with atheris.instrument_imports(include=["diffusion.checkpoints", "pickletools"]):
        from diffusion.checkpoints.containers import tensors_in
        from diffusion.errors import ModelError
    path = Path(sys.argv[1]).parent / "now.ckpt"

    def read(data):
        path.write_bytes(FORMS.get(data[:1], bytes)(data[1:]))
        with nothing_but_reading(path):
            try:
                for tensor in tensors_in(path).values():
                    tensor.read()
            except ModelError as error:
                if not str(error).isprintable():
                    raise AssertionError(ascii(str(error))) from error

    atheris.Setup(sys.argv, read)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
