"""Messages between the server and its worker: a few values as JSON, and a block of bytes.

Nothing is pickled: a worker that reads files from anywhere cannot make the server run code.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

HEAD = struct.Struct(">IQ")
"""Lengths of the two parts."""

MOST_TEXT, MOST_BLOCK = 1 << 20, 1 << 30
"""Bytes of the two parts of a message."""


@dataclass(frozen=True)
class Message:
    """``about`` says what the message is about; ``block`` is its content."""

    about: Mapping[str, Any]
    block: bytes = b""

    def encoded(self) -> bytes:
        text = json.dumps(self.about).encode()
        return HEAD.pack(len(text), len(self.block)) + text + self.block


def lengths(head: bytes) -> tuple[int, int]:
    """Return the lengths of the two parts of a message. Raises ValueError if it is none."""
    text, block = HEAD.unpack(head)
    if text > MOST_TEXT or block > MOST_BLOCK:
        raise ValueError("no message of a worker")
    return text, block


def read_message(stream: IO[bytes]) -> Message | None:
    """Read the next message; None at the end of the stream."""
    head = _exactly(stream, HEAD.size)
    if head is None:
        return None
    text, block = (_exactly(stream, length) for length in lengths(head))
    return None if text is None or block is None else Message(json.loads(text), block)


def _exactly(stream: IO[bytes], length: int) -> bytes | None:
    parts = []
    while length:
        part = stream.read(length)
        if not part:
            return None
        parts.append(part)
        length -= len(part)
    return b"".join(parts)
