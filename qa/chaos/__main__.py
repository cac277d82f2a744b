"""Inject faults for real and print a table of what was lost. Run by ``make chaos``.

Exit status: 0 if every fault was injected and nothing was lost, 1 if something was lost, 3 if nothing was lost but some
faults could not be injected on this machine; the table says which.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from qa.chaos import cores, damage, disk, divergence, kills, machine, memory, places, reruns, signals, twice
from qa.chaos.tally import Tally

Rows = Callable[[], Sequence[Tally]]

LOST, NOT_INJECTED = 1, 3
"""Exit statuses."""


class Chaos:
    """All faults, each part in a folder of its own below ``folder``."""

    def __init__(self, folder: Path, kill_count: int, seed: int) -> None:
        self.folder, self.kill_count, self.seed = folder, kill_count, seed
        self.reference = folder / "undisturbed"
        self.durations: kills.Durations = {}

    def parts(self) -> dict[str, Rows]:
        """Return part → the function that injects its faults."""
        return {
            "writers": self._writers,
            "damage": self._damage,
            "divergence": lambda: [divergence.diverge(self._place("divergence"))],
            "kills": self._kills,
            "reruns": lambda: [reruns.kill_reruns(self.reference, self._place("reruns"))],
            "signals": lambda: [
                signals.interrupt_training(self.reference, self._place("signals"), 12, self._rng("signals"))
            ],
            "orphans": lambda: [
                signals.orphan_training(self.reference, self._place("orphans"), 6, self._rng("orphans"))
            ],
            "disk": self._disk,
            "memory": lambda: [
                memory.starve(self.reference, self._place("memory"), [limit * machine.MIB for limit in (700, 1200)])
            ],
            "twice": lambda: [twice.run_twice(self.reference, self._place("twice"), 3, self._rng("twice"))],
            "places": lambda: [places.visit(self.reference, self._place("places"))],
            "cores": lambda: [cores.oversubscribe(self._place("cores"), images=3000, repetitions=3)],
        }

    def run(self, names: Sequence[str]) -> Iterator[Tally]:
        """Yield a row for each kind of fault of the parts ``names``."""
        self.durations = kills.measure(self.reference)
        for name in names:
            began = time.monotonic()
            try:
                yield from self.parts()[name]()
            except Exception as error:  # a run did not end, or not well; the other parts are still tried
                yield Tally(name, lost=[f"{name}: {type(error).__name__}: {error}"])
            print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)

    def _place(self, name: str) -> Path:
        place = self.folder / name
        place.mkdir()
        return place

    def _rng(self, name: str) -> np.random.Generator:
        return np.random.default_rng([self.seed, *name.encode()])

    def _writers(self) -> Sequence[Tally]:
        place, rng = self._place("writers"), self._rng("writers")
        return [kills.kill_writers(place, 1000, rng), kills.kill_writers(place, 100, rng, together=3)]

    def _damage(self) -> Sequence[Tally]:
        place, rng = self._place("damage"), self._rng("damage")
        return [
            damage.flip_shards(place, 5000, rng),
            damage.flip_models(place, 1000, rng),
            damage.pretend(place),
            damage.damage_a_run(self.reference, place, rng),
        ]

    def _kills(self) -> Sequence[Tally]:
        place = self._place("kills") / "disturbed"
        return kills.Campaign(place, self.reference, self.durations, self.kill_count, self._rng("kills"))()

    def _disk(self) -> Sequence[Tally]:
        if not machine.can_mount():
            return [Tally("disk full", skipped=["needs root, or a system that gives users namespaces (unshare)"])]
        place, rng = self._place("disk"), self._rng("disk")
        return [disk.fill_disk_of_writers(place, 200, rng), disk.fill_disk_of_a_run(self.reference, place, 4, rng)]


def exit_status(tallies: Sequence[Tally]) -> int:
    """Return the exit status of a campaign."""
    if any(tally.lost for tally in tallies):
        return LOST
    return NOT_INJECTED if any(tally.skipped for tally in tallies) else 0


def enter_namespace() -> None:
    """Start again in a namespace in which this user may mount small disks, if the user may not and the system can."""
    if not machine.can_mount() and "INKBRIDGE_CHAOS" not in os.environ and machine.can_mount_in_a_namespace():
        os.environ["INKBRIDGE_CHAOS"] = "in a namespace"
        os.execvp(machine.NAMESPACE[0], [*machine.NAMESPACE, sys.executable, "-m", "qa.chaos", *sys.argv[1:]])


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m qa.chaos", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=200, help="number of jobs to kill (default: %(default)s)")
    parser.add_argument(
        "--seed", type=int, default=0, help="seed of all random choices, though not of the jobs' timing"
    )
    parser.add_argument("--only", nargs="+", choices=list(Chaos(Path(), 0, 0).parts()), help="run only these parts")
    arguments = parser.parse_args()
    enter_namespace()
    with tempfile.TemporaryDirectory(prefix="inkbridge-chaos-", ignore_cleanup_errors=True) as folder:
        chaos = Chaos(Path(folder), arguments.kills, arguments.seed)
        print("| fault | injected | survived | lost | details |\n| --- | ---: | ---: | ---: | --- |", flush=True)
        tallies = []
        for tally in chaos.run(arguments.only or list(chaos.parts())):
            print(tally.row(), flush=True)
            tallies.append(tally)
    lost = [line for tally in tallies for line in tally.lost]
    print(f"| total | {sum(one.injected for one in tallies):,} | | {len(lost):,} | |")
    for heading, lines in {
        "Lost:": lost,
        "Not injected on this machine:": [f"{tally.fault}: {why}" for tally in tallies for why in tally.skipped],
    }.items():
        if lines:
            print("", heading, *lines, sep="\n", file=sys.stderr)
    return exit_status(tallies)


if __name__ == "__main__":
    sys.exit(main())
