"""The opcodes of a pickle, one after the other."""

from __future__ import annotations

import pickletools
from io import BytesIO
from typing import Any

from diffusion.errors import ModelError

# Extension codes and buffers mean what only the writer's program knows. STRING and UNICODE are the
# text with escapes of protocol 0, which `torch.save` does not write.
REFUSED = ("EXT1", "EXT2", "EXT4", "NEXT_BUFFER", "READONLY_BUFFER", "STRING", "UNICODE")

_OPCODES = {opcode.code: opcode for opcode in pickletools.opcodes}

# How many lines of text follow an opcode. `pickletools` would look for escapes in these.
_LINES = {"GLOBAL": 2, "INST": 2, "PERSID": 1}


def next_opcode(stream: BytesIO) -> tuple[str, Any]:
    """Its name, and the argument that follows it; the lines of a name are joined by a dot.

    Raises `ModelError`.
    """
    position = stream.tell()
    code = stream.read(1)
    if not code:
        raise ModelError("its pickle ends too early, or is too long")
    opcode = _OPCODES.get(code.decode("latin-1"))
    if opcode is None or opcode.name in REFUSED:
        name = opcode.name if opcode else f"0x{code.hex()}"
        raise ModelError(f"its pickle has opcode {name} at byte {position}, which is not read")
    if opcode.name in _LINES:
        return opcode.name, ".".join(_line(stream) for _ in range(_LINES[opcode.name]))
    try:
        return opcode.name, opcode.arg.reader(stream) if opcode.arg else None
    except ValueError as error:
        raise ModelError(f"its pickle is damaged at byte {position}") from error


def _line(stream: BytesIO) -> str:
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise ModelError("its pickle ends within a name")
    return line[:-1].decode("utf-8", "replace")
