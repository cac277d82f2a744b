"""What every job of the workflow does around its work: a log, and a user's mistake told in one message."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inkbridge.errors import InkbridgeError

log = logging.getLogger("inkbridge")

PROGRESS = "inkbridge.progress"
"""Name of the logger whose lines are shown in the terminal as well, whatever their level."""


@contextmanager
def logged(path: str | Path) -> Iterator[None]:
    """Log to the file ``path``; progress and warnings to the terminal as well, with the job's name in front.

    An :class:`InkbridgeError` ends the process with its message and exit code 1, an interruption with 130.
    """
    place = Path(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    terminal = logging.StreamHandler()
    terminal.addFilter(lambda record: record.levelno >= logging.WARNING or record.name == PROGRESS)
    terminal.setFormatter(logging.Formatter(f"{place.parent.name}/{place.stem}: %(message)s"))
    file = logging.FileHandler(place, mode="w", encoding="utf-8")
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.setLevel(logging.INFO)
    for handler in (terminal, file):
        log.addHandler(handler)
    try:
        yield
    except InkbridgeError as error:
        log.error("%s", error)
        sys.exit(1)
    except KeyboardInterrupt as interruption:
        log.error("%s", interruption or "interrupted")
        sys.exit(130)
    except Exception:
        log.exception("an error that is not yours: please report it")
        raise
