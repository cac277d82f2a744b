"""The server's side of the worker: starts it, gives it one job at a time, ends it if it does not stop."""

import asyncio
import itertools
import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from inkbridge.studio.messages import HEAD, Message, lengths
from inkbridge.support.errors import InkbridgeError

LONGEST_JOB = 900.0
"""Seconds that a job may take. Then the worker is ended."""

GRACE = 3.0
"""Seconds in which a cancelled job may end by itself."""

Told = Callable[[float | None, str], None]
"""Takes how far a job has come, in [0, 1], and what is done, in words."""


class Cancelled(InkbridgeError):
    """A job that the person has cancelled."""


class Worker:
    """One process, at low priority, which takes one job at a time."""

    def __init__(self, project: Path) -> None:
        self._project = project
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._numbers = itertools.count(1)
        self._cancelled = asyncio.Event()
        self._busy = False

    async def start(self) -> None:
        """Start the process if it does not run. It loads its libraries at once."""
        if self._process is not None and self._process.returncode is None:
            return
        # -P: the folder that the studio is started in holds drawings, no modules.
        command = [sys.executable, "-P", "-m", "inkbridge.studio.worker", str(self._project.absolute())]
        self._process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": _search_path()},
            start_new_session=True,  # Ctrl-C ends the server, which then ends the worker
            limit=1 << 20,
        )

    async def run(self, job: str, about: Mapping[str, Any], block: bytes, told: Told) -> Message:
        """Return the result of a job, when its turn has come.

        Raises :class:`InkbridgeError` if the job fails, :class:`Cancelled` if it is cancelled.
        """
        async with self._turn:
            self._cancelled.clear()
            self._busy = True
            try:
                return await asyncio.wait_for(self._run(job, about, block, told), LONGEST_JOB)
            except TimeoutError:
                await self.end()
                raise InkbridgeError(f"this took longer than {LONGEST_JOB / 60:.0f} minutes and was ended") from None
            except asyncio.CancelledError:  # nobody waits for the result any more
                await self.end()
                raise
            finally:
                self._busy = False

    def cancel(self) -> bool:
        """Cancel the job that runs, and return whether there is one."""
        self._cancelled.set()
        return self._busy

    async def end(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _run(self, job: str, about: Mapping[str, Any], block: bytes, told: Told) -> Message:
        await self.start()
        process, number = self._process, next(self._numbers)
        assert process is not None
        answer = asyncio.ensure_future(self._answer(process, Message({**about, "job": number, "do": job}, block), told))
        cancelled = asyncio.ensure_future(self._cancelled.wait())
        try:
            await asyncio.wait([answer, cancelled], return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                await self._ask_to_stop(process, number)
                await asyncio.wait([answer], timeout=GRACE)
            if not answer.done():
                await self.end()
                raise Cancelled("cancelled")
            return answer.result()
        finally:
            answer.cancel()
            cancelled.cancel()
            await asyncio.gather(answer, cancelled, return_exceptions=True)

    async def _ask_to_stop(self, process: asyncio.subprocess.Process, number: int) -> None:
        assert process.stdin is not None
        with suppress(OSError):
            process.stdin.write(Message({"cancel": number}).encoded())
            await process.stdin.drain()

    async def _answer(self, process: asyncio.subprocess.Process, message: Message, told: Told) -> Message:
        assert process.stdin is not None
        try:
            process.stdin.write(message.encoded())
            await process.stdin.drain()
            while True:
                found = await self._read(process)
                about = found.about
                if about.get("job") != message.about["job"]:
                    continue  # of a job that was cancelled
                if "failed" in about:
                    raise (Cancelled if about.get("cancelled") else InkbridgeError)(about["failed"])
                if about.get("done"):
                    return found
                told(about.get("progress"), about.get("step", ""))
        except (OSError, asyncio.IncompleteReadError, ValueError) as error:
            code = await process.wait() if isinstance(error, asyncio.IncompleteReadError) else None
            await self.end()
            ended = f" (signal {-code})" if code is not None and code < 0 else ""
            raise InkbridgeError(
                f"the process that draws ended unexpectedly{ended}; memory may have run out: try fewer or smaller "
                "frames"
            ) from error

    async def _read(self, process: asyncio.subprocess.Process) -> Message:
        assert process.stdout is not None
        text, block = lengths(await process.stdout.readexactly(HEAD.size))
        about = json.loads(await process.stdout.readexactly(text))
        return Message(about, await process.stdout.readexactly(block))


def _search_path() -> str:
    """Return where the worker finds the package: where this process has found it."""
    package = str(Path(__file__).parents[2])
    others = [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part and part != package]
    return os.pathsep.join([package, *others])
