"""What a person types to say what is to be fetched."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urlsplit

from diffusion.errors import FetchError

_REPOSITORY = re.compile(r"([\w-][\w.-]*/[\w-][\w.-]*)(?:@(\S+))?", re.ASCII)
_PAGE = re.compile(r"/([^/]+/[^/]+)(?:/(?:tree|blob|resolve)/([^/]+)(?:/(.+))?)?/?")


@dataclass(frozen=True)
class RepositoryAddress:
    """A repository of the hub at a revision (None: its default), or one file of it."""

    name: str
    revision: str | None = None
    file: str | None = None


@dataclass(frozen=True)
class LinkAddress:
    """A file anywhere else."""

    url: str


def parse_address(text: str, hub_hosts: Collection[str]) -> RepositoryAddress | LinkAddress:
    """Raises `FetchError` on what is neither a repository nor a safe address."""
    if "://" not in text:
        match = _REPOSITORY.fullmatch(text)
        if match is None:
            allowed = "owner/name, owner/name@revision, or an https address"
            raise FetchError(f"{text!r} names nothing to fetch; allowed: {allowed}")
        return RepositoryAddress(match[1], match[2])
    check_secure(text)
    parts = urlsplit(text)
    if parts.netloc not in hub_hosts:
        return LinkAddress(text)
    match = _PAGE.fullmatch(parts.path)
    if match is None:
        raise FetchError(f"{shown(text)} is neither a repository's page nor a file's")
    name, revision, file = (unquote(part or "") for part in match.groups())
    return RepositoryAddress(name, revision or None, file or None)


def check_secure(url: str) -> None:
    """Raise `FetchError` unless nobody between here and there can change what comes."""
    parts = _split(url)
    if parts.scheme == "https" or (parts.scheme == "http" and _is_local(parts.hostname or "")):
        return
    raise FetchError(f"{shown(url)} is not safe; allowed: https, or http of this machine")


def shown(url: str) -> str:
    """An address without what may be secret in it: user, password and query."""
    parts = _split(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as error:
        raise FetchError(f"{url!r} is no address: {error}") from error


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
