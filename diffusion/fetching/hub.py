"""Repositories of the Hugging Face hub, or of another that HF_ENDPOINT names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import httpx2
from huggingface_hub import HfApi, get_token
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from diffusion.errors import FetchError
from diffusion.fetching.addresses import RepositoryAddress, check_secure
from diffusion.fetching.sources import NOT_STATED, Checksum, RemoteFile, Source, printable

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo, RepoSibling

_TIMEOUT_SECONDS = 30
_TOKEN = "a token of https://huggingface.co/settings/tokens in HF_TOKEN"
_HIDDEN = f"if it is private or gated, be let in there, and have {_TOKEN}"


def hub_hosts() -> tuple[str, ...]:
    """Where addresses are those of repositories."""
    return ("huggingface.co", "hf.co", urlsplit(HfApi().endpoint).netloc)


def ask_hub(address: RepositoryAddress) -> Source:
    """All files of a repository at one commit. Raises `FetchError`."""
    api = HfApi()
    check_secure(api.endpoint)
    page = f"{api.endpoint}/{address.name}"
    try:
        with explained(page):
            info = api.model_info(
                address.name,
                revision=address.revision,
                files_metadata=True,
                timeout=_TIMEOUT_SECONDS,
            )
            if info.gated:
                api.auth_check(address.name)
        return _source(address, page, info)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise FetchError(f"{page} does not answer as a hub does: {error!r}") from error


def _source(address: RepositoryAddress, page: str, info: ModelInfo) -> Source:
    folder, token = f"{page}/resolve/{info.sha}", get_token()
    return Source(
        name=address.name,
        page=page,
        revision=printable(f"{address.revision or 'main'}, commit {info.sha}"),
        state=str(info.sha),
        licence=_licence(info),
        files=tuple(_file(folder, sibling) for sibling in info.siblings or ()),
        headers={"Authorization": f"Bearer {token}"} if token else {},
    )


def _file(folder: str, sibling: RepoSibling) -> RemoteFile:
    url = f"{folder}/{quote(sibling.rfilename)}"
    if sibling.lfs:
        checksum = Checksum("sha256", sibling.lfs.sha256)
        return RemoteFile(sibling.rfilename, url, int(sibling.lfs.size), checksum)
    checksum = Checksum("git", str(sibling.blob_id))
    return RemoteFile(sibling.rfilename, url, int(sibling.size or 0), checksum)


def _licence(info: ModelInfo) -> str:
    card = info.card_data.to_dict() if info.card_data else {}
    stated = [card.get(key) for key in ("license_name", "license", "license_link")]
    return printable(", ".join(str(each) for each in stated if each)) or NOT_STATED


@contextmanager
def explained(page: str) -> Iterator[None]:
    """Faults of the network and of who answers, as a `FetchError` that says what to do."""
    try:
        yield
    except HFValidationError as error:
        raise FetchError(str(error)) from error
    except OfflineModeIsEnabled as error:
        raise FetchError(f"HF_HUB_OFFLINE is set, so {page} is not asked") from error
    except GatedRepoError as error:
        agree = f"accept its terms on that page, and have {_TOKEN}"
        raise FetchError(f"{page} is gated: {agree}") from error
    except RevisionNotFoundError as error:
        raise FetchError(f"{page} has no such revision") from error
    except RepositoryNotFoundError as error:
        raise FetchError(f"{page} is not there; {_HIDDEN}") from error
    except (HfHubHTTPError, httpx2.HTTPStatusError) as error:
        raise FetchError(_refusal(page, error.response.status_code)) from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        reason = str(error) or type(error).__name__
        raise FetchError(f"the connection to {page} failed: {reason}; try again") from error


def _refusal(page: str, status: int) -> str:
    if status in (401, 403):
        return f"{page} is not given to us ({status}); {_HIDDEN}"
    if status in (404, 410):
        return f"{page} is not there ({status})"
    return f"{page} answers {status}; try again later"
