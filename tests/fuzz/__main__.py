"""Try thousands of inputs and print a table; the exit status is 1 where anything was wrong. See `make fuzz`."""

import argparse
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.fuzz import configurations, damage, folders, sheets
from tests.fuzz.sandbox import Family, Outcome, Task, try_all

FAMILIES: dict[str, Family] = {**sheets.FAMILIES, **damage.FAMILIES, **folders.FAMILIES, **configurations.FAMILIES}
SHARES = {
    "sheets as drawn": 1400, "depths of PNG": 350, "sizes": 400, "animations": 400, "too little ink": 250, "the same twice": 250,
    "damaged files": 1300, "random bytes": 400, "bombs": 400, "large pictures": 40,
    "folders": 250, "broken folders": 100, "paths": 150, "settings": 60, "pairs": 150,
    "configurations": 1600, "texts of YAML": 400, "snakemake -n": 30,
}  # fmt: skip
"""How many of 8,000 inputs are of each family."""


def main() -> int:
    options = _parser().parse_args()
    names = [name for name in FAMILIES if options.only in name]
    tasks = list(_tasks(names, options.seed, options.inputs)) if options.index is None else [
        Task(name, options.seed, options.index) for name in names
    ]
    print(f"seed {options.seed}, {len(tasks)} inputs, {options.jobs} at a time", flush=True)
    begun, outcomes = time.monotonic(), list[Outcome]()
    for outcome in try_all(tasks, FAMILIES, options.jobs):
        outcomes.append(outcome)
        if outcome.verdict == "wrong" or options.index is not None:
            print(_shown(outcome), flush=True)
    print(_table(names, outcomes), flush=True)
    print(f"{len(outcomes)} inputs in {time.monotonic() - begun:.0f} s", flush=True)
    return int(any(outcome.verdict == "wrong" for outcome in outcomes))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--inputs", type=int, default=7500)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", default="", help="part of a family's name")
    parser.add_argument("--index", type=int, help="one input alone")
    return parser


def _tasks(names: list[str], seed: int, inputs: int) -> Iterator[Task]:
    whole = sum(SHARES[name] for name in names)
    for name in names:
        for index in range(max(1, round(inputs * SHARES[name] / whole))):
            yield Task(name, seed, index)


def _shown(outcome: Outcome) -> str:
    task = outcome.task
    return (
        f"{outcome.verdict}: --only '{task.name}' --seed {task.seed} --index {task.index} ({outcome.text})\n"
        f"    {outcome.reason} [{outcome.seconds:.2f} s, {outcome.mebibytes:.0f} MiB]"
    )


def _table(names: list[str], outcomes: list[Outcome]) -> str:
    counts, seconds, mebibytes = defaultdict[str, Counter[str]](Counter), Counter[str](), Counter[str]()
    for outcome in outcomes:
        name = outcome.task.name
        counts[name][outcome.verdict] += 1
        seconds[name] = max(seconds[name], outcome.seconds)
        mebibytes[name] = max(mebibytes[name], outcome.mebibytes)
    lines = [f"{'inputs':<22}{'tried':>7}{'right':>7}{'refused':>9}{'wrong':>7}{'slowest':>10}{'largest':>11}"]
    for name in names:
        count = counts[name]
        lines.append(
            f"{name:<22}{count.total():>7}{count['right']:>7}{count['refused']:>9}{count['wrong']:>7}"
            f"{seconds[name]:>8.2f} s{mebibytes[name]:>7.0f} MiB"
        )
    total = sum(counts.values(), Counter[str]())
    lines.append(f"{'all':<22}{total.total():>7}{total['right']:>7}{total['refused']:>9}{total['wrong']:>7}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
