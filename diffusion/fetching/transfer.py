"""Bytes of remote files, gone on with where an earlier try ended, and checked."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
from huggingface_hub import get_session

from diffusion.errors import FetchError
from diffusion.fetching.addresses import check_secure
from diffusion.fetching.sources import RemoteFile

_PART = ".part"  # what follows the name of a file that is not whole
_TIMEOUT_SECONDS = 30
_MOST_REDIRECTS = 10
# What is waited after each try in a row in which nothing came.
_PAUSES_SECONDS = (1.0, 4.0, 16.0)


def bytes_there(target: Path) -> int:
    """How much of a file earlier tries have left."""
    return next((path.stat().st_size for path in (target, _part(target)) if path.exists()), 0)


def _part(target: Path) -> Path:
    return target.with_name(target.name + _PART)


@dataclass(frozen=True)
class Transfer:
    """Downloads of one source; `on_bytes` hears how much came, or is lost where it is below 0."""

    headers: Mapping[str, str]
    on_bytes: Callable[[int], object]

    def download(self, file: RemoteFile, target: Path) -> None:
        """Make `target` the file, unless an earlier run did.

        Broken connections are tried again. Raises `FetchError` on what has another checksum, and
        `httpx2.HTTPError` where the rest cannot be had.
        """
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        part = _part(target)
        self._complete(file, part)
        if file.checksum and not file.checksum.matches(part):
            part.unlink()
            raise FetchError(f"{file.path} is removed: it has not the checksum {file.checksum}")
        os.replace(part, target)

    def _complete(self, file: RemoteFile, part: Path) -> None:
        part.touch()
        pauses = iter(_PAUSES_SECONDS)
        while (done := part.stat().st_size) != file.size:
            try:
                self._go_on(file, part, done)
            except httpx2.TransportError:
                if part.stat().st_size > done:
                    pauses = iter(_PAUSES_SECONDS)
                pause = next(pauses, None)
                if pause is None:
                    raise
                time.sleep(pause)

    def _go_on(self, file: RemoteFile, part: Path, done: int) -> None:
        """Append what is lacking after `done` bytes; what is no continuation starts anew."""
        asked = {**self.headers, "Range": f"bytes={done}-"} if done else self.headers
        with answer(file.url, asked) as response:
            if done and not _continues(response, done):
                self.on_bytes(-done)
                done = 0
            with part.open("ab" if done else "wb") as stream:
                for piece in response.iter_raw():
                    done += len(piece)
                    if done > file.size:
                        raise FetchError(f"{file.path} is larger than stated: {file.size} bytes")
                    stream.write(piece)
                    self.on_bytes(len(piece))
        if done < file.size:
            raise httpx2.RemoteProtocolError(f"it ended after {done} of {file.size} bytes")


def _continues(response: httpx2.Response, done: int) -> bool:
    """Whether the answer is the part that was asked for, and not the whole file."""
    begins = response.headers.get("Content-Range", "").startswith(f"bytes {done}-")
    return response.status_code == httpx2.codes.PARTIAL_CONTENT and begins


@contextmanager
def answer(url: str, headers: Mapping[str, str]) -> Iterator[httpx2.Response]:
    """The answer to a GET, its bytes not read yet and as they are.

    A token in the headers does not follow a redirect to another host. Raises `httpx2.HTTPError`,
    and `FetchError` where a redirect leaves https.
    """
    client, plain = get_session(), {**headers, "Accept-Encoding": "identity"}
    request = client.build_request("GET", url, headers=plain, timeout=_TIMEOUT_SECONDS)
    for _ in range(_MOST_REDIRECTS):
        check_secure(str(request.url))
        with closing(client.send(request, stream=True, follow_redirects=False)) as response:
            if response.next_request is None:
                response.raise_for_status()
                yield response
                return
        request = response.next_request
    raise httpx2.TooManyRedirects(f"more than {_MOST_REDIRECTS} redirects", request=request)
