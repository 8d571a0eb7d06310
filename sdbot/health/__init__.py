"""The bot as seen from outside: whether it is ready, and its figures for Prometheus."""

from sdbot.health.server import Health

__all__ = ["Health"]
