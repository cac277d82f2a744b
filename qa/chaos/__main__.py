"""``make chaos``: inject faults, print the table of what was lost, and end with 1 where anything was."""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from qa.chaos import cores, damage, faults, kills, places
from qa.chaos.tally import Tally

Rows = Callable[[], Sequence[Tally]]


class Chaos:
    """All faults, each part in a folder of its own below ``folder``."""

    def __init__(self, folder: Path, kill_count: int, seed: int) -> None:
        self.folder, self.kill_count, self.seed = folder, kill_count, seed
        self.reference = folder / "undisturbed"
        self.durations: kills.Durations = {}

    def parts(self) -> dict[str, Rows]:
        """Return the name of each part and what injects its faults."""
        return {
            "writers": self._writers,
            "damage": self._damage,
            "divergence": lambda: [faults.diverge(self._place("divergence"))],
            "kills": self._kills,
            "signals": lambda: [
                faults.interrupt_training(self.reference, self._place("signals"), 12, self._rng("signals"))
            ],
            "orphans": lambda: [
                faults.orphan_training(self.reference, self._place("orphans"), 6, self._rng("orphans"))
            ],
            "disk": self._disk,
            "memory": lambda: [
                faults.starve(self.reference, self._place("memory"), [limit * faults.MIB for limit in (700, 1200)])
            ],
            "twice": lambda: [faults.run_twice(self.reference, self._place("twice"), 3, self._rng("twice"))],
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
            except Exception as error:  # a run that was to end well, or at all, did not; other parts are tried still
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
        place, rng = self._place("disk"), self._rng("disk")
        if not faults.can_mount():
            return [Tally("disk full", note="not injected: only root can mount a small disk")]
        return [faults.fill_disk_of_writers(place, 200, rng), faults.fill_disk_of_a_run(self.reference, place, 4, rng)]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m qa.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="jobs that are killed")
    parser.add_argument("--seed", type=int, default=0, help="of all that is random; how jobs fall in time is not")
    parser.add_argument("--only", nargs="+", choices=list(Chaos(Path(), 0, 0).parts()), help="parts, instead of all")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="inkbridge-chaos-", ignore_cleanup_errors=True) as folder:
        chaos = Chaos(Path(folder), arguments.kills, arguments.seed)
        print("| fault | injected | survived | lost | of which |\n| --- | ---: | ---: | ---: | --- |", flush=True)
        tallies = []
        for tally in chaos.run(arguments.only or list(chaos.parts())):
            print(tally.row(), flush=True)
            tallies.append(tally)
    lost = [line for tally in tallies for line in tally.lost]
    print(f"| total | {sum(one.injected for one in tallies):,} | | {len(lost):,} | |")
    sys.exit("\n".join(["", "Lost:", *lost]) if lost else 0)


if __name__ == "__main__":
    main()
