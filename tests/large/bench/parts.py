"""A document that several commands write: each rewrites its own part."""

from __future__ import annotations

import re
from pathlib import Path

from tests.large.bench.worker import ROOT

PERFORMANCE = ROOT / "docs" / "performance.md"


def replaced(document: str, command: str, text: str) -> str:
    """`document` with `text` for the part of `command`, which comes last where there is none yet.

    A part begins with the line `<!-- make COMMAND -->` and ends with the next part.
    """
    head, *parts = re.split(r"^<!-- make (\w+) -->\n", document, flags=re.MULTILINE)
    texts = dict(zip(parts[::2], parts[1::2], strict=True)) | {command: text}
    blocks = [head.strip()]
    for name, part in texts.items():
        blocks += [f"<!-- make {name} -->", part.strip()]
    return "\n\n".join(block for block in blocks if block) + "\n"


def rewrite(file: Path, command: str, text: str) -> None:
    """Replace the part of a command in a file, which need not exist."""
    document = file.read_text() if file.exists() else ""
    file.write_text(replaced(document, command, text))
