"""Whether the bot does what it is there for."""

from __future__ import annotations

from dataclasses import dataclass

from sdbot.errors import EngineWedged
from sdbot.service.events import Event, Kind


@dataclass(frozen=True)
class Answer:
    """`status` is ready, loading, draining, wedged or disconnected; `reason` says why not ready."""

    status: str
    reason: str = ""


class Condition:
    """What the events say of the bot."""

    def __init__(self) -> None:
        self._wedged = ""
        self._is_draining = False
        self._is_loaded = False
        self._is_connected = False

    def hear(self, event: Event) -> None:
        """Learn of an event."""
        if isinstance(event.error, EngineWedged):
            self._wedged = str(event.error)
        match event.kind:
            case Kind.MODEL_LOADED:
                self._is_loaded = True
            case Kind.MODEL_FAILED:
                self._wedged = "the model could not be loaded; the log says why"
            case Kind.CONNECTED | Kind.DISCONNECTED:
                self._is_connected = event.kind is Kind.CONNECTED
            case Kind.DRAINING:
                self._is_draining = True

    @property
    def now(self) -> Answer:
        """What hinders most, first: wedged is what does not go on by itself."""
        if self._wedged:
            return Answer("wedged", self._wedged)
        if self._is_draining:
            return Answer("draining", "the bot is ending; what waits is painted after a restart")
        if not self._is_loaded:
            return Answer("loading", "the model is being loaded")
        if not self._is_connected:
            return Answer("disconnected", "there is no connection to Discord's gateway")
        return Answer("ready")
