"""The picture of a user who has none."""

import struct
import zlib

# Discord's six, each a red, a green and a blue.
COLOURS = (0x5865F2, 0x757E8A, 0x3BA55C, 0xFAA61A, 0xED4245, 0xEB459F)
SIZE = 64


def default_avatar(index: int) -> bytes:
    """A PNG of one of COLOURS."""
    line = b"\0" + COLOURS[index].to_bytes(3, "big") * SIZE
    # 8 bits a channel, RGB.
    header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(line * SIZE)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(type, data) for type, data in chunks)


def _chunk(type: bytes, data: bytes) -> bytes:
    """Source: the PNG specification, section 5.3."""
    checksum = zlib.crc32(type + data)
    return struct.pack(">I", len(data)) + type + data + struct.pack(">I", checksum)
