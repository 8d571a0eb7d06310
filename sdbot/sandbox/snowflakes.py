"""Discord's ids: the milliseconds since 2015 above 22 bits, unique and growing."""

import time
from datetime import UTC, datetime

EPOCH_MILLISECONDS = 1_420_070_400_000
TIME_SHIFT = 22


class Snowflakes:
    """Makes ids from the clock, each greater than `newest` and than the one before."""

    def __init__(self, newest: int = 0) -> None:
        self._newest = newest

    def next(self) -> str:
        now = (time.time_ns() // 1_000_000 - EPOCH_MILLISECONDS) << TIME_SHIFT
        self._newest = max(now, self._newest + 1)
        return str(self._newest)


def timestamp(snowflake: str) -> str:
    """When the id was made, as Discord writes it: ISO 8601 in UTC."""
    return datetime.fromtimestamp(_made_at(snowflake), UTC).isoformat()


def age_seconds(snowflake: str) -> float:
    """How long ago the id was made."""
    return time.time() - _made_at(snowflake)


def _made_at(snowflake: str) -> float:
    """In seconds since 1970."""
    return ((int(snowflake) >> TIME_SHIFT) + EPOCH_MILLISECONDS) / 1000


def now() -> str:
    """This moment as Discord writes it."""
    return datetime.now(UTC).isoformat()
