"""Time from a sheet of eight keyframes to its GIF on the command line, with and without fitting.

Each run is a process of its own. Needs the models of a finished run in ``results/models``.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUNS = 5


def seconds(folder: str, *options: str) -> float:
    """Return the time of ``inkbridge animate`` on the walker's sheet, including the start of the process."""
    sheet, gif = str(ROOT / "resources/doodles/walker.png"), str(Path(folder, "walker.gif"))
    command = [str(Path(sys.executable).with_name("inkbridge")), "animate", sheet, "-o", gif, "--quiet", *options]
    started = time.perf_counter()
    subprocess.run(command, check=True, cwd=ROOT)
    return time.perf_counter() - started


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        seconds(folder)  # the first run compiles
        times = [(seconds(folder), seconds(folder, "--no-fit")) for _ in range(RUNS)]
    fitted, plain = (statistics.median(side) for side in zip(*times, strict=True))
    print(f"8 keyframes to a GIF, median of {RUNS}: fitted {fitted:.1f} s, without fitting {plain:.1f} s")
    print(f"ratio {statistics.median(one / other for one, other in times):.2f}")


if __name__ == "__main__":
    main()
