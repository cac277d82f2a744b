"""The worker: a process of its own that takes one job after another, at low priority, until the server ends.

``python -m inkbridge.studio.worker PROJECT``. Jobs come on standard input, results go to standard output
(:mod:`inkbridge.studio.messages`); what libraries print there goes to standard error.
"""

import os
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any

from inkbridge.studio.messages import Message, read_message
from inkbridge.support.cores import use_one_blas_thread
from inkbridge.support.errors import InkbridgeError, is_out_of_memory, printable

_NICE = 10
"""By how much others come first: whoever draws must not feel that something is computed."""

_LEAST_STEP = 0.02
"""Share of a job after which its progress is told again."""


class Stopped(InkbridgeError):
    """The job was cancelled."""


class Desk:
    """Takes jobs and sends what becomes of them."""

    def __init__(self, jobs: IO[bytes], results: IO[bytes]) -> None:
        self._jobs, self._results = jobs, results
        self._waiting: SimpleQueue[Message] = SimpleQueue()
        self._cancelled: set[int] = set()
        self._job = 0
        self._step, self._told = "", -1.0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        """Take messages while a job is done. If the server ends, however it ends, so does this process."""
        while (message := read_message(self._jobs)) is not None:
            if "cancel" in message.about:
                self._cancelled.add(message.about["cancel"])
            else:
                self._waiting.put(message)
        os._exit(0)

    def next(self) -> Message:
        """Return the next job."""
        message = self._waiting.get()
        self._job, self._step, self._told = message.about["job"], "", -1.0
        return message

    def say(self, step: str) -> None:
        """Tell what is done now. Raises :class:`Stopped` if the job was cancelled."""
        self._step, self._told = step, -1.0
        self._tell(None)

    def progress(self, steps: range) -> Iterable[int]:
        """Yield steps, and tell how far they have come. Raises :class:`Stopped` if the job was cancelled."""
        for done, step in enumerate(steps):
            if done / len(steps) - self._told >= _LEAST_STEP:
                self._told = done / len(steps)
                self._tell(self._told)
            elif self._job in self._cancelled:
                raise Stopped("cancelled")
            yield step

    def _tell(self, progress: float | None) -> None:
        if self._job in self._cancelled:
            raise Stopped("cancelled")
        self.send(Message({"job": self._job, "progress": progress, "step": self._step}))

    def done(self, about: dict[str, Any], block: bytes) -> None:
        self.send(Message({**about, "job": self._job, "done": True}, block))

    def failed(self, sentence: str, cancelled: bool) -> None:
        self.send(Message({"job": self._job, "failed": printable(sentence)[:2000], "cancelled": cancelled}))

    def send(self, message: Message) -> None:
        self._results.write(message.encoded())
        self._results.flush()


def work(desk: Desk, do: Callable[[Message], tuple[dict[str, Any], bytes]]) -> None:
    """Do the next job. An error becomes a sentence."""
    message = desk.next()
    try:
        about, block = do(message)
        desk.done(about, block)
    except InkbridgeError as error:
        desk.failed(str(error), isinstance(error, Stopped))
    except Exception as error:
        if is_out_of_memory(error):
            desk.failed("memory ran out; try fewer or smaller frames", False)
            return
        import traceback

        traceback.print_exc()
        desk.failed("internal error, please report it with the traceback that the terminal shows", False)


def main() -> None:
    os.nice(_NICE)
    jobs, results = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    desk = Desk(jobs, results)
    use_one_blas_thread()
    from inkbridge.studio.jobs import Jobs  # imports torch

    studio = Jobs(Path(sys.argv[1]), desk.say, desk.progress)
    while True:
        work(desk, studio.do)


if __name__ == "__main__":
    main()
