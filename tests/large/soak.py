"""python -m tests.large.soak [SEED]: what becomes of promises when the bot is killed at random.

Rounds of KILLS each, while members ask without pause; by turns within the life of Discord's nonce
and after it. Every job that was accepted is to be delivered or explained, and none twice; the exit
code is 1 otherwise. The columns in percent say how many of the kills found jobs in that state.
"""

import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.sdbot.accounts import STATES
from tests.sdbot.crashes import crashing
from tests.sdbot.load import under_load

ROUNDS, KILLS = 6, 10
NONCE_SECONDS = (0.1, 300)
COLUMNS = (
    *("nonce life", "kills", "accepted", "delivered", "explained", "cancelled", "unfinished"),
    *("duplicates", *STATES, "seconds"),
)


async def soak(seed: int) -> bool:
    """Whether every promise was kept, once."""
    show(COLUMNS)
    is_kept = True
    for number in range(ROUNDS):
        nonce_seconds = NONCE_SECONDS[number % len(NONCE_SECONDS)]
        begun = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            async with crashing(Path(folder), nonce_seconds) as crashes:
                result, found = await under_load(crashes, KILLS, random.Random(seed + number))
        shares = [f"{found[state] / KILLS:.0%}" for state in STATES]
        seconds = f"{time.monotonic() - begun:.0f}"
        show((f"{nonce_seconds:g} s", KILLS, *vars(result).values(), *shares, seconds))
        is_kept &= result.is_kept
    return is_kept


def show(facts: tuple[object, ...]) -> None:
    print(*(f"{fact:>10}" for fact in facts), flush=True)


if __name__ == "__main__":
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else time.time_ns() % 10**6
    print(f"seed {seed}")
    sys.exit(0 if asyncio.run(soak(seed)) else 1)
