"""The whole workflow on a configuration so small that it takes a minute, and what Snakemake says about it."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from PIL import Image, ImageOps

from inkbridge.decoding.decoder import load_doodle
from inkbridge.support.provenance.git import SOURCE_VARIABLE, source_of
from qa.paths import ROOT
from qa.tiny import TINY
from tests.conftest import Share

# Compared runs name the same commit, even if someone works on the clone meanwhile.
_source = source_of(ROOT)
os.environ[SOURCE_VARIABLE] = _source["commit"] + "-dirty" * bool(_source["dirty"])


@dataclass(frozen=True)
class Result:
    """The exit code and the output of a run of Snakemake."""

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
    with tempfile.TemporaryDirectory(prefix="inkbridge-") as place:  # parallel tests may look at one run
        files = []
        for number, settings in enumerate([TINY, on_top] if on_top is not None else [TINY]):
            files.append(f"{place}/{number}.yaml")
            Path(files[-1]).write_text(yaml.safe_dump(settings, sort_keys=False))
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
def finished(share: Share) -> Path:
    """A folder with the results of the whole tiny workflow, made once. Tests must not change it."""
    return share("finished run", _run_to_the_end)


def _run_to_the_end(folder: Path) -> None:
    result = run_snakemake(folder)
    assert result.code == 0, result.text


DARK: dict[str, object] = {
    "dark": {
        "sheet": "c{1}.png",  # which Snakemake could take for a wildcard
        "methods": ["cubic"],
        "noise_std": [0.3],
        "frames_per_segment": 5,
        "frame_ms": 50,
    }
}
"""A doodle in dark ink with animation settings of its own; :func:`extended` draws it."""


@pytest.fixture(scope="session")
def extended(finished: Path, share: Share) -> Path:
    """The finished run with one more doodle, :data:`DARK`. Tests must not change it."""

    def extend(folder: Path) -> None:
        shutil.copytree(finished, folder, dirs_exist_ok=True)
        with Image.open(ROOT / "resources/doodles/tree.png") as light:
            ImageOps.invert(light.convert("L")).save(folder / "c{1}.png")
        result = run_snakemake(folder, on_top={"doodles": DARK})
        assert result.code == 0, result.text

    return share("extended run", extend)


def strokes_of(folder: Path, doodle: str) -> int:
    """Return how many strokes the fit of ``doodle`` found that it needs."""
    record = load_doodle(folder / f"results/fits/strokes64/{doodle}.safetensors").record
    assert record is not None
    return int(record["strokes"])
