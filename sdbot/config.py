"""Every setting, read from the environment once and validated at once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from diffusion import ModelInfo
from diffusion.errors import ModelError
from sdbot.errors import ConfigError

ROOT = Path(__file__).parents[1]
DISCORD_API_URL = "https://discord.com/api/v10"

_MAX_QUEUE_LIMIT = 1000
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

_Value = TypeVar("_Value")


@dataclass(frozen=True, kw_only=True)
class BotConfig:
    """The bot's settings; `.env.example` documents each."""

    discord_token: str
    discord_api_url: str
    model: ModelInfo
    queue_limit: int
    state_path: Path
    log_level: int

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> BotConfig:
        """Read the settings, empty ones as absent. Raises `ConfigError` with all faults."""
        faults: list[str] = []

        def setting(name: str, parse: Callable[[str], _Value], default: str) -> _Value:
            try:
                return parse(environ.get(name, "").strip() or default)
            except (ValueError, ModelError) as error:
                faults.append(f"{name}: {error}")
                return None  # type: ignore[return-value] # never used: the faults are raised

        config = cls(
            discord_token=setting("DISCORD_TOKEN", _token, ""),
            discord_api_url=setting("DISCORD_API_URL", _api_url, DISCORD_API_URL),
            model=setting("MODEL_PATH", _model, "weights/emoji"),
            queue_limit=setting("QUEUE_LIMIT", _queue_limit, "20"),
            state_path=setting("STATE_PATH", _path, "state"),
            log_level=setting("LOG_LEVEL", _log_level, "INFO"),
        )
        if faults:
            raise ConfigError(faults)
        return config


def _path(text: str) -> Path:
    """A relative path is one inside the project, wherever the bot is started."""
    return ROOT / text


def _model(text: str) -> ModelInfo:
    return ModelInfo.read(_path(text))


def _token(text: str) -> str:
    if not text or any(character.isspace() for character in text):
        received = "a text with spaces" if text else "nothing"
        raise ValueError(f"received {received}; allowed: the token from Discord's developer portal")
    return text


def _api_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path != "/api/v10":
        raise ValueError(f"received {text!r}; allowed: an address such as {DISCORD_API_URL}")
    return text


def _queue_limit(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= _MAX_QUEUE_LIMIT):
        raise ValueError(f"received {text!r}; allowed: a whole number from 1 to {_MAX_QUEUE_LIMIT}")
    return int(text)


def _log_level(text: str) -> int:
    if text.upper() not in _LOG_LEVELS:
        raise ValueError(f"received {text!r}; allowed: {', '.join(_LOG_LEVELS)}")
    return logging.getLevelNamesMapping()[text.upper()]
