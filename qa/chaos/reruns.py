"""A job that runs again and is killed. Snakemake removes a job's own output before the job starts; the rest stays.

The output of the killed job is missing until a run makes it again. The gallery is a copy, so it stays complete until
its own job runs, whichever job before it was killed. (Snakemake's ``update()`` would restore the output of a failed
job, but with a new time: the next run would take the old result for the result of the new inputs.)
"""

import shutil
import signal
from collections.abc import Sequence
from pathlib import Path

from qa.chaos.machine import signal_tree, wait_for
from qa.chaos.runs import Run, complete, differences, finished_files
from qa.chaos.tally import Tally

_OUTPUTS: dict[str, tuple[str, ...]] = {
    "shard": ("dataset/train/0.h5",),
    "train": ("models/conv64/model.safetensors", "models/conv64/"),
    "fit": (
        "fits/conv64/tree.safetensors",
        "animations/conv64/tree/reconstruction.png",
        "evaluation/conv64/tree/keyframes.csv",
    ),
    "animate": (
        "animations/conv64/tree/linear_std0.8.gif",
        "animations/conv64/tree/linear_std0.8.",
        "evaluation/conv64/tree/std0.8.csv",
    ),
    "gallery": ("gifs",),
}
"""Rule → how the names of one job's outputs start below ``results``; the first is a target."""


def kill_reruns(finished: Path, folder: Path, rules: Sequence[str] = tuple(_OUTPUTS)) -> Tally:
    """Run a job of each rule again, and kill it: only its own output is lost. Then complete the run."""
    tally = Tally("SIGKILL of a job that is run again")
    for rule in rules:
        copy = folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(finished, copy, symlinks=True)
        kept = {name for name in finished_files(copy) if not name.startswith(_OUTPUTS[rule])}
        target = f"results/{_OUTPUTS[rule][0]}"
        run = Run(copy, target, options=("--forcerun", rule, "--allowed-rules", rule))
        job = wait_for(run.some_job)
        signal_tree(job.pid, signal.SIGKILL)
        code = run.wait()
        tally.inject(rule)
        wrong = [] if code else [f"{rule}: the run ended well, although its job was killed"]
        wrong += [f"{rule}: {line}" for line in differences(copy, finished, partly=True, kept=kept)]
        complete(copy, target)  # by name: Snakemake does not miss it while newer files depend on it
        complete(copy)
        tally.lose(*wrong, *(f"{rule}, after another run: {line}" for line in differences(copy, finished)))
    return tally
