"""What stands in the log, and what never does."""

import logging
import sqlite3

import pytest

from sdbot.config import BotConfig
from sdbot.logs import LineFormatter, set_up_logging
from sdbot.service.events import Event, Kind, log
from sdbot.store import FILE_NAME
from tests.sdbot.conversation import opened, picture_message, press, remix, submit, told
from tests.sdbot.pictures import encoded, quarters
from tests.sdbot.test_health import JOB

PROMPT = "a secret garden"
TOKEN = "the-token"


@pytest.fixture
def logged(capsys, sandbox):
    """`text = logged(LOG_PROMPTS="yes")` sets the log up; `text()` is what was logged since."""
    root, discord = logging.getLogger(), logging.getLogger("discord")
    before = list(root.handlers), root.level, discord.level

    def set_up(**settings):
        set_up_logging(BotConfig.from_env({"DISCORD_TOKEN": sandbox.token, **settings}))
        return lambda: capsys.readouterr().err

    yield set_up
    root.handlers[:], root.level, discord.level = before
    logging.getLogger().manager._clear_cache()


def interaction_tokens(folder):
    database = sqlite3.connect(folder / "state" / FILE_NAME)
    rows = database.execute("SELECT interaction_token FROM jobs").fetchall()
    database.close()
    return [token for (token,) in rows]


async def converse(start_bot, member, engine, sandbox):
    """A picture after some trouble, an edit, a remix and a failure."""
    async with start_bot():
        sandbox.troubles.begin("cut_uploads", times=1)
        await member.command("imagine", prompt=PROMPT)
        message = await picture_message(member)
        await told(member, "Your picture is ready")
        await press(member, message, "Edit")
        await submit(member, await opened(member), prompt=f"{PROMPT} at night")
        await told(member, "Your picture is ready")
        await remix(member, encoded(quarters()), prompt=PROMPT)
        await told(member, "Your picture is ready")
        engine.failure = RuntimeError("out of paint")
        await member.command("imagine", prompt=PROMPT)
        await told(member, "could not be painted")


class TestAConversationInFull:
    async def test_has_neither_token_nor_prompt(
        self, start_bot, member, engine, sandbox, logged, tmp_path
    ):
        text = logged(LOG_LEVEL="DEBUG")
        await converse(start_bot, member, engine, sandbox)
        text = text()
        assert "event=stepped job=1" in text
        tokens = interaction_tokens(tmp_path)
        assert len(tokens) == 4
        assert not [word for word in (PROMPT, sandbox.token, *tokens) if word in text]

    async def test_names_the_job_in_every_line_of_its_story(
        self, start_bot, member, engine, sandbox, logged
    ):
        text = logged(LOG_LEVEL="INFO")
        await converse(start_bot, member, engine, sandbox)
        lines = text().splitlines()
        story = ["accepted", "begun", "painted", "delayed", "delivered"]
        events = [line.partition("event=")[2].split() for line in lines if "event=" in line]
        assert [event for event, *facts in events if "job=1" in facts] == story
        traceback = [line for line in lines if "RuntimeError: out of paint" in line]
        assert traceback == ["job=4 | RuntimeError: out of paint"]

    async def test_has_prompts_where_the_operator_wants_them(
        self, start_bot, member, engine, sandbox, logged
    ):
        text = logged(LOG_PROMPTS="yes")
        await converse(start_bot, member, engine, sandbox)
        assert f'event=accepted job=1 prompt="{PROMPT}"' in text()


def formatted(message, *arguments, error=None, **facts):
    exc_info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("room", logging.INFO, "", 0, message, arguments, exc_info)
    vars(record).update(facts)
    return LineFormatter(TOKEN).format(record).partition("from=room ")[2]


class TestALine:
    def test_is_one_line_whatever_is_in_it(self):
        line = formatted("one\ntwo", error=None, job=3)
        assert line == r'event="one\ntwo" job=3'

    def test_begins_with_time_level_and_room(self):
        record = logging.LogRecord("sdbot.store", logging.ERROR, "", 0, "broken", (), None)
        words = LineFormatter(TOKEN).format(record).split()
        assert words[0].startswith("time=")
        assert words[1:] == ["level=ERROR", "from=sdbot.store", "event=broken"]

    def test_has_the_jobs_id_before_each_line_of_a_traceback(self):
        try:
            raise ValueError("no\nroom")
        except ValueError as error:
            lines = formatted("failed", error=error, job=3).splitlines()
        assert lines[0] == "event=failed job=3"
        assert len(lines) > 3
        assert all(line.startswith("job=3 | ") for line in lines[1:])

    @pytest.mark.parametrize(
        "address",
        [
            "https://discord.com/api/v10/webhooks/12/aW50ZXJ.x-Y_z/messages/@original",
            "https://discord.com/api/v10/interactions/12/aW50ZXJ.x-Y_z/callback",
            "URL('https://discord.com/api/v10/webhooks/12/aW50ZXJ.x-Y_z')",
        ],
    )
    def test_hides_an_interactions_token_in_an_address(self, address):
        line = formatted("cannot reach %s", address)
        assert "aW50ZXJ" not in line
        assert "/12/[token]" in line

    def test_hides_the_bots_token_even_in_a_traceback(self):
        error = ValueError(f"Authorization: Bot {TOKEN}")
        assert TOKEN not in formatted(f"refused {TOKEN}", error=error)


def test_an_error_that_is_not_foreseen_brings_its_traceback(caplog):
    log(Event(Kind.NOT_PAINTED, JOB, ValueError("no room")))
    (record,) = caplog.records
    assert record.exc_info[0] is ValueError
    assert (record.job, record.error) == (JOB.id, "ValueError('no room')")
