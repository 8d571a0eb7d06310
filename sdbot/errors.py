"""What can go wrong, with the facts as attributes; what members read of it is in chat/messages.py.

SdbotError
├── ConfigError            settings that cannot be used, all of them at once
├── StartError             the bot cannot start, in one line for its operator
├── Refused                what a member asked for is not done
│   ├── QueueFull
│   ├── ShuttingDown
│   ├── MissingPermissions
│   └── UnknownJob
└── DeliveryError          a message did not reach Discord
    ├── DeliveryDelayed    trying again may help
    └── Undeliverable      trying again is of no use
"""

from collections.abc import Iterable


class SdbotError(Exception):
    """Base of all errors of the bot."""


class ConfigError(SdbotError):
    """Settings that cannot be used; `faults` has a line for each."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class StartError(SdbotError):
    """The bot cannot start; `str()` is one line that says what to do."""


class Refused(SdbotError):
    """What a member asked for is not done."""


class QueueFull(Refused):
    """`limit` jobs are waiting already."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"{limit} jobs are waiting already")


class ShuttingDown(Refused):
    """The bot is about to end."""


class MissingPermissions(Refused):
    """The bot lacks permissions where it was asked; `names` as Discord shows them."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        super().__init__(f"missing permissions: {', '.join(self.names)}")


class UnknownJob(Refused):
    """No row is kept of this job."""

    def __init__(self, job_id: int) -> None:
        self.job_id = job_id
        super().__init__(f"no job {job_id} is stored")


class DeliveryError(SdbotError):
    """A message did not reach Discord."""


class DeliveryDelayed(DeliveryError):
    """Trying again may help."""


class Undeliverable(DeliveryError):
    """Trying again is of no use."""
