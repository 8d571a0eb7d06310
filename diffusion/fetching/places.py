"""Where fetched files are put: beside it while they are not whole, then in one step."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

from diffusion.checkpoints.origin import origin_file
from diffusion.errors import FetchError
from diffusion.fetching.sources import RemoteFile, Source
from diffusion.fetching.transfer import bytes_there


@dataclass(frozen=True)
class Place:
    """A model's folder (`is_folder`) or a file, and the hidden folder in which it becomes whole.

    What was begun is found again as long as the source, and what is asked of it, is as it was.
    """

    source: Source
    target: Path
    is_folder: bool

    @property
    def parts(self) -> Path:
        """The hidden folder, on the same disk."""
        state = f"{self.source.state} {self.source.files}"
        digits = sha256(state.encode()).hexdigest()[:10]
        return self.target.parent / f".{self.target.name}.{digits}"

    @property
    def files(self) -> Mapping[RemoteFile, Path]:
        """Each file while it is not in its place."""
        return self._files_in(self.parts)

    def is_done(self) -> bool:
        """Whether all is there already, with the same content.

        Raises `FetchError` where something else has the name.
        """
        if not os.path.lexists(self.target):
            return False
        for file, path in self._files_in(self.target).items():
            if not path.is_file() or path.stat().st_size != file.size:
                self._refuse(path)
            if file.checksum and not file.checksum.matches(path):
                self._refuse(path)
        return True

    def _files_in(self, folder: Path) -> Mapping[RemoteFile, Path]:
        if self.is_folder:
            return {file: folder / file.path for file in self.source.files}
        (file,) = self.source.files
        return {file: folder if folder == self.target else folder / self.target.name}

    def _refuse(self, path: Path) -> None:
        other = f"{path} is not what {self.source.name} has"
        raise FetchError(f"{self.target} is there already, and {other}; choose another by --to")

    @property
    def lacking(self) -> int:
        """Bytes that are still to be fetched."""
        return self.source.size - sum(map(bytes_there, self.files.values()))

    @property
    def free(self) -> int:
        """Bytes that the disk has room for."""
        there = next(folder for folder in self.target.absolute().parents if folder.exists())
        return shutil.disk_usage(there).free

    @contextmanager
    def opened(self) -> Iterator[None]:
        """The hidden folder, for this process alone. Raises `FetchError` where another has it."""
        self.parts.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.parts, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError as error:
            raise FetchError(f"{self.target} is being fetched by another process") from error
        finally:
            os.close(handle)

    def drop(self) -> None:
        """Remove what was begun."""
        shutil.rmtree(self.parts)

    def put(self) -> None:
        """Move what is whole to its place, with the note. Raises `OSError` where one has come."""
        if os.path.lexists(self.target):
            raise FileExistsError(f"{self.target} was put there meanwhile; what came is kept")
        note = json.dumps(self._facts(), indent=2) + "\n"
        if self.is_folder:
            origin_file(self.parts).write_text(note, "utf-8")
            os.rename(self.parts, self.target)
        else:
            origin_file(self.target).write_text(note, "utf-8")
            os.rename(self.parts / self.target.name, self.target)
            self.parts.rmdir()

    def _facts(self) -> Mapping[str, object]:
        return {
            "source": self.source.page,
            "revision": self.source.revision,
            "licence": self.source.licence,
            "fetched": date.today().isoformat(),
            "files": {file.path: str(file.checksum or "") for file in self.source.files},
        }
