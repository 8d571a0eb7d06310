"""Discord's limits and durations; tests shorten the latter."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a bot can wait for or run into. The defaults are Discord's own."""

    answer_seconds: float = 3.0
    """From the dispatch of an interaction until its first answer is due."""
    token_life_seconds: float = 15 * 60.0
    """From the dispatch of an interaction until its token is refused."""
    nonce_seconds: float = 5 * 60.0
    """How long a nonce with `enforce_nonce` finds the message that it made."""
    resume_seconds: float = 2 * 60.0
    """How long a gateway session without a connection keeps its events."""
    heartbeat_seconds: float = 41.25
    privileged_intents: int = 0
    """Those switched on in the developer portal: of members (1 << 1), of presences (1 << 8)."""
    rate_limits: bool = True
    """False for a test whose client knows nothing of them."""
    max_invalid_requests: int = 10_000
    """Answered 401, 403 or 429 within ten minutes; for the rest of them all is refused."""
    link_life_seconds: float = 24 * 60 * 60.0
    """How long a link to a file is good. Each answer that has a message has fresh ones."""
    max_files_bytes: int = 1024 * 1024 * 1024
    """Of all files on the disk; the oldest go first."""
    max_upload_bytes: int = 10 * 1024 * 1024
    """Of one file."""
    bot_stop_seconds: float = 10.0
    """From SIGTERM to the bot until SIGKILL."""
