"""A folder in which the pipeline ran: its settings and its trained models, for use outside the pipeline."""

import os
import shlex
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from inkbridge.config.settings import Configuration, Doodle, Variant
from inkbridge.config.yaml_files import read_yaml
from inkbridge.support.arrays import read_about
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.provenance.git import CHECKOUT

CONFIGURATION = "config.yaml"

PROJECT_VARIABLE = "INKBRIDGE_PROJECT"
"""Environment variable that names the folder of the project."""


@dataclass(frozen=True)
class Project:
    """``folder`` holds ``results``, and ``config.yaml`` unless the one of the clone is used."""

    folder: Path

    @cached_property
    def configuration_file(self) -> Path | None:
        """The configuration file: that of the folder, else that of the clone of the package, else None."""
        files = (self.folder / CONFIGURATION, CHECKOUT / CONFIGURATION)
        return next((file for file in files if file.is_file()), None)

    @cached_property
    def settings(self) -> Configuration:
        """The configuration, or the defaults if there is no file. Raises InkbridgeError if it is invalid."""
        file = self.configuration_file
        if file is None:
            return Configuration.model_construct(doodles={}, variants={})
        try:
            return Configuration.read(read_yaml(file))
        except InkbridgeError as error:
            raise InkbridgeError(f"{file}: {error}") from error

    def doodle_of(self, sheet: Path) -> tuple[str, Doodle] | None:
        """Return name and entry of the doodle whose sheet is ``sheet``, or None if the configuration has none."""
        for name, doodle in self.settings.doodles.items():
            places = [os.path.realpath(folder / doodle.sheet) for folder in (self.folder, CHECKOUT)]
            if os.path.realpath(sheet) in places:
                return name, doodle
        return None

    def models(self) -> dict[str, Path]:
        """Return variant → file of its trained model. Variants of the configuration come first."""
        found = {file.parent.name: file for file in sorted(self.folder.glob("results/models/*/model.safetensors"))}
        return {name: found[name] for name in dict.fromkeys([*self.settings.variants, *found]) if name in found}

    def model(self, name: str | None) -> tuple[str, Path]:
        """Return name and file of the variant ``name``, or of the first trained one.

        Raises :class:`InkbridgeError`, with the command that trains it, if it is not trained.
        """
        models = self.models()
        if name in models:
            return name, models[name]
        if name is None and models:
            return next(iter(models.items()))
        known = list(self.settings.variants) or ["strokes64"]
        if name is not None and name not in known:
            raise InkbridgeError(
                f"variant {name}: expected one of {', '.join(dict.fromkeys([*models, *known]))}; found no such variant"
            )
        place = self.folder / "results/models"
        command = training_command(place / (name or known[0]) / "model.safetensors")
        raise InkbridgeError(
            f"{place}: expected a trained model{f' of {name}' if name else ''}, found none; train one with: {command}"
        )


def find_project(folder: Path | None) -> Project:
    """Return the project in ``folder``, or in the folder that :data:`PROJECT_VARIABLE` names. Without either, it is the
    working directory if that has models, else the clone of the package.

    Raises :class:`InkbridgeError` if ``folder`` is not a folder.
    """
    if folder is None and (named := os.environ.get(PROJECT_VARIABLE)):
        folder = Path(named)
    if folder is not None:
        if not folder.is_dir():
            raise InkbridgeError(f"{folder}: expected the folder of a project, found no folder")
        return Project(folder)
    here = Path()
    if (here / "results/models").is_dir() or not (CHECKOUT / "Snakefile").is_file():
        return Project(here)
    return Project(CHECKOUT)


def training_command(model: Path) -> str:
    """Return the shell command that trains ``FOLDER/results/models/VARIANT/model.safetensors``, to be run here."""
    folder = model.parents[min(3, len(model.parents) - 1)]
    return workflow_command(folder, str(model.relative_to(folder)))


def workflow_command(folder: Path, target: str) -> str:
    """Return the shell command that makes ``target`` in the project ``folder``, to be run here."""
    words = ["snakemake", "--cores", "all", target]
    if not Path("Snakefile").is_file() and (CHECKOUT / "Snakefile").is_file():
        words += ["--snakefile", str(CHECKOUT / "Snakefile")]
    if folder.resolve() != Path().resolve():
        words += ["--directory", str(folder)]
    own = folder / CONFIGURATION
    if own.is_file() and folder.resolve() != CHECKOUT.resolve():
        words += ["--configfile", str(own)]
    return shlex.join(words)


def variant_of(model: Path) -> Variant:
    """Return the variant that a model's file names. Raises :class:`InkbridgeError` if the file is not a model."""
    try:
        return Variant.model_validate(read_about(model).get("variant"))
    except ValueError as error:
        raise InkbridgeError(f"{model}: expected a model, found a file that names no variant") from error
