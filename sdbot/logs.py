"""What the log looks like: one line an event, `event=… job=…`, and no secrets."""

from __future__ import annotations

import json
import logging
import re

from sdbot.config import BotConfig

# What a record may carry beside its text, as `extra`, in this order.
_FACTS = ("job", "interaction", "error", "prompt")
_PLAIN = re.compile(r"[^\s\"=\\]+")
# An interaction's token stands in the addresses of its webhook and of its callback.
_TOKEN_IN_ADDRESS = re.compile(r"(/(?:webhooks|interactions)/\d+/)[^/\s\"'?)]+")


def set_up_logging(config: BotConfig) -> None:
    """Log to stderr; of discord.py nothing below INFO, for its DEBUG shows interactions' tokens."""
    handler = logging.StreamHandler()
    handler.setFormatter(LineFormatter(config.discord_token, with_prompts=config.log_prompts))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(config.log_level)
    logging.getLogger("discord").setLevel(max(config.log_level, logging.INFO))


class LineFormatter(logging.Formatter):
    """Lines of `key=value`, quoted as JSON where they must be.

    The lines of a traceback follow, each with the job's id. `token` is hidden wherever it stands,
    and so are interactions' tokens in addresses; prompts are left out but for `with_prompts`.
    """

    def __init__(self, token: str, *, with_prompts: bool = False) -> None:
        super().__init__()
        self._token = token
        self._facts = _FACTS if with_prompts else _FACTS[:-1]

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record, and of its traceback."""
        facts = {name: vars(record)[name] for name in self._facts if name in vars(record)}
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "from": record.name,
            "event": record.getMessage(),
            **facts,
        }
        text = " ".join(f"{key}={_value(value)}" for key, value in line.items())
        if record.exc_info:
            of = f"job={facts['job']} " if "job" in facts else ""
            traceback = self.formatException(record.exc_info).splitlines()
            text = "\n".join([text, *(f"{of}| {line}" for line in traceback)])
        return self._without_tokens(text)

    def _without_tokens(self, text: str) -> str:
        return _TOKEN_IN_ADDRESS.sub(r"\1[token]", text.replace(self._token, "[token]"))


def _value(value: object) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
