"""What the server tells all open pages, as server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

MOST_LISTENERS = 16
"""Pages that listen at once."""

_MOST_WAITING = 200
"""Events that wait for a slow page; then it is cut off, and connects again."""

_BEAT = 15.0
"""Seconds after which a sign of life is sent, by which a page that is gone is noticed."""


class Events:
    """Sends events to all that listen."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[bytes | None]] = set()
        self._ended = False

    def send(self, event: Mapping[str, Any]) -> None:
        """Send an event to all listeners."""
        line = _as_text(event)
        for queue in list(self._listeners):
            if queue.qsize() >= _MOST_WAITING:
                self._listeners.discard(queue)
                queue.put_nowait(None)
            else:
                queue.put_nowait(line)

    def end(self) -> None:
        """End all streams."""
        self._ended = True
        for queue in self._listeners:
            queue.put_nowait(None)

    def is_full(self) -> bool:
        return len(self._listeners) >= MOST_LISTENERS

    async def stream(self, *first: Mapping[str, Any]) -> AsyncIterator[bytes]:
        """Yield the events ``first`` and then every event, as text for the page."""
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            yield b"retry: 1000\n" + b"".join(map(_as_text, first))
            while not self._ended:
                try:
                    line = await asyncio.wait_for(queue.get(), _BEAT)
                except TimeoutError:
                    line = b": still here\n\n"
                if line is None:
                    return
                yield line
        finally:
            self._listeners.discard(queue)


def _as_text(event: Mapping[str, Any]) -> bytes:
    return f"data: {json.dumps(event)}\n\n".encode()
