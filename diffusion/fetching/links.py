"""A file at an address of its own, outside the hub."""

from __future__ import annotations

from email.message import Message
from hashlib import sha256
from urllib.parse import unquote, urlsplit

import httpx2

from diffusion.errors import FetchError
from diffusion.fetching.addresses import LinkAddress, shown
from diffusion.fetching.hub import explained
from diffusion.fetching.sources import NOT_STATED, RemoteFile, Source, printable
from diffusion.fetching.transfer import answer


def ask_link(address: LinkAddress) -> Source:
    """What is there, by the first lines of the answer. Raises `FetchError`."""
    page = shown(address.url)
    with explained(page), answer(address.url, {}) as response:
        headers = response.headers
        if headers.get("Content-Type", "").startswith("text/html"):
            raise FetchError(f"{page} is a page and no file; copy the address of its download")
        size = headers.get("Content-Length", "")
        if not size.isdecimal():
            raise FetchError(f"{page} does not say how large it is")
        state = headers.get("ETag") or headers.get("Last-Modified") or NOT_STATED
        name = _name(response, address.url)
    return Source(
        name=name,
        page=page,
        revision=printable(state),
        state=sha256(f"{address.url} {size} {state}".encode()).hexdigest(),
        licence=NOT_STATED,
        files=(RemoteFile(name, address.url, int(size), None),),
    )


def _name(response: httpx2.Response, url: str) -> str:
    """The file's name: as the answer gives it, or the end of the address."""
    message = Message()
    message["Content-Disposition"] = response.headers.get("Content-Disposition", "")
    return message.get_filename() or unquote(urlsplit(url).path).rpartition("/")[2]
