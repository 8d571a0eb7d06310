"""The bot's figures, in the manner of Prometheus."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

from sdbot.errors import Undeliverable
from sdbot.service.events import Event, Kind

_WAITS = (1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 14400)
_STEPS = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300)
_LAGS = (0.005, 0.01, 0.05, 0.1, 0.5, 1, 3, 10)

# The state in which an event leaves its job; what ends a job is not here.
_STATES = {
    Kind.ACCEPTED: "waiting",
    Kind.RESUMED: "waiting",
    Kind.BEGUN: "painting",
    Kind.PAINTED: "delivering",
}
_OUTCOMES = (Kind.DELIVERED, Kind.DELAYED, "undeliverable", Kind.NOT_DELIVERED)
_ENDS = (Kind.DELIVERED, Kind.FAILED, Kind.PAUSED, Kind.NOT_DELIVERED)


class Metrics:
    """Counts events, in a registry of its own. A wait begins anew with a restart.

    Memory, processor time and open files are those that `ProcessCollector` finds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._states: dict[int, str] = {}
        self._since: dict[int, float] = {}
        registry = self._registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        jobs = Gauge("sdbot_jobs", "Jobs that have not ended", ["state"], registry=registry)
        for state in dict.fromkeys(_STATES.values()):
            jobs.labels(state).set_function(partial(self._num_jobs, state))
        self._connected = Gauge(
            "sdbot_gateway_connected", "1 with a connection to Discord", registry=registry
        )
        self._deliveries = Counter(
            "sdbot_deliveries",
            "What came of tries to reach a member",
            ["outcome"],
            registry=registry,
        )
        for outcome in _OUTCOMES:
            self._deliveries.labels(outcome)
        self._hidden = Counter(
            "sdbot_models_hidden", "Models and LoRAs that cannot be used", registry=registry
        )
        self._waits = Histogram(
            "sdbot_wait_seconds", "From acceptance to painting", registry=registry, buckets=_WAITS
        )
        self._steps = Histogram(
            "sdbot_step_seconds", "One step of a painting", registry=registry, buckets=_STEPS
        )
        self.lag = Histogram(
            "sdbot_event_loop_lag_seconds",
            "How late the event loop is",
            registry=registry,
            buckets=_LAGS,
        )

    def hear(self, event: Event) -> None:
        """Count an event."""
        if event.kind in (Kind.CONNECTED, Kind.DISCONNECTED):
            self._connected.set(event.kind is Kind.CONNECTED)
        if event.kind is Kind.MODEL_HIDDEN:
            self._hidden.inc()
        if outcome := _outcome(event):
            self._deliveries.labels(outcome).inc()
        if event.job is not None:
            self._follow(event.kind, event.job.id)

    def exposition(self) -> bytes:
        """What Prometheus reads."""
        return generate_latest(self._registry)

    def _follow(self, kind: Kind, job_id: int) -> None:
        now = self._clock()
        if kind in (Kind.BEGUN, Kind.STEPPED) and job_id in self._since:
            timed = self._waits if kind is Kind.BEGUN else self._steps
            timed.observe(now - self._since[job_id])
        if kind in _ENDS:
            self._states.pop(job_id, None)
            self._since.pop(job_id, None)
        elif kind in _STATES or kind is Kind.STEPPED:
            self._states[job_id] = _STATES.get(kind, "painting")
            self._since[job_id] = now

    def _num_jobs(self, state: str) -> int:
        return sum(1 for current in self._states.values() if current == state)


def _outcome(event: Event) -> str | None:
    """Pictures that cannot be posted fail their job; of not delivered not even that was said."""
    if event.kind is Kind.FAILED:
        return "undeliverable" if isinstance(event.error, Undeliverable) else None
    return event.kind if event.kind in _OUTCOMES else None
