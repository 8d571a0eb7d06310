import logging
import re
from pathlib import Path

import pytest

from sdbot.config import BotConfig
from sdbot.errors import ConfigError
from tests.conftest import MODEL, ROOT


def test_a_token_is_enough():
    config = BotConfig.from_env({"DISCORD_TOKEN": " secret ", "QUEUE_LIMIT": ""})
    assert config.discord_token == "secret"
    assert config.discord_api_url == "https://discord.com/api/v10"
    assert config.model.path == MODEL
    assert config.queue_limit == 20
    assert config.state_path == ROOT / "state"
    assert config.log_level == logging.INFO


def test_every_setting_is_documented_with_its_default():
    example = (ROOT / ".env.example").read_text()
    documented = dict(re.findall(r"^#? ?([A-Z_]+)=(.*)$", example, re.MULTILINE))
    assert set(documented) == {
        "DISCORD_TOKEN",
        "DISCORD_API_URL",
        "MODEL_PATH",
        "WEIGHTS_PATH",
        "MODELS",
        "MODEL_MEMORY_MB",
        "DTYPE",
        "GUILD_IDS",
        "QUEUE_LIMIT",
        "MEMBER_LIMIT",
        "MAX_IMAGE_BYTES",
        "PICTURE_STORE_MB",
        "STATE_PATH",
        "ENGINE_TIMEOUT_SECONDS",
        "LOG_LEVEL",
        "LOG_PROMPTS",
        "HEALTH_PORT",
    }
    token = {"DISCORD_TOKEN": "secret"}
    assert BotConfig.from_env({**documented, **token}) == BotConfig.from_env(token)


def test_all_faults_are_reported_together(tmp_path):
    with pytest.raises(ConfigError) as caught:
        BotConfig.from_env(
            {
                "DISCORD_TOKEN": "two words",
                "DISCORD_API_URL": "ftp://host/api/v10",
                "MODEL_PATH": str(tmp_path),
                "MODELS": "anime",
                "DTYPE": "int8",
                "QUEUE_LIMIT": "0",
                "LOG_LEVEL": "loud",
            }
        )
    faults = caught.value.faults
    names = [fault.split(":")[0] for fault in faults]
    assert names[:4] == ["DISCORD_TOKEN", "DISCORD_API_URL", "MODEL_PATH", "MODELS"]
    assert names[4:] == ["DTYPE", "QUEUE_LIMIT", "LOG_LEVEL"]
    assert "allowed: a whole number from 1 to 1000" in faults[5]


def test_the_token_is_never_repeated():
    with pytest.raises(ConfigError) as caught:
        BotConfig.from_env({"DISCORD_TOKEN": "two words"})
    assert "two words" not in str(caught.value)


def models(text):
    return BotConfig.from_env({"DISCORD_TOKEN": "secret", "MODELS": text}).models


def test_models_have_names_and_paths_inside_the_project():
    named = models("anime=weights/anime.safetensors , photo = /elsewhere/photo,")
    assert named == {"anime": ROOT / "weights/anime.safetensors", "photo": Path("/elsewhere/photo")}
    assert models("") == {}


@pytest.mark.parametrize("text", ["anime", "=x", "anime=", "Anime=a, anime=b", "x" * 81 + "=a"])
def test_a_list_of_models_that_cannot_be_read_is_a_fault(text):
    with pytest.raises(ConfigError, match=r"^MODELS: received .*; allowed: "):
        models(text)
