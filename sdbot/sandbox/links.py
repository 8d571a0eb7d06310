"""Links to files, which expire, as Discord's do: `ex` and `is` are times, `hm` signs both."""

import hmac
import time
from collections.abc import Mapping
from urllib.parse import quote

from sdbot.sandbox.world import World


def signed(world: World, path: str) -> str:
    """A fresh link to a path of the CDN.

    It is the same for a while, so that a page finds in its cache what it shows again.
    """
    life = int(world.link_life_seconds)
    step = max(life // 24, 1)
    issued = int(time.time()) // step * step
    times = f"ex={issued + life:x}&is={issued:x}"
    return f"{world.origin}{quote(path)}?{times}&hm={_signature(world, path, times)}&"


def is_good(world: World, path: str, query: Mapping[str, str]) -> bool:
    """Whether this world signed the link, and lately."""
    times = f"ex={query.get('ex')}&is={query.get('is')}"
    signature = _signature(world, path, times)
    if not hmac.compare_digest(signature.encode(), query.get("hm", "").encode()):
        return False
    return time.time() < int(query["ex"], 16)


def _signature(world: World, path: str, times: str) -> str:
    key = world.identity.token.encode()
    return hmac.digest(key, f"{path}?{times}".encode(), "sha256").hex()
