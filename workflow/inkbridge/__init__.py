"""Doodles turned into animations by autoencoders that were trained on synthetic strokes alone.

Two lines draw an animation::

    import inkbridge as ink
    ink.animate("cat.png").save("cat.gif")

A *project* is a folder in which the pipeline has trained models: ``results/models`` holds them, and ``config.yaml``
the settings. Functions use the project in the working directory if that has ``results/models``, else the clone of
inkbridge; ``project`` names the folder of another one. Without trained models, they use those that come with inkbridge.

The names in ``__all__`` are the whole public interface. They are imported when they are first used, so that
``import inkbridge`` takes no time.
"""

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inkbridge.api.animation import Animation as Animation
    from inkbridge.api.correspondence import Correspondence as Correspondence
    from inkbridge.api.functions import animate as animate
    from inkbridge.api.functions import fit as fit
    from inkbridge.api.functions import load_model as load_model
    from inkbridge.api.functions import match as match
    from inkbridge.api.functions import morph as morph
    from inkbridge.api.functions import read_keyframes as read_keyframes
    from inkbridge.api.functions import traverse as traverse
    from inkbridge.api.options import FilmOptions as FilmOptions
    from inkbridge.api.options import PathOptions as PathOptions
    from inkbridge.api.options import ReadOptions as ReadOptions
    from inkbridge.api.options import TraversalOptions as TraversalOptions
    from inkbridge.api.steps import Model as Model
    from inkbridge.decoding.decoder import FittedDoodle as FittedDoodle
    from inkbridge.export.colours import Colours as Colours
    from inkbridge.keyframes.reading import Keyframes as Keyframes
    from inkbridge.support.errors import InkbridgeError as InkbridgeError
    from inkbridge.support.marks import Mark as Mark

    __version__: str

if sys.platform not in ("linux", "darwin") or find_spec("fcntl") is None:
    # SystemExit prints the sentence alone, without a traceback, in Python, in the command and in Snakemake.
    raise SystemExit(f"inkbridge: expected Linux or macOS, found {sys.platform}; on Windows, run inkbridge in WSL")

CELL = 64
"""Pixels of the side of a keyframe, of a synthetic image and of a decoder's native output."""

_HOMES = {
    "Animation": "inkbridge.api.animation",
    "Colours": "inkbridge.export.colours",
    "Correspondence": "inkbridge.api.correspondence",
    "FilmOptions": "inkbridge.api.options",
    "FittedDoodle": "inkbridge.decoding.decoder",
    "InkbridgeError": "inkbridge.support.errors",
    "Keyframes": "inkbridge.keyframes.reading",
    "Mark": "inkbridge.support.marks",
    "Model": "inkbridge.api.steps",
    "PathOptions": "inkbridge.api.options",
    "ReadOptions": "inkbridge.api.options",
    "TraversalOptions": "inkbridge.api.options",
    "animate": "inkbridge.api.functions",
    "fit": "inkbridge.api.functions",
    "load_model": "inkbridge.api.functions",
    "match": "inkbridge.api.functions",
    "morph": "inkbridge.api.functions",
    "read_keyframes": "inkbridge.api.functions",
    "traverse": "inkbridge.api.functions",
}
"""Public name → the module that it is imported from on first use."""

__all__ = [
    "CELL",
    "Animation",
    "Colours",
    "Correspondence",
    "FilmOptions",
    "FittedDoodle",
    "InkbridgeError",
    "Keyframes",
    "Mark",
    "Model",
    "PathOptions",
    "ReadOptions",
    "TraversalOptions",
    "__version__",
    "animate",
    "fit",
    "load_model",
    "match",
    "morph",
    "read_keyframes",
    "traverse",
]


def __getattr__(name: str) -> Any:
    """Import a public name on first use (PEP 562)."""
    if name == "__version__":
        value: Any = _version()
    elif name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _version() -> str:
    """Return the version of the installed package, or of the source tree if it is not installed."""
    from importlib.metadata import PackageNotFoundError, version  # a twentieth of a second, which GIF jobs do not need

    try:
        return version("inkbridge")
    except PackageNotFoundError:
        return _version_of_source_tree()


def _version_of_source_tree() -> str:
    import tomllib
    from pathlib import Path

    try:
        with (Path(__file__).parents[2] / "pyproject.toml").open("rb") as file:
            return str(tomllib.load(file)["project"]["version"])
    except (OSError, ValueError, KeyError):  # a copy of the package's folder alone
        return "unknown"
