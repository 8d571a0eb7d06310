"""What a person chose in a select or wrote into a modal, checked as Discord's client checks it.

Every refusal is a sentence that names the field, what was received and what is allowed.
"""

from typing import Any

from sdbot.sandbox.components import ACTION_ROW, inner
from sdbot.sandbox.documents import Document
from sdbot.sandbox.errors import Refused
from sdbot.sandbox.fields import is_snowflake
from sdbot.sandbox.kept_components import kept_components
from sdbot.sandbox.modals import MAX_TEXT, TEXT_INPUT
from sdbot.sandbox.selects import STRING_SELECT


def check_selected(select: Document, values: Any) -> list[str]:
    """The values chosen in a select of a message. Raises Refused."""
    return _chosen(select, select.get("placeholder") or "This select", values)


def check_submitted(modal: Document, values: Any) -> list[Document]:
    """The `components` of a modal's submit, nested as the modal has them. Raises Refused.

    `values` are an object by custom ids: a text, or a list of values.
    """
    if not isinstance(values, dict):
        raise Refused("The values must be an object of custom ids and values.")
    outer = kept_components(modal["components"])
    custom_ids = {field["custom_id"] for holder in outer for field in inner(holder)}
    for custom_id in values:
        if custom_id not in custom_ids:
            raise Refused(f"This form has no field {custom_id}.")
    return [_filled(holder, values) for holder in outer]


def _filled(outer: Document, values: Document) -> Document:
    """A row or a label with the value of its field."""
    (field,) = inner(outer)
    is_row = outer["type"] == ACTION_ROW
    label = field["label"] if is_row else outer["label"]
    filled = {"type": field["type"], "id": field["id"], "custom_id": field["custom_id"]}
    given = values.get(field["custom_id"])
    if field["type"] == TEXT_INPUT:
        filled["value"] = _written(field, label, given)
    elif given or _is_required(field):
        filled["values"] = _chosen(field, label, given)
    else:
        filled["values"] = []
    within = {"components": [filled]} if is_row else {"component": filled}
    return {"type": outer["type"], "id": outer["id"], **within}


def _is_required(field: Document) -> bool:
    return field.get("required") is not False


def _written(text_input: Document, label: str, text: Any) -> str:
    if text is not None and not isinstance(text, str):
        raise Refused(f"{label} must be a text, not {text}.")
    if not text:
        if _is_required(text_input):
            raise Refused(f"{label} is required.")
        return ""
    shortest = text_input.get("min_length") or 0
    longest = text_input.get("max_length") or MAX_TEXT
    if not shortest <= len(text) <= longest:
        allowed = f"{shortest} to {longest} characters"
        raise Refused(f"{label} must have {allowed}, not {len(text)}.")
    return text


def _chosen(select: Document, label: str, values: Any) -> list[str]:
    values = [] if values is None else values
    if not isinstance(values, list):
        raise Refused(f"{label} must be a list of values, not {values}.")
    for index, value in enumerate(values):
        _check_known(select, label, value)
        if value in values[:index]:
            raise Refused(f"{label} has {value} twice.")
    least = 1 if select.get("min_values") is None else select["min_values"]
    most = select.get("max_values") or 1
    if not least <= len(values) <= most:
        allowed = f"{least} to {most} values" if least < most else f"{most} of its values"
        raise Refused(f"{label} must have {allowed}, not {len(values)}.")
    return values


def _check_known(select: Document, label: str, value: Any) -> None:
    """An option of the select; of the others only that it is an id."""
    if select["type"] != STRING_SELECT:
        if not isinstance(value, str) or not is_snowflake(value):
            raise Refused(f"{label} must be ids, not {value}.")
    elif value not in [option["value"] for option in select["options"]]:
        known = ", ".join(option["value"] for option in select["options"])
        raise Refused(f"{label} must be of {known}, not {value}.")
