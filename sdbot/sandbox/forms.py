"""What Discord refuses in a message: lengths and counts, each fault by its path."""

from typing import Any

from sdbot.sandbox.documents import Document
from sdbot.sandbox.embeds import check_embeds
from sdbot.sandbox.faults import Faults

MAX_CONTENT = 2000
MAX_ALT_TEXT = 1024
MAX_ATTACHMENTS = 10
MAX_ROWS = 5
MAX_BUTTONS = 5
MAX_LABEL = 80
MAX_CUSTOM_ID = 100

ACTION_ROW = 1
BUTTON = 2
LINK_STYLE = 5


def check_message(payload: Document, file_indices: set[int]) -> None:
    """Raises 50035 with every fault of a message that is to be made or edited."""
    faults = Faults()
    if payload.get("content") is not None:
        faults.check_length(["content"], payload["content"], MAX_CONTENT)
    check_embeds(faults, payload.get("embeds"))
    _check_attachments(faults, payload.get("attachments"), file_indices)
    _check_components(faults, payload.get("components"))
    faults.raise_any()


def _check_attachments(faults: Faults, attachments: Any, file_indices: set[int]) -> None:
    checked = faults.checked_list(["attachments"], attachments, MAX_ATTACHMENTS)
    for index, attachment in enumerate(checked):
        path: list[str | int] = ["attachments", index]
        id = attachment.get("id")
        if isinstance(id, int) and id < MAX_ATTACHMENTS and id not in file_indices:
            faults.add([*path, "id"], "ATTACHMENT_NOT_FOUND", f"There is no files[{id}].")
        if attachment.get("description") is not None:
            faults.check_length([*path, "description"], attachment["description"], MAX_ALT_TEXT)


def _check_components(faults: Faults, components: Any) -> None:
    rows = faults.checked_list(["components"], components, MAX_ROWS)
    seen: set[str] = set()
    for row_index, row in enumerate(rows):
        if row.get("type") != ACTION_ROW:
            continue
        path: list[str | int] = ["components", row_index, "components"]
        in_row = faults.checked_list(path, row.get("components"), MAX_BUTTONS)
        for index, component in enumerate(in_row):
            if component.get("type") == BUTTON:
                _check_button(faults, [*path, index], component, seen)


def _check_button(faults: Faults, path: list[str | int], button: Document, seen: set[str]) -> None:
    if "label" in button:
        faults.check_length([*path, "label"], button["label"], MAX_LABEL)
    if button.get("style") == LINK_STYLE:
        faults.check_length([*path, "url"], button.get("url", ""), 512, shortest=1)
        return
    custom_id = button.get("custom_id", "")
    faults.check_length([*path, "custom_id"], custom_id, MAX_CUSTOM_ID, shortest=1)
    if custom_id in seen:
        message = "Component custom id cannot be duplicated"
        faults.add([*path, "custom_id"], "COMPONENT_CUSTOM_ID_DUPLICATED", message)
    seen.add(custom_id)
