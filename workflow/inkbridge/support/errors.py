"""The exception for errors that a user can correct, and how to recognise the errors of other libraries."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

_WORDS_OF_MEMORY = ("allocate memory", "memory allocation", "out of memory", "insufficient memory", "bad_alloc")
"""Texts, in lower case, by which torch, OpenCV, HDF5 and the system report that memory ran out, in errors without a
type of their own."""


class InkbridgeError(Exception):
    """Bad input. The message names the file, cell or key, what was expected, what was found and what to do."""


def printable(text: str) -> str:
    """Return ``text`` as one line that every terminal and log can show, with unprintable characters escaped.

    File names may contain line breaks, terminal control sequences and bytes that are not characters.
    """
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


@contextmanager
def printable_message() -> Iterator[None]:
    """Make the message of an :class:`InkbridgeError` from the block :func:`printable`."""
    try:
        yield
    except InkbridgeError as error:
        error.args = (printable(str(error)),)
        raise


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether ``error``, or an error that caused it, says that memory ran out."""
    return any(
        isinstance(one, MemoryError)
        or getattr(one, "errno", None) == errno.ENOMEM
        or (not _has_free_text(one) and any(words in str(one).lower() for words in _WORDS_OF_MEMORY))
        for one in _causes(error)
    )


def _has_free_text(error: BaseException) -> bool:
    """Return whether the message may contain names of files and keys, which users choose."""
    return isinstance(error, InkbridgeError) or getattr(error, "errno", None) is not None


def interruption_behind(error: BaseException) -> KeyboardInterrupt | None:
    """Return ``error``, or the error that caused it, if it is an interruption; else None.

    A signal may arrive while a library's C code calls Python. Numba then wraps the interruption in a SystemError.
    """
    return next((one for one in _causes(error) if isinstance(one, KeyboardInterrupt)), None)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield ``error``, its cause, the cause of that, and so on."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
