"""What was promised and what became of it, once a bot has ended: its store against its channels."""

import asyncio
import re
import sqlite3
from collections import Counter
from dataclasses import dataclass

from sdbot.store import FILE_NAME

RESULT = re.compile(r"sdbot:reroll:(\d+)")


@dataclass(frozen=True)
class Account:
    accepted: int
    delivered: int
    explained: int
    unfinished: int
    duplicates: int

    def __str__(self):
        return ", ".join(f"{name} {number}" for name, number in vars(self).items())

    @property
    def is_kept(self):
        """Whether every promise was kept, once."""
        return self.accepted == self.delivered + self.explained and not self.duplicates


async def account(member, state_path):
    """Delivered is what stands in the channel and whose progress message links to it."""
    rows = await asyncio.to_thread(read_rows, state_path)
    messages = await all_messages(member)
    content = {message["id"]: message["content"] for message in messages}
    results = [(job_id, message["id"]) for message in messages for job_id in job_ids(message)]
    posted = Counter(job_id for job_id, _message_id in results)
    linked = {
        row["id"]
        for row in rows
        for job_id, message_id in results
        if job_id == row["id"] and message_id in content[str(row["progress_message_id"])]
    }
    failed = [row for row in rows if row["state"] == "failed"]
    return Account(
        accepted=len(rows),
        delivered=len(linked),
        explained=sum(is_told(row, content) for row in failed),
        unfinished=sum(row["state"] == "accepted" for row in rows),
        duplicates=sum(posted.values()) - len(posted),
    )


def is_told(row, content):
    sentence = content[str(row["progress_message_id"])]
    return sentence.endswith(f"(job {row['id']})") and not sentence.startswith("Painting")


def job_ids(message):
    """Of the job whose result it is."""
    buttons = [button for row in message["components"] for button in row["components"]]
    matches = [RESULT.fullmatch(button["custom_id"]) for button in buttons]
    return [int(match[1]) for match in matches if match]


async def all_messages(member):
    messages = page = await member.messages(limit=100)
    while page:
        page = await member.messages(limit=100, before=messages[0]["id"])
        messages = page + messages
    return messages


def read_rows(state_path):
    database = sqlite3.connect(state_path / FILE_NAME)
    database.row_factory = sqlite3.Row
    try:
        return database.execute("SELECT * FROM jobs").fetchall()
    finally:
        database.close()
