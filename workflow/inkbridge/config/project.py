"""A folder in which the pipeline ran: its settings and its trained models, for use without the pipeline."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from inkbridge.config.settings import Configuration, Doodle, Variant
from inkbridge.config.yaml_files import read_yaml
from inkbridge.support.arrays import read_about
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.provenance.git import CHECKOUT

CONFIGURATION = "config.yaml"


@dataclass(frozen=True)
class Project:
    """``folder`` holds ``results``, and ``config.yaml`` where it is not that of the clone."""

    folder: Path

    @cached_property
    def configuration_file(self) -> Path | None:
        """The file of the settings: of this folder, else of the clone that the package lies in, else None."""
        files = (self.folder / CONFIGURATION, CHECKOUT / CONFIGURATION)
        return next((file for file in files if file.is_file()), None)

    @cached_property
    def settings(self) -> Configuration:
        """The configuration, or its defaults where there is none. InkbridgeError for one that is wrong."""
        file = self.configuration_file
        if file is None:
            return Configuration.model_construct(doodles={}, variants={})
        try:
            return Configuration.read(read_yaml(file))
        except InkbridgeError as error:
            raise InkbridgeError(f"{file}: {error}") from error

    def doodle_of(self, sheet: Path) -> tuple[str, Doodle] | None:
        """Return the name and the entry of the doodle whose sheet is ``sheet``, if the configuration has it."""
        for name, doodle in self.settings.doodles.items():
            places = [os.path.realpath(folder / doodle.sheet) for folder in (self.folder, CHECKOUT)]
            if os.path.realpath(sheet) in places:
                return name, doodle
        return None

    def models(self) -> dict[str, Path]:
        """Return the trained models by the names of their variants, those of the configuration first."""
        found = {file.parent.name: file for file in sorted(self.folder.glob("results/models/*/model.safetensors"))}
        return {name: found[name] for name in dict.fromkeys([*self.settings.variants, *found]) if name in found}

    def model(self, name: str | None) -> tuple[str, Path]:
        """Return name and file of the variant ``name``, or of the first that is trained.

        Raises :class:`InkbridgeError`, with the command that trains one, where there is none.
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
        wanted = name or known[0]
        raise InkbridgeError(
            f"{self.folder / 'results/models'}: no trained model{f' of {name}' if name else ''}; train one with: "
            f"snakemake --cores all results/models/{wanted}/model.safetensors"
        )


def find_project(folder: Path | None) -> Project:
    """Return the project in ``folder``; without one, in the working directory, else in the clone of the package.

    Raises :class:`InkbridgeError` where ``folder`` is none.
    """
    if folder is not None:
        if not folder.is_dir():
            raise InkbridgeError(f"{folder}: expected the folder of a project, with results in it; found none")
        return Project(folder)
    here = Path()
    if (here / "results/models").is_dir() or not (CHECKOUT / "Snakefile").is_file():
        return Project(here)
    return Project(CHECKOUT)


def variant_of(model: Path) -> Variant:
    """Return the variant that the file of a model names. Raises :class:`InkbridgeError` where it is no model."""
    try:
        return Variant.model_validate(read_about(model).get("variant"))
    except ValueError as error:
        raise InkbridgeError(f"{model}: expected a model, found a file that names no variant") from error
