"""Mutated configurations through `snakemake -n`: the same verdict as in the package, and no traceback."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config

from inkbridge.config.settings import Configuration
from inkbridge.config.yaml_files import read_yaml
from inkbridge.pipeline.checks import check_variant_names
from inkbridge.pipeline.drawings import Drawings
from inkbridge.support.errors import InkbridgeError
from qa.fuzz.configurations import is_small, mutated, mutated_text
from qa.fuzz.sandbox import Input
from qa.paths import ROOT


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def through_snakemake(rng: np.random.Generator, folder: Path) -> Input:
    """`snakemake -n` on a changed configuration or text: no traceback, and nothing is written elsewhere."""
    if rng.random() < 0.5:
        mapping, _, text = mutated(rng)
        try:
            data = yaml.dump(mapping).encode() if is_small(mapping, [5000]) else b"doodles: [" * 50
        except (ValueError, RecursionError, yaml.YAMLError):
            data, text = b"doodles: 1", "doodles: 1"
    else:
        data, text = mutated_text(rng), "bytes of config.yaml"
        while not _is_text(data):  # Snakemake itself ends with a traceback there, before anything here is asked
            data = mutated_text(rng)
    configuration = folder / "changed.yaml"
    configuration.write_bytes(data)
    work = Path.cwd() / "a" / "b"
    command = [sys.executable, "-m", "snakemake", "-n", "--cores", "1", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--directory", str(work), "--configfile", str(configuration), "--quiet", "rules"]

    def run() -> subprocess.CompletedProcess[bytes]:
        work.mkdir(parents=True)
        environment = {**os.environ, "XDG_CACHE_HOME": str(work), "HOME": str(work), "TMPDIR": str(work)}
        return subprocess.run(command, capture_output=True, cwd=work, env=environment, check=False)

    def judge(result: object) -> str | None:
        if not isinstance(result, subprocess.CompletedProcess):
            return f"gave {result!r}"
        said = (result.stdout + result.stderr).decode(errors="replace")
        if "Traceback" in said:
            return "a traceback: " + said[said.index("Traceback") :][-700:]
        if not said.strip() or len(said) > 20_000:
            return f"exit status {result.returncode}, {len(said)} characters: {said[:300]!r}"
        with contextlib.chdir(work):  # where paths of sheets begin
            refusal = _refusal(configuration)
        if result.returncode != (refusal is not None) or (refusal or "") not in said:
            return f"exit status {result.returncode} where the refusal is {refusal!r}: {said[:300]!r}"
        made = {path.name for path in Path.cwd().iterdir()} - {"a"}
        return f"made {made}" if made else None

    return Input(text, run, judge, programs=True)


def _refusal(configuration: Path) -> str | None:
    """Return the error that Snakemake must report for a file on top of config.yaml, or None if the file is valid."""
    merged: dict[str, Any] = {}
    try:
        for file in (configuration, ROOT / "config.yaml", configuration):  # the first one gives keys their order
            update_config(merged, load_configfile(file))
    except (WorkflowError, yaml.YAMLError, ValueError, RecursionError):
        return ""  # in its own words
    try:
        read_yaml(configuration)
        settings = Configuration.read(merged)
        check_variant_names(settings.variants, ["all"])
        drawings = Drawings(settings, Path(), ROOT)
        for doodle in settings.doodles:
            drawings.check(doodle)
    except InkbridgeError as error:
        return str(error)
    return None


FAMILIES: dict[str, Callable[[np.random.Generator, Path], Input]] = {"snakemake -n": through_snakemake}
