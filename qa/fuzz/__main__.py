"""Try thousands of inputs and print a table. Run by ``make fuzz``. The exit status is 1 if anything was wrong."""

import argparse
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import suppress

from qa.fuzz import brought, configurations, corpus, damage, dry_runs, folders, sheets, studio
from qa.fuzz.sandbox import Family, Outcome, Task, try_all

FAMILIES: dict[str, Family] = {
    **corpus.families(),
    **sheets.FAMILIES,
    **damage.FAMILIES,
    **folders.FAMILIES,
    **brought.FAMILIES,
    **configurations.FAMILIES,
    **dry_runs.FAMILIES,
    **studio.FAMILIES,
}
SHARES = {
    "sheets as drawn": 1000, "depths of PNG": 250, "sizes": 350, "animations": 350, "too little ink": 150,
    "the same twice": 200, "damaged files": 1400, "random bytes": 400, "bombs": 300, "large pictures": 40,
    "folders": 200, "broken folders": 80, "paths": 150, "settings": 50, "pairs": 130,
    "layouts": 250, "lights": 100, "printed pages": 100, "orders": 250, "containers": 300,
    "configurations": 1600, "texts of YAML": 400, "snakemake -n": 30,
    "drawing files": 500, "uploads to the studio": 300, "requests": 500,
}  # fmt: skip
"""Family → its share of 9,380 inputs. Each input of the corpus is tried once."""


def main() -> int:
    options = _parser().parse_args()
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # names that are not text
    names = [name for name in FAMILIES if options.only in name]
    tasks = list(_tasks(names, options.seed, options.inputs))
    if options.index is not None:
        tasks = [Task(name, options.seed, options.index) for name in names]
    print(f"seed {options.seed}, {len(tasks)} inputs, {options.jobs} at a time", flush=True)
    begun, outcomes = time.monotonic(), list[Outcome]()
    with suppress(KeyboardInterrupt):  # the table then shows what was tried
        for outcome in try_all(tasks, FAMILIES, options.jobs):
            outcomes.append(outcome)
            if outcome.verdict == "wrong" or options.index is not None:
                print(_shown(outcome), flush=True)
    print(_table(outcomes))
    print(f"seed {options.seed}, {len(outcomes)} inputs, {time.monotonic() - begun:.0f} s", flush=True)
    return int(len(outcomes) < len(tasks) or any(outcome.verdict == "wrong" for outcome in outcomes))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m qa.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="seed of the random inputs")
    parser.add_argument("--inputs", type=int, default=9380, help="number of inputs, roughly (default: %(default)s)")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="number of inputs tried at once (default: %(default)s)"
    )
    parser.add_argument("--only", default="", help="try only families with this text in their names")
    parser.add_argument("--index", type=int, help="try one input only, by the number that a run prints")
    return parser


def _tasks(names: list[str], seed: int, inputs: int) -> Iterator[Task]:
    whole = sum(SHARES.get(name, 0) for name in names)
    for name in names:
        count = round(inputs * SHARES[name] / whole) if name in SHARES else 1
        for index in range(max(1, count)):
            yield Task(name, seed, index)


def _shown(outcome: Outcome) -> str:
    task = outcome.task
    return (
        f"{outcome.verdict}: --only '{task.name}' --seed {task.seed} --index {task.index} ({outcome.text})\n"
        f"    {outcome.reason} [{outcome.seconds:.2f} s, {outcome.mebibytes:.0f} MiB]"
    )


def _table(outcomes: list[Outcome]) -> str:
    rows = defaultdict[str, list[Outcome]](list)
    for name in FAMILIES:
        rows[_row(name)] = []
    for outcome in outcomes:
        rows[_row(outcome.task.name)].append(outcome)
    lines = [f"{'inputs':<17}{'tried':>7}{'right':>8}{'refused':>9}{'wrong':>7}{'slowest':>10}{'largest':>11}"]
    lines += [_line(name, found) for name, found in (*rows.items(), ("all", outcomes)) if found]
    return "\n".join(lines)


def _row(name: str) -> str:
    return "corpus" if name.startswith("corpus ") else name


def _line(name: str, outcomes: list[Outcome]) -> str:
    count = Counter(outcome.verdict for outcome in outcomes)
    seconds, mebibytes = max(one.seconds for one in outcomes), max(one.mebibytes for one in outcomes)
    return (
        f"{name:<17}{len(outcomes):>7}{count['right']:>8}{count['refused']:>9}{count['wrong']:>7}"
        f"{seconds:>8.2f} s{mebibytes:>7.0f} MiB"
    )


if __name__ == "__main__":
    sys.exit(main())
