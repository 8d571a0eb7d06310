"""The fields of one object in a form, each looked at by its name.

Null is the same as absent. What is wrong with a field goes into the faults under the field's path,
with Discord's code and words, and the field then counts as absent.
"""

import re
from collections.abc import Sequence
from typing import Any

from sdbot.sandbox.documents import Document
from sdbot.sandbox.faults import Faults, Path

SNOWFLAKE = re.compile(r"[0-9]{1,19}")
MAX_SHOWN = 100
MAX_URL = 2048
NO_OBJECT = ("MODEL_TYPE_CONVERT", "Expected an object/dictionary.")
NO_LIST = ("LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")


class Fields:
    """One object of a form, and where it stands in it."""

    def __init__(self, faults: Faults, document: Document, path: Path = ()) -> None:
        self._faults = faults
        self._document = document
        self._path = path

    @classmethod
    def of(cls, form: Any) -> "Fields":
        """A whole form. Raises 50035 for what is no object."""
        faults = Faults()
        if not isinstance(form, dict):
            faults.add([], *NO_OBJECT)
        faults.raise_any()
        return cls(faults, form)

    def raise_any(self) -> None:
        """Raise 50035 if anything in the whole form is wrong."""
        self._faults.raise_any()

    def add(self, code: str, message: str, *path: str | int) -> None:
        """Add a fault of this object, or of what is at `path` in it."""
        self._faults.add([*self._path, *path], code, message)

    def get(self, name: str) -> Any:
        """The value as it came."""
        return self._document.get(name)

    def names(self) -> list[str]:
        """Of what came, known or not."""
        return list(self._document)

    def has(self, name: str) -> bool:
        return self.get(name) is not None

    def require(self, *names: str) -> None:
        for name in names:
            if self.get(name) in (None, ""):
                self.add("BASE_TYPE_REQUIRED", "This field is required", name)

    def kind(self, kinds: Sequence[int]) -> int | None:
        """The `type`, one of `kinds`: it decides what else the object has."""
        if is_among(self.get("type"), kinds):
            return int(self.get("type"))
        message = f'Value of field "type" must be one of {tuple(kinds)}.'
        self.add("UNION_TYPE_CHOICES", message)
        return None

    def text(self, name: str, longest: int, shortest: int = 0) -> str:
        """A string of so many characters, "" when absent; required unless `shortest` is 0."""
        value = self.get(name)
        if value is None or value == "":
            if shortest:
                self.require(name)
        elif not isinstance(value, str):
            message = f'Could not interpret "{shown(value)}" as string.'
            self.add("STRING_TYPE_CONVERT", message, name)
        elif self._fits(name, value, longest, shortest):
            return value
        return ""

    def number(
        self, name: str, least: int, most: int, *, is_whole: bool = True
    ) -> int | float | None:
        value: int | float | None = self.get(name)
        kind = "int" if is_whole else "float"
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int if is_whole else int | float):
            self.add("NUMBER_TYPE_COERCE", f'Value "{shown(value)}" is not {kind}.', name)
        elif not value >= least:
            message = f"{kind} value should be greater than or equal to {least}."
            self.add("NUMBER_TYPE_MIN", message, name)
        elif value > most:
            message = f"{kind} value should be less than or equal to {most}."
            self.add("NUMBER_TYPE_MAX", message, name)
        else:
            return value
        return None

    def span(
        self,
        low: tuple[str, int],
        high: tuple[str, int],
        most: int,
        usual: int | None = None,
        *,
        is_whole: bool = True,
    ) -> int | float | None:
        """The larger of two numbers, `usual` when absent; the smaller may not be above it.

        Each is given by its name and the least that it may be.
        """
        smaller = self.number(*low, most, is_whole=is_whole)
        larger = self.number(*high, most, is_whole=is_whole) if self.has(high[0]) else usual
        if smaller is not None and larger is not None and smaller > larger:
            message = f"{low[0]} value should be less than or equal to {larger}."
            self.add("NUMBER_TYPE_MAX", message, low[0])
        return larger

    def truth(self, name: str) -> bool:
        if self.has(name) and not isinstance(self.get(name), bool):
            self.add("BOOLEAN_TYPE_CONVERT", "Must be either true or false.", name)
        return self.get(name) is True

    def choice(self, name: str, choices: Sequence[Any]) -> Any:
        """One of `choices`, None when absent."""
        if not self.has(name) or is_among(self.get(name), choices):
            return self.get(name)
        self.add("BASE_TYPE_CHOICES", f"Value must be one of {tuple(choices)}.", name)
        return None

    def choices(self, name: str, choices: Sequence[Any]) -> list[Any]:
        """Some of `choices`, each once; [] when absent."""
        chosen = self.values(name, len(choices))
        for index, value in enumerate(chosen):
            if not is_among(value, choices):
                message = f"Value must be one of {tuple(choices)}."
                self.add("BASE_TYPE_CHOICES", message, name, index)
            elif value in chosen[:index]:
                message = "The set already contains this value"
                self.add("SET_TYPE_ALREADY_CONTAINS_VALUE", message, name, index)
        return chosen

    def snowflake(self, name: str) -> str:
        """An id as a text, "" when absent."""
        value = self.get(name)
        if is_snowflake(value):
            return str(value)
        if value is not None:
            self.add("NUMBER_TYPE_COERCE", f'Value "{shown(value)}" is not snowflake.', name)
        return ""

    def url(
        self, name: str, schemes: tuple[str, ...], longest: int = MAX_URL, shortest: int = 0
    ) -> None:
        url = self.text(name, longest, shortest)
        if not url:
            return
        scheme, separator, rest = url.partition("://")
        if not separator or not rest.strip("/") or any(sign.isspace() for sign in url):
            self.add("URL_TYPE_INVALID_URL", "Not a well formed URL.", name)
        elif scheme.lower() not in schemes:
            message = f'Scheme "{shown(scheme)}" is not supported.'
            self.add("URL_TYPE_INVALID_SCHEME", f"{message} Scheme must be one of {schemes}.", name)

    def part(self, name: str) -> "Fields | None":
        """An object in this one."""
        value = self.get(name)
        if isinstance(value, dict):
            return Fields(self._faults, value, [*self._path, name])
        if value is not None:
            self.add(*NO_OBJECT, name)
        return None

    def values(self, name: str, longest: int, shortest: int = 0) -> list[Any]:
        """A list of so many values, [] when absent; required unless `shortest` is 0."""
        value = self.get(name)
        if value is None:
            if shortest:
                self.require(name)
        elif not isinstance(value, list):
            self.add(*NO_LIST, name)
        elif self._fits(name, value, longest, shortest):
            return value
        return []

    def objects(self, name: str, longest: int, shortest: int = 0) -> list["Fields"]:
        """A list of so many objects; what is no object is left out."""
        values = self.values(name, longest, shortest)
        return fields_of(self._faults, values, [*self._path, name])

    def _fits(self, name: str, value: str | list[Any], longest: int, shortest: int) -> bool:
        is_fitting = shortest <= len(value) <= longest
        if not is_fitting and shortest:
            message = f"Must be between {shortest} and {longest} in length."
            self.add("BASE_TYPE_BAD_LENGTH", message, name)
        elif not is_fitting:
            self.add("BASE_TYPE_MAX_LENGTH", f"Must be {longest} or fewer in length.", name)
        return is_fitting


def fields_of(faults: Faults, values: list[Any], path: Path) -> list[Fields]:
    """The objects in a list that stands at `path`; what is no object is left out."""
    objects = []
    for index, value in enumerate(values):
        at = [*path, index]
        if isinstance(value, dict):
            objects.append(Fields(faults, value, at))
        elif value is None:
            message = "List item values of ModelType are required"
            faults.add(at, "LIST_ITEM_VALUE_REQUIRED", message)
        else:
            faults.add(at, *NO_OBJECT)
    return objects


def is_repeated(text: str, seen: set[str]) -> bool:
    """Whether a text was seen before; from now on it was. An empty one never is."""
    was_seen = text in seen
    if text:
        seen.add(text)
    return was_seen


def is_among(value: Any, choices: Sequence[Any]) -> bool:
    """Whether it is one of them, of the same type: true is not 1."""
    return any(value == choice and type(value) is type(choice) for choice in choices)


def is_snowflake(value: Any) -> bool:
    """Of 64 bits without the sign, as a number or the text of one."""
    return type(value) in (int, str) and bool(SNOWFLAKE.fullmatch(str(value)))


def shown(value: Any) -> str:
    """What came, for a message."""
    return str(value)[:MAX_SHOWN]
