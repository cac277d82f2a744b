"""The one exception for what a user can put right, and how errors of many libraries are told apart."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

_WORDS_OF_MEMORY = ("allocate memory", "memory allocation", "out of memory", "insufficient memory", "bad_alloc")
"""What torch, OpenCV, HDF5 and the system write into errors that have no type of their own."""


class InkbridgeError(Exception):
    """Bad input: the message names the file, cell or key, what was expected and what to do."""


def printable(text: str) -> str:
    """Return ``text`` in one line that every terminal and log can show: what cannot be printed is escaped.

    Names of files may hold line breaks, control sequences of terminals and bytes that are no letters.
    """
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


@contextmanager
def printable_message() -> Iterator[None]:
    """Raise every :class:`InkbridgeError` of one line with a message that is :func:`printable`."""
    try:
        yield
    except InkbridgeError as error:
        error.args = (printable(str(error)),)
        raise


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether ``error``, or one that led to it, says that no memory was left."""
    return any(
        isinstance(one, MemoryError)
        or getattr(one, "errno", None) == errno.ENOMEM
        or (not _has_other_words(one) and any(words in str(one).lower() for words in _WORDS_OF_MEMORY))
        for one in _causes(error)
    )


def _has_other_words(error: BaseException) -> bool:
    """Tell whether a message may name files and keys, which can be called anything."""
    return isinstance(error, InkbridgeError) or getattr(error, "errno", None) is not None


def interruption_behind(error: BaseException) -> KeyboardInterrupt | None:
    """Return the interruption that ``error`` is, or that led to it; None where there is none.

    A signal may come while a library's C code calls Python. Numba then puts a SystemError around the interruption.
    """
    return next((one for one in _causes(error) if isinstance(one, KeyboardInterrupt)), None)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
