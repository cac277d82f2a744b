"""The whole workflow on a configuration so small that it takes a minute: what it makes is worthless, that it makes
it is what is tested."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from inkbridge.support.provenance.git import SOURCE_VARIABLE, source_of

ROOT = Path(__file__).parents[2]

# Runs that are compared are of one commit, even where someone works on the clone meanwhile.
_source = source_of(ROOT)
os.environ[SOURCE_VARIABLE] = _source["commit"] + "-dirty" * bool(_source["dirty"])

TINY = {
    "doodles": dict.fromkeys(["makeman", "square", "brain", "neuron", "dancer", "walker"]),
    "dataset": {"shard_size": 64, "shards": {"train": 2}},
    "variants": {"coordconv64": None, "conv64": {"channels": 8}, "strokes64": {"channels": 8, "strokes": 4}},
    "training": {"images": 256, "batch_size": 32, "validation_every": 128},
    "fitting": {"steps": 5, "stroke_steps": 5},
    "animation": {"methods": ["linear", "cubic"], "noise_std": [0, 0.8], "frames_per_segment": 3, "size": 64},
    "evaluation": {"images": 32, "resamples": 100},
}
"""On top of the default configuration: two doodles of the eight, two variants, two methods, two stds."""


def tiny_settings() -> dict[str, Any]:
    """Return the tiny configuration, whole."""
    return _on_top(yaml.safe_load((ROOT / "config.yaml").read_text()), TINY)


def _on_top(below: Any, above: Any) -> Any:
    """Put a configuration on top of another, as Snakemake does."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    return below | {key: _on_top(below.get(key), value) for key, value in above.items()}


@dataclass(frozen=True)
class Result:
    """What a run of Snakemake came to."""

    code: int
    text: str

    def jobs(self) -> dict[str, int]:
        """Return rule → number of jobs, from the last table of job counts."""
        table = re.split(r"^job +count$", self.text, flags=re.MULTILINE)[-1].split("\n\n")[0].splitlines()[2:]
        return {line.split()[0]: int(line.split()[1]) for line in table if len(line.split()) == 2}


def run_snakemake(
    folder: Path,
    *targets: str,
    options: Sequence[str] = (),
    on_top: dict[str, object] | None = None,
    cores: Sequence[str] = ("--cores", "2"),
) -> Result:
    """Run Snakemake on the tiny configuration with its results in ``folder``, and ``on_top`` put over it."""
    folder.mkdir(parents=True, exist_ok=True)
    tiny = folder / "tiny.yaml"
    tiny.write_text(yaml.safe_dump(TINY))
    files = [str(tiny)]
    if on_top is not None:
        (folder / "more.yaml").write_text(yaml.safe_dump(on_top, sort_keys=False))
        files.append(str(folder / "more.yaml"))
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), *cores]
    process = subprocess.run(
        [*command, "--directory", str(folder), "--configfile", *files, *options, "--", *targets],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200"},
        timeout=600,
    )
    return Result(process.returncode, process.stdout + process.stderr)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the results of the whole tiny workflow, made once. Tests must not change what is in it."""
    folder = tmp_path_factory.mktemp("finished run")
    result = run_snakemake(folder)
    assert result.code == 0, result.text
    return folder
