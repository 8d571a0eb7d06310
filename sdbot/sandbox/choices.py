"""Choices for an option's value: those it is registered with, and those the bot completes."""

from typing import Any

from sdbot.sandbox.fields import Fields, is_repeated
from sdbot.sandbox.localizations import check_localizations

MAX_CHOICES = 25
MAX_TEXT = 100
# Numbers travel as doubles.
MAX_NUMBER = 2**53
# Types of options that have choices.
STRING, INTEGER, NUMBER = 3, 4, 10


def check_choices(data: Any) -> None:
    """Raises 50035 with every fault of the answer to an autocomplete."""
    answer = Fields.of(data)
    answer.require("choices")
    for choice in answer.objects("choices", MAX_CHOICES):
        _check_choice(choice, STRING if isinstance(choice.get("value"), str) else NUMBER)
    answer.raise_any()


def check_registered_choices(option: Fields, type: int) -> None:
    """The choices of an option; their values are of its type, and no name stands twice."""
    names: set[str] = set()
    for choice in option.objects("choices", MAX_CHOICES):
        name = _check_choice(choice, type)
        if is_repeated(name, names):
            message = f"Choice name {name} is already used in these choices"
            choice.add("APPLICATION_COMMAND_OPTION_CHOICES_NAME_INVALID", message)


def _check_choice(choice: Fields, type: int) -> str:
    """The choice's name."""
    check_localizations(choice, "name_localizations", _check_name)
    choice.require("value")
    if type == STRING:
        choice.text("value", MAX_TEXT)
    else:
        choice.number("value", -MAX_NUMBER, MAX_NUMBER, is_whole=type == INTEGER)
    return _check_name(choice, "name")


def _check_name(choice: Fields, name: str) -> str:
    return choice.text(name, MAX_TEXT, shortest=1)
