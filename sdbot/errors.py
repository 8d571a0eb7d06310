"""What can go wrong, with the facts as attributes; what members read of it is in chat/messages.py.

SdbotError
├── ConfigError            settings that cannot be used, all of them at once
├── StartError             the bot cannot start, in one line for its operator
├── ModelHidden            a model or LoRA that members cannot choose, in one line for the operator
├── AlreadyAccepted        an interaction that came twice makes no second job
├── RestartNeeded          the bot cannot go on, and starting it again may help
│   ├── DiscordUnreachable
│   └── EngineWedged
├── Refused                what a member asked for is not done
│   ├── QueueFull
│   ├── MemberLimitReached
│   ├── ShuttingDown
│   ├── ModelUnavailable
│   ├── UserInstalled
│   ├── MissingPermissions
│   ├── BadInput
│   ├── UnknownJob
│   ├── NotInLine
│   ├── NotYours
│   ├── NoPicture
│   ├── NoRecipe
│   ├── PictureRefused
│   └── PictureGone
├── JobFailed              an accepted job ends without its picture
│   ├── Cancelled
│   ├── OutOfMemory
│   ├── DiedTwice
│   ├── ModelGone
│   └── PaintingFailed
└── DeliveryError          a message did not reach Discord
    ├── DeliveryDelayed    trying again may help
    └── Undeliverable      trying again is of no use
        ├── ChannelClosed
        └── TooLarge
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


class ModelHidden(SdbotError):
    """What members cannot choose, though it is there; `str()` is one line that says why."""


class AlreadyAccepted(SdbotError):
    """The interaction has made a job already."""


class RestartNeeded(SdbotError):
    """The bot cannot go on; `str()` is one line that says why. Starting it again may help."""


class DiscordUnreachable(RestartNeeded):
    """Discord does not answer, or not as it should."""


class EngineWedged(RestartNeeded):
    """The engine has not done something in `seconds`; a thread that hangs cannot be ended."""

    def __init__(self, seconds: float, fault: str = "no step has ended") -> None:
        self.seconds = seconds
        super().__init__(f"the engine hangs: {fault} in {seconds:.0f} s")


class Refused(SdbotError):
    """What a member asked for is not done."""


class QueueFull(Refused):
    """`limit` jobs are waiting already."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"{limit} jobs are waiting already")


class MemberLimitReached(Refused):
    """`limit` jobs of this member are waiting or being painted already."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"{limit} jobs of this member are waiting already")


class ShuttingDown(Refused):
    """The bot is about to end."""


class ModelUnavailable(Refused):
    """The model could not be loaded."""


class UserInstalled(Refused):
    """The bot was added to an account and not to a server."""


class MissingPermissions(Refused):
    """The bot lacks permissions where it was asked; `names` as Discord shows them."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        super().__init__(f"missing permissions: {', '.join(self.names)}")


class BadInput(Refused):
    """What was typed into `field` of a form cannot be read."""

    def __init__(self, field: str, received: str, allowed: str) -> None:
        self.field = field
        self.received = received
        self.allowed = allowed
        super().__init__(f"{field} is {received!r}; allowed: {allowed}")


class UnknownJob(Refused):
    """No row is kept of this job."""

    def __init__(self, job_id: int) -> None:
        self.job_id = job_id
        super().__init__(f"no job {job_id} is stored")


class NotInLine(Refused):
    """The job neither waits nor is being painted."""

    def __init__(self, job_id: int) -> None:
        self.job_id = job_id
        super().__init__(f"job {job_id} is not in the line")


class NotYours(Refused):
    """Only the requester, or who may manage messages, can do this."""


class NoPicture(Refused):
    """The message has no picture to paint from."""


class NoRecipe(Refused):
    """The message carries no picture of this bot that is on record."""


class PictureRefused(Refused):
    """A picture that cannot be painted from; `reason` says what was received and is allowed."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class PictureGone(Refused):
    """The picture that a job was painted from is no longer kept."""


class JobFailed(SdbotError):
    """An accepted job ends without its picture."""


class Cancelled(JobFailed):
    """Its owner, or who may manage messages, has cancelled it."""


class OutOfMemory(JobFailed):
    """There is not enough memory for a picture of this size."""


class DiedTwice(JobFailed):
    """The bot's process has died twice while this was being painted."""


class ModelGone(JobFailed):
    """The model that it was to be painted with is no longer there, or cannot be loaded."""


class PaintingFailed(JobFailed):
    """The engine failed; the log says why."""


class DeliveryError(SdbotError):
    """A message did not reach Discord."""


class DeliveryDelayed(DeliveryError):
    """Trying again may help."""


class Undeliverable(DeliveryError):
    """Trying again is of no use."""


class ChannelClosed(Undeliverable):
    """The bot may not write there any more, or there is nothing left to write into."""


class TooLarge(Undeliverable):
    """The pictures are too large for the channel in every format."""
