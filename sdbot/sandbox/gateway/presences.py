"""What a bot says it is doing."""

from typing import Any

from sdbot.sandbox.documents import Document
from sdbot.sandbox.errors import GatewayClosed
from sdbot.sandbox.gateway.codes import Close

STATUSES = ("online", "dnd", "idle", "invisible", "offline", None)
# By the activity's type; what a member reads before its name.
VERBS = {0: "Playing", 1: "Streaming", 2: "Listening to", 3: "Watching", 5: "Competing in"}
CUSTOM = 4


def checked_presence(data: Any) -> Document:
    """A presence of IDENTIFY or op 3; closes with 4002 for what is none."""
    match data:
        case {"status": status} if status in STATUSES and _are_activities(_activities(data)):
            return dict(data)
    raise GatewayClosed(Close.DECODE_ERROR)


def activity_text(presence: Document) -> str | None:
    """The first activity as a member reads it, or None."""
    for activity in _activities(presence):
        if activity["type"] == CUSTOM:
            return str(activity.get("state") or activity["name"])
        return f"{VERBS[activity['type']]} {activity['name']}"
    return None


def _activities(presence: Document) -> Any:
    """`game` is the older name of the one activity, and the one that discord.py identifies with."""
    if game := presence.get("game"):
        return [game]
    return presence.get("activities") or []


def _are_activities(activities: Any) -> bool:
    return isinstance(activities, list) and all(
        isinstance(activity, dict)
        and activity.get("type") in (*VERBS, CUSTOM)
        and isinstance(activity.get("name"), str)
        for activity in activities
    )
