"""Gateway v10: HELLO, IDENTIFY, heartbeats, dispatches, RESUME with replay, and shards."""

from sdbot.sandbox.gateway.gateway import Gateway

__all__ = ["Gateway"]
