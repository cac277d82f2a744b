"""The kinds of files that are taken out of the studio."""

from collections.abc import Mapping

ENDINGS: Mapping[str, str] = {
    "gif": ".gif",
    "webp": ".webp",
    "apng": ".png",
    "mp4": ".mp4",
    "svg": ".svg",
    "frames": ".zip",
    "sheet": ".png",
}
"""Format that the page asks for → the ending of the file that it gets."""

MEDIA_TYPES: Mapping[str, str] = {
    "gif": "image/gif",
    "webp": "image/webp",
    "apng": "image/apng",
    "mp4": "video/mp4",
    "svg": "image/svg+xml",
    "frames": "application/zip",
    "sheet": "image/png",
}
"""Format → its media type."""
