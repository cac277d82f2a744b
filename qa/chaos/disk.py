"""A full disk: the message names the file and the free space, and nothing is damaged or left behind."""

import re
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from inkbridge.support.errors import InkbridgeError
from qa.chaos.kills import writers
from qa.chaos.machine import MIB, small_disk
from qa.chaos.runs import Run, complete, differences
from qa.chaos.tally import Tally


def _fill(disk: Path, left: int) -> Path:
    """Fill a disk until ``left`` bytes are free, and return the file that takes the space."""
    filler = disk / "filler"
    filler.write_bytes(b"\0" * max(0, shutil.disk_usage(disk).free - left))
    return filler


def fill_disk_of_writers(folder: Path, count: int, rng: np.random.Generator) -> Tally:
    """Write files for which the disk has too little space."""
    tally = Tally("disk full while a shard, a checkpoint, a GIF is written")
    with small_disk(folder / "disk", 16 * MIB) as disk:
        for name, write in writers().items():
            path = disk / name
            write(path, 1)
            needed = path.stat().st_size
            write(path, 0)
            good = path.read_bytes()
            for _ in range(count // len(writers())):
                filler = _fill(disk, int(rng.uniform(0, 0.95 * needed)))
                message = refusal(partial(write, path, 1))
                tally.inject(name)
                wrong = []
                if str(path) not in message or "the disk is full" not in message or "free in" not in message:
                    wrong.append(f"{name}: expected an error that names the file and the free space, found {message!r}")
                if path.read_bytes() != good:
                    wrong.append(f"{name}: the old file was damaged")
                filler.unlink()
                if {entry.name for entry in disk.iterdir()} != {name}:
                    wrong.append(f"{name}: something was left behind")
                tally.lose(*wrong)
            write(path, 1)
            path.unlink()
    return tally


def refusal(act: Callable[[], object]) -> str:
    """Return the message of the error that ``act`` raises; empty if it raises none."""
    try:
        act()
    except InkbridgeError as error:
        return str(error)
    except Exception as error:  # a user would see a traceback
        return f"{type(error).__name__}: {error}"
    return ""


def fill_disk_of_a_run(reference: Path, folder: Path, count: int, rng: np.random.Generator) -> Tally:
    """Let the disk fill up at any point of a run, free space, and run again."""
    tally = Tally("disk full in a run")
    files = {path.stat().st_ino: path.stat().st_size for path in reference.rglob("*") if path.is_file()}
    needed = sum(files.values())
    for number in range(count):
        with small_disk(folder / f"disk{number}", 3 * needed + 64 * MIB) as disk:
            work = disk / "work"
            filler = _fill(disk, int(rng.uniform(0.05, 0.7) * needed))
            code = Run(work, options=("--keep-going",)).wait()
            assert code != 0, "the space was enough"
            tally.inject()
            text = (work / "run.log").read_text(errors="replace")
            wrong = [f"{line} after the disk was full" for line in differences(work, reference, partly=True)]
            if not reports_full_disk(text):
                wrong.append(f"not reported: {text[-1500:]}")
            filler.unlink()
            complete(work)
            tally.lose(*wrong, *differences(work, reference))
    return tally


def reports_full_disk(text: str) -> bool:
    """Return whether a job reports that the disk is full, or Snakemake does for its own files. A job that ends with a
    traceback does not count."""
    of_a_job = re.search(r'File "[^"]*(/workflow/inkbridge/|/\.snakemake/scripts/)', text)
    return not of_a_job and ("disk is full" in text or "No space left" in text)
