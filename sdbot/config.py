"""Every setting, read from the environment once and validated at once."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from dotenv import load_dotenv

from diffusion import ModelInfo
from diffusion.errors import ModelError
from diffusion.recipe import DTYPES
from sdbot.errors import ConfigError

ROOT = Path(__file__).parents[1]
DISCORD_API_URL = "https://discord.com/api/v10"

MB = 2**20
MAX_NAME_LENGTH = 80

_DIGITS = re.compile(r"[0-9]{1,12}")
_SNOWFLAKE = re.compile(r"[0-9]{15,20}")
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

_Value = TypeVar("_Value")


@dataclass(frozen=True, kw_only=True)
class BotConfig:
    """The bot's settings; `.env.example` documents each."""

    discord_token: str
    discord_api_url: str
    model: ModelInfo
    models: Mapping[str, Path]
    weights_path: Path
    model_memory_bytes: int
    dtype: str | None
    guild_ids: tuple[int, ...]
    queue_limit: int
    member_limit: int
    max_image_bytes: int
    picture_store_bytes: int
    state_path: Path
    engine_seconds: int
    log_level: int
    log_prompts: bool
    health_port: int | None

    @classmethod
    def load(cls) -> BotConfig:
        """Read the environment, and `.env` for what is not in it. Raises as `from_env`."""
        load_dotenv(ROOT / ".env")
        return cls.from_env(os.environ)

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
            models=setting("MODELS", _models, ""),
            weights_path=setting("WEIGHTS_PATH", _path, "weights"),
            model_memory_bytes=setting("MODEL_MEMORY_MB", _megabytes, "8000"),
            dtype=setting("DTYPE", _dtype, "auto"),
            guild_ids=setting("GUILD_IDS", _guild_ids, ""),
            queue_limit=setting("QUEUE_LIMIT", _whole(1, 1000), "20"),
            member_limit=setting("MEMBER_LIMIT", _whole(1, 1000), "4"),
            max_image_bytes=setting("MAX_IMAGE_BYTES", _whole(1, 500 * MB), str(10 * MB)),
            picture_store_bytes=setting("PICTURE_STORE_MB", _megabytes, "500"),
            state_path=setting("STATE_PATH", _path, "state"),
            engine_seconds=setting("ENGINE_TIMEOUT_SECONDS", _whole(1, 86_400), "300"),
            log_level=setting("LOG_LEVEL", _log_level, "INFO"),
            log_prompts=setting("LOG_PROMPTS", _yes_or_no, "no"),
            health_port=setting("HEALTH_PORT", _port, ""),
        )
        if faults:
            raise ConfigError(faults)
        return config


def _path(text: str) -> Path:
    """A relative path is one inside the project, wherever the bot is started."""
    return ROOT / text


def _model(text: str) -> ModelInfo:
    return ModelInfo.read(_path(text))


def _models(text: str) -> dict[str, Path]:
    """Paths by the names that members choose; none for whatever lies in the weights folder."""
    models: dict[str, Path] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, path = (word.strip() for word in part.partition("="))
        if not name or not path or len(name) > MAX_NAME_LENGTH:
            raise ValueError(f"received {part!r}; allowed: anime=weights/anime.safetensors, …")
        if name.casefold() in map(str.casefold, models):
            raise ValueError(f"received {name!r} twice; allowed: each name once")
        models[name] = _path(path)
    return models


def _dtype(text: str) -> str | None:
    """None for the one that the machine is fastest in."""
    if text not in ("auto", *DTYPES):
        raise ValueError(f"received {text!r}; allowed: auto, {', '.join(DTYPES)}")
    return None if text == "auto" else text


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


def _guild_ids(text: str) -> tuple[int, ...]:
    ids = [part.strip() for part in text.split(",") if part.strip()]
    if not all(_SNOWFLAKE.fullmatch(id) for id in ids):
        raise ValueError(f"received {text!r}; allowed: servers' ids with commas between them")
    return tuple(int(id) for id in ids)


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (_DIGITS.fullmatch(text) and least <= int(text) <= most):
            raise ValueError(f"received {text!r}; allowed: a whole number from {least} to {most}")
        return int(text)

    return parse


def _megabytes(text: str) -> int:
    return _whole(1, 1_000_000)(text) * MB


def _yes_or_no(text: str) -> bool:
    if text.lower() not in ("yes", "no"):
        raise ValueError(f"received {text!r}; allowed: yes, no")
    return text.lower() == "yes"


def _port(text: str) -> int | None:
    return _whole(1, 65535)(text) if text else None


def _log_level(text: str) -> int:
    if text.upper() not in _LOG_LEVELS:
        raise ValueError(f"received {text!r}; allowed: {', '.join(_LOG_LEVELS)}")
    return logging.getLevelNamesMapping()[text.upper()]
