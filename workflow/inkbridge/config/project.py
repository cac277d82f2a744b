"""A folder in which the pipeline ran: its settings and its models, for use outside the pipeline."""

import os
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

from inkbridge.config.settings import Configuration, Doodle, Variant
from inkbridge.config.shipped import SHIPPED, has_same_network, shipped_model
from inkbridge.config.yaml_files import read_yaml
from inkbridge.support.arrays import read_about
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.provenance.git import CHECKOUT

CONFIGURATION = "config.yaml"

MODEL = "model.safetensors"
"""Name of the file of a model, in a folder with the name of its variant."""

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

    def trained_models(self) -> dict[str, Path]:
        """Return variant → file of its model, for the models in the folder. Those of the configuration come first."""
        found = {file.parent.name: file for file in sorted(self.folder.glob("results/models/*/model.safetensors"))}
        return {name: found[name] for name in self._ordered(found)}

    def models(self) -> dict[str, Path]:
        """Return variant → file of its model: those in the folder, then the shipped ones that none of them replaces.

        A shipped model is left out if the configuration has another network of its name. Among each, variants of the
        configuration come first.
        """
        trained = self.trained_models()
        shipped = {name: SHIPPED[name] for name in self._ordered(SHIPPED) if name not in trained}
        return trained | {name: file for name, file in shipped.items() if self._has_no_other_network(name)}

    def _ordered(self, names: Iterable[str]) -> list[str]:
        known = dict.fromkeys(names)
        return [name for name in dict.fromkeys([*self.settings.variants, *known]) if name in known]

    def _has_no_other_network(self, name: str) -> bool:
        """Return whether the configuration agrees with the shipped variant ``name`` about its network."""
        configured = self.settings.variants.get(name)
        return configured is None or has_same_network(shipped_model(name).variant, configured)

    def model(self, name: str | None) -> tuple[str, Path]:
        """Return name and file of the model of the variant ``name``, or the first of :meth:`models`.

        Raises :class:`InkbridgeError`, with the command that trains it, if there is none.
        """
        for models in (self.trained_models(), self.models()):
            if name in models:
                return name, models[name]
            if name is None and models:
                return next(iter(models.items()))
        known = list(self.settings.variants)
        if name is not None and name not in known:
            raise InkbridgeError(
                f"variant {name}: expected one of {', '.join(dict.fromkeys([*models, *known]))}; found no such variant"
            )
        place, wanted = self.folder / "results/models", name or known[0]
        raise InkbridgeError(
            f"{place}: expected a trained model of {wanted}, found none; {how_to_train(place / wanted / MODEL)}"
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


def how_to_train(model: Path, *options: str) -> str:
    """Return the advice that ends in the shell command, to be run here, that trains the model
    ``FOLDER/results/models/VARIANT/model.safetensors``. ``options`` are those of Snakemake."""
    folder = model.parents[min(3, len(model.parents) - 1)]
    command = " ".join([workflow_command(folder, str(model.relative_to(folder))), *options])
    if not any((place / "Snakefile").is_file() for place in (Path(), CHECKOUT)):
        return f"networks are trained in a clone of inkbridge: run there {command}"
    if find_spec("snakemake") is None:
        return f"first pip install 'inkbridge[pipeline]', then train one with: {command}"
    return f"train one with: {command}"


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
