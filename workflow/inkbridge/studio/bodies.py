"""The bodies of requests: limited in length and time before anything is kept, and checked before anything is done."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import Field, ValidationError
from starlette.requests import Request

from inkbridge.drawings.drawing import Drawing, Identifier, Keyframe, Part
from inkbridge.drawings.files import MOST_BYTES, message_of
from inkbridge.support.errors import InkbridgeError

MOST_UPLOAD = 64 << 20
"""Bytes of a file that is brought in."""

SLOWEST = 60.0
"""Seconds in which a body must have arrived."""

Revision = Annotated[int, Field(ge=0, le=2**53)]

Some = TypeVar("Some", bound=Part)


class Refusal(Exception):
    """A request that is refused, with its status and sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class NewDrawing(Part):
    """The body of ``PUT drawing``."""

    base: Revision
    drawing: Drawing


class NewKeyframe(Part):
    """The body of ``PATCH keyframes/ID``."""

    base: Revision
    keyframe: Keyframe


class Export(Part):
    """The body of ``POST export``."""

    format: Literal["gif", "webp", "apng", "mp4", "svg", "frames", "sheet"]


class GalleryEntry(Part):
    """The body of ``POST gallery``."""

    name: Identifier


class Nothing(Part):
    """The body of a request that says nothing: ``{}``."""


async def read_json(request: Request, kind: type[Some]) -> Some:
    """Return the checked body of a request. Raises :class:`Refusal`."""
    _check_type(request, "application/json")
    content = bytearray()
    async for part in _parts(request, MOST_BYTES):
        content += part
    try:
        return kind.model_validate_json(bytes(content))
    except ValidationError as error:
        raise Refusal(422, message_of(error)) from None


async def save_upload(request: Request, place: Path) -> None:
    """Write the body of a request to a file. Raises :class:`Refusal`."""
    _check_type(request, "application/octet-stream")
    with place.open("wb") as file:
        async for part in _parts(request, MOST_UPLOAD):
            file.write(part)


def _check_type(request: Request, expected: str) -> None:
    """Refuse other types: a form on another page may send only types of its own without asking first."""
    found = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if found != expected:
        raise Refusal(415, f"expected a body of {expected}")


async def _parts(request: Request, most: int) -> AsyncIterator[bytes]:
    length = request.headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()) or len(length) > 12 or int(length) > most:
        raise Refusal(413, f"expected at most {most // 1_000_000} megabytes")
    arrived = 0
    try:
        async with asyncio.timeout(SLOWEST):
            async for part in request.stream():
                arrived += len(part)
                if arrived > most:
                    raise Refusal(413, f"expected at most {most // 1_000_000} megabytes")
                yield part
    except TimeoutError:
        raise Refusal(408, "the request took too long to arrive") from None


def number_from(text: str, least: int, most: int, name: str) -> int:
    """Return the number in a query. Raises :class:`InkbridgeError`."""
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or not least <= int(text) <= most:
        raise InkbridgeError(f"{name}: expected a whole number from {least} to {most}")
    return int(text)
