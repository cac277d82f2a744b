"""What every job of the workflow does around its work: a log, and a user's mistake told in one message."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inkbridge.errors import InkbridgeError

log = logging.getLogger("inkbridge")


@contextmanager
def logged(path: str | Path) -> Iterator[None]:
    """Log to the file ``path``, warnings to the terminal as well; an :class:`InkbridgeError` ends the process with
    its message and exit code 1, an interruption with 130."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    terminal = logging.StreamHandler()
    terminal.setLevel(logging.WARNING)
    terminal.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    file = logging.FileHandler(path, mode="w", encoding="utf-8")
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
        logging.getLogger("inkbridge").exception("an error that is not yours: please report it")
        raise
