"""python -m tests.large.soak: what becomes of what was promised when the bot is killed at random.

Rounds of KILLS each, by turns within the life of Discord's nonce and after it. Every job that was
accepted is to be delivered or explained, and none twice; the exit code is 1 otherwise.
"""

import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.sdbot.crashes import crashing, under_load

ROUNDS, KILLS = 6, 10
NONCE_SECONDS = (0.1, 300)
COLUMNS = ("nonce life", "kills", "accepted", "delivered", "explained", "unfinished", "duplicates")


async def soak(seed: int) -> bool:
    """Whether every promise was kept, once."""
    print(*(f"{column:>11}" for column in COLUMNS), "    seconds")
    is_kept = True
    for number in range(ROUNDS):
        nonce_seconds = NONCE_SECONDS[number % len(NONCE_SECONDS)]
        begun = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            async with crashing(Path(folder), nonce_seconds) as crashes:
                result = await under_load(crashes, KILLS, random.Random(seed + number))
        facts = (f"{nonce_seconds:g} s", KILLS, *vars(result).values())
        print(*(f"{fact:>11}" for fact in facts), f"{time.monotonic() - begun:11.0f}", flush=True)
        is_kept &= result.is_kept
    return is_kept


if __name__ == "__main__":
    seed = time.time_ns() % 10**6
    print(f"seed {seed}")
    sys.exit(0 if asyncio.run(soak(seed)) else 1)
