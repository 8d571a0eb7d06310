"""Commands, components and modals that several tests use."""

from typing import Any

from tests.sandbox.member import Event

SUB_COMMAND, GROUP, STRING, INTEGER = 1, 2, 3, 4
USER, CHANNEL, ROLE, MENTIONABLE, ATTACHMENT = 6, 7, 8, 9, 11
THREAD = 11


def option(type: int, name: str, **more: Any) -> Event:
    return {"type": type, "name": name, "description": f"The {name}", **more}


PROMPT = option(STRING, "prompt", required=True)
STEPS = option(INTEGER, "steps", max_value=50)
# Each option points to something.
POINTING = {
    "name": "point",
    "description": "Point to something",
    "options": [
        option(USER, "user"),
        option(CHANNEL, "channel"),
        option(CHANNEL, "thread", channel_types=[THREAD]),
        option(ROLE, "role"),
        option(MENTIONABLE, "mentionable"),
        option(ATTACHMENT, "file"),
    ],
}
# Some of the options complete themselves.
COMPLETING = {
    "name": "paint",
    "description": "Paint a picture",
    "options": [
        option(STRING, "style", required=True, autocomplete=True),
        option(INTEGER, "steps", max_value=50, autocomplete=True),
        option(STRING, "title", max_length=5),
        option(USER, "who"),
    ],
}
NESTED = {
    "name": "picture",
    "description": "Pictures",
    "options": [
        option(SUB_COMMAND, "paint", options=[PROMPT, STEPS]),
        option(SUB_COMMAND, "list"),
        option(
            GROUP,
            "style",
            options=[
                option(SUB_COMMAND, "add", options=COMPLETING["options"]),
                option(SUB_COMMAND, "clear"),
            ],
        ),
    ],
}

BUTTONS: list[Event] = [
    {"type": 2, "style": 1, "emoji": {"name": "🎲"}, "custom_id": "again"},
    {"type": 2, "style": 4, "label": "Off", "custom_id": "off", "disabled": True},
    {"type": 2, "style": 5, "label": "Site", "url": "https://example.org"},
]
STYLES = [{"label": name, "value": name.lower()} for name in ("Oil", "Ink", "Chalk")]
SELECTS: list[Event] = [
    {"type": 3, "custom_id": "text", "options": STYLES, "max_values": 2, "placeholder": "Style"},
    {"type": 5, "custom_id": "users", "max_values": 2},
    {"type": 6, "custom_id": "roles"},
    {"type": 7, "custom_id": "mentionables", "max_values": 2, "min_values": 0},
    {"type": 8, "custom_id": "channels", "channel_types": [0]},
]


def rows(*components: Event) -> list[Event]:
    """Each in a row of its own."""
    return [{"type": 1, "components": [component]} for component in components]


def label(type: int, custom_id: str, **more: Any) -> Event:
    component = {"type": type, "custom_id": custom_id, "required": False, **more}
    return {"type": 18, "label": custom_id.title(), "component": component}


MODAL = {
    "custom_id": "edit:7",
    "title": "Edit",
    "components": [label(4, "prompt", style=1, required=True)],
}
# Each field offers something.
OFFERING = {
    "custom_id": "all",
    "title": "All",
    "components": [
        label(5, "users", max_values=2),
        label(6, "roles"),
        label(7, "mentionables", max_values=2),
        label(8, "channels", channel_types=[0]),
        label(19, "files", max_values=2),
    ],
}
