"""A page of a channel's messages, as it is asked for in a query."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from sdbot.sandbox.documents import Document
from sdbot.sandbox.faults import Faults

USUAL_LIMIT, MAX_LIMIT = 50, 100
NUMBERS = ("before", "after", "around", "limit")
# A snowflake has 64 bits.
WHOLE_NUMBER = re.compile(r"[0-9]{1,20}")


@dataclass(frozen=True, kw_only=True)
class Page:
    """At most `limit` messages at one place: the newest where no id is given."""

    before: int | None = None
    after: int | None = None
    around: int | None = None
    limit: int = USUAL_LIMIT

    @classmethod
    def asked(cls, query: Mapping[str, str]) -> Self:
        """What a query asks for. Raises 50035."""
        faults = Faults()
        numbers = {}
        for name in NUMBERS:
            text = query.get(name)
            if text is not None and WHOLE_NUMBER.fullmatch(text):
                numbers[name] = int(text)
            elif text is not None:
                faults.add([name], "NUMBER_TYPE_COERCE", f'Value "{text}" is not int.')
        limit = numbers.get("limit", USUAL_LIMIT)
        if limit < 1:
            message = "int value should be greater than or equal to 1."
            faults.add(["limit"], "NUMBER_TYPE_MIN", message)
        elif limit > MAX_LIMIT:
            message = f"int value should be less than or equal to {MAX_LIMIT}."
            faults.add(["limit"], "NUMBER_TYPE_MAX", message)
        faults.raise_any()
        return cls(**numbers)

    def of(self, messages: list[Document]) -> list[Document]:
        """The page of messages that stand oldest first; it does so too."""
        if self.around is not None:
            older = [m for m in messages if int(m["id"]) < self.around]
            begin = max(0, len(older) - self.limit // 2)
            return messages[begin : begin + self.limit]
        if self.before is not None:
            messages = [m for m in messages if int(m["id"]) < self.before]
        if self.after is not None:
            return [m for m in messages if int(m["id"]) > self.after][: self.limit]
        return messages[-self.limit :]
