"""Checks of a workflow before its jobs start, and a message for jobs that were killed and could not print one."""

import re
from collections.abc import Iterable
from pathlib import Path

from inkbridge.config.yaml_files import read_yaml
from inkbridge.support.errors import InkbridgeError

KILLED = (
    "A job was killed, either by a user or by the system because memory ran out. If memory ran out, offer fewer "
    "--cores, set how many megabytes all jobs may use together (--resources mem_mb=8000), or lower "
    "training.batch_size, dataset.shard_size, evaluation.images or animation.size, whichever the job uses. On a "
    "cluster, the jobs of a rule can also ask for more memory (--set-resources RULE:mem_mb=8000)."
)


def check_yaml(files: Iterable[Path]) -> None:
    """Raise :class:`InkbridgeError`, naming file and line, if a configuration file is not YAML or has a key twice.

    Snakemake names neither the file nor the line, and accepts a key that occurs twice.
    """
    for file in dict.fromkeys(files):
        if file.suffix != ".json":  # JSON may hold tabs, which YAML refuses
            read_yaml(file)


def check_variant_names(variants: Iterable[str], rules: Iterable[str]) -> None:
    """Raise :class:`InkbridgeError` if a variant has the name of a rule: its name becomes a target."""
    taken = set(rules)
    for name in variants:
        if name in taken:
            raise InkbridgeError(f"variants.{name}: expected a name that no rule has; found {name!r}")


def some_job_was_killed(logs: Iterable[str]) -> bool:
    """Return whether one of Snakemake's ``logs`` says that a job was killed, here or by Slurm."""
    words = r"<Signals\.SIG(KILL|ABRT)|status 137|OUT_OF_MEMORY|exceeded memory limit|oom.kill"
    return any(re.search(words, Path(log).read_text()) for log in logs)
