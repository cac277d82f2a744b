"""The one exception for what a user can put right, and how errors of many libraries are told apart."""

import errno
from collections.abc import Iterator

_WORDS_OF_MEMORY = ("allocate memory", "memory allocation", "out of memory", "insufficient memory", "bad_alloc")
"""What torch, OpenCV, HDF5 and the system write into errors that have no type of their own."""


class InkbridgeError(Exception):
    """Bad input: the message names the file, cell or key, what was expected and what to do."""


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether ``error``, or one that led to it, says that no memory was left."""
    return any(
        isinstance(one, MemoryError)
        or getattr(one, "errno", None) == errno.ENOMEM
        or any(words in str(one).lower() for words in _WORDS_OF_MEMORY)
        for one in _causes(error)
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
