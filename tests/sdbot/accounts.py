"""What was promised and what became of it, once a bot has ended: its store against its channels."""

import asyncio
import re
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sdbot.store import FILE_NAME

RESULT = re.compile(r"sdbot:reroll:(\d+)")
UNDER_WAY = ("In line", "Painting", "I am restarting")
STATES = ("waiting", "painting", "delivering", "telling")


@dataclass(frozen=True)
class Account:
    """`cancelled` are among those that are `explained`."""

    accepted: int
    delivered: int = 0
    explained: int = 0
    cancelled: int = 0
    unfinished: int = 0
    duplicates: int = 0

    @property
    def is_kept(self):
        """Whether every promise was kept, once."""
        return self.accepted == self.delivered + self.explained and not self.duplicates


async def account(members, state_path):
    """Delivered is what stands in a channel and whose progress message links to it.

    Every channel is seen by one of the members.
    """
    rows = await asyncio.to_thread(read_rows, state_path)
    messages = await all_messages(members)
    content = {message["id"]: message["content"] for message in messages}
    results = [(job_id, message["id"]) for message in messages for job_id in job_ids(message)]
    posted = Counter(job_id for job_id, _message_id in results)
    linked = {
        row["id"]
        for row in rows
        for job_id, message_id in results
        if job_id == row["id"] and message_id in content[str(row["progress_message_id"])]
    }
    explained = [row for row in rows if row["state"] == "failed" and is_told(row, content)]
    return Account(
        accepted=len(rows),
        delivered=len(linked),
        explained=len(explained),
        cancelled=sum(row["failure"] == "Cancelled()" for row in explained),
        unfinished=sum(row["state"] == "accepted" for row in rows),
        duplicates=sum(posted.values()) - len(posted),
    )


def is_told(row, content):
    return is_last_word(content[str(row["progress_message_id"])], row["id"])


def is_last_word(sentence, job_id):
    """Whether the progress message of a job says how that ended."""
    return sentence.endswith(f"(job {job_id})") and not sentence.startswith(UNDER_WAY)


def job_ids(message):
    """Of the job whose result it is."""
    buttons = [button for row in message["components"] for button in row["components"]]
    matches = [RESULT.fullmatch(button["custom_id"]) for button in buttons]
    return [int(match[1]) for match in matches if match]


async def all_messages(members):
    """Of every channel, as the last of the members who see it does."""
    readers = {
        channel["id"]: member
        for member in members
        for channel in (await member.state())["channels"]
    }
    return [message for id, reader in readers.items() for message in await history(reader, id)]


async def history(member, channel_id):
    messages = page = await member.messages(channel_id=channel_id, limit=100)
    while page:
        page = await member.messages(channel_id=channel_id, limit=100, before=messages[0]["id"])
        messages = page + messages
    return messages


def states(rows, deaths):
    """In which of STATES a bot that was killed left jobs; `deaths` has those before, by job."""
    return {state(row, deaths[row["id"]]) for row in rows if not row["is_told"]}


def state(row, deaths):
    """Of a job whose owner does not know its end."""
    if row["deaths"] > deaths:
        return "painting"
    if row["state"] == "accepted":
        return "delivering" if row["is_tried"] else "waiting"
    return "telling"


def read_rows(state_path):
    """From a copy: what a killed bot leaves is the next one's to mend."""
    with TemporaryDirectory() as folder:
        for path in state_path.glob(f"{FILE_NAME}*"):
            shutil.copy(path, folder)
        with closing(sqlite3.connect(Path(folder) / FILE_NAME)) as database:
            database.row_factory = sqlite3.Row
            return database.execute("SELECT * FROM jobs").fetchall()
