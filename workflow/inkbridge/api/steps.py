"""The steps of drawing an animation, which the public functions and the command line share.

Modules that use torch, numba or SciPy are imported inside the functions that need them: importing these takes more than
a second.
"""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkbridge.api.animation import Animation, in_rows
from inkbridge.api.correspondence import Correspondence
from inkbridge.api.fidelity import fidelity
from inkbridge.api.options import FilmOptions, ReadOptions, TraversalOptions
from inkbridge.api.plan import Look, Plan, look
from inkbridge.config.project import Project, find_project, variant_of
from inkbridge.config.settings import Doodle, Fitting, fingerprint
from inkbridge.decoding.decoder import FittedDoodle
from inkbridge.keyframes.reading import Keyframes, Reading, read_cells
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.progress import Progress
from inkbridge.support.provenance.carriers import find_provenance
from inkbridge.support.provenance.record import Provenance, result_record, run_record
from inkbridge.support.types import Array, Images

if TYPE_CHECKING:
    from inkbridge.fitting.encoding import Encoding
    from inkbridge.models.autoencoder import Autoencoder

BackendRecord = Mapping[str, str | int]
"""What computed: the device, its precision and threads, as :meth:`inkbridge.models.device.Backend.describe` says."""

_MOST_COLUMNS = 4
"""Animations in a row of a traversal."""

_TRAVERSAL_SIZE = 128
"""Default size of each animation of a traversal: pixels of its side."""


@dataclass(frozen=True, eq=False)
class Model:
    """A trained network.

    name: of its variant. file: where it was read from. network: the autoencoder, a :class:`torch.nn.Module`.
    training: the record of its training, for example ``architecture`` and ``images_seen``.
    """

    name: str
    file: Path
    network: "Autoencoder"
    training: Mapping[str, Any]


AnyProject = str | Path | Project | None
"""A project, or its folder; None for the one that :func:`find_project` finds."""

AnyModel = Model | str | Path | None
"""A model, or what :func:`inkbridge.load_model` takes: the name of a variant, or a file; None for the first variant."""


def as_project(project: AnyProject) -> Project:
    """Return a project, or the one in a folder."""
    return project if isinstance(project, Project) else find_project(None if project is None else Path(project))


def doodle_of(drawing: Path, project: Project) -> tuple[str, Doodle | None]:
    """Return the name of a drawing's doodle and its entry in the configuration; without an entry, the file's name and
    None."""
    return project.doodle_of(drawing) or (stem(drawing), None)


def read_drawing(drawing: Path, options: ReadOptions) -> Reading:
    """Read a drawing. Raises :class:`InkbridgeError` if it cannot be read."""
    return read_cells(
        drawing,
        cell=options.cell,
        layout=options.layout,
        margin=options.margin,
        spacing=options.spacing,
        frames=options.keyframes,
        ink=options.ink or "auto",
        drop_lines=options.drop_lines or "auto",
    ).with_marks(options.marks)


def correspondence(
    command: str, keyframes: Keyframes, loop: bool, names: Mapping[str, object], project: Project
) -> Correspondence:
    """Return what the strokes of ``keyframes`` become; ``command`` and ``names`` are named in its record."""
    from inkbridge.matching.doodle import match_doodle

    made = result_record(
        run_record(fingerprint(project.settings), None), f"inkbridge {command}", {**names, "loop": loop}
    )
    return Correspondence(match_doodle(keyframes.originals, loop, keyframes.marks), made)


def find_model(model: str | Path | None, project: Project) -> tuple[str, Path]:
    """Return the name of a variant and the file of its model. ``model`` is the name or the file; None stands for the
    project's first model. Raises :class:`InkbridgeError` if there is none."""
    if isinstance(model, Path) or (model is not None and model.endswith(".safetensors")):
        file = Path(model)
        return file.parent.name or file.stem, file
    return project.model(model)


def as_model(model: AnyModel, project: Project) -> Model:
    """Return a model, or load it."""
    return model if isinstance(model, Model) else load(*find_model(model, project))


def load(name: str, file: Path) -> Model:
    """Load the model of the variant ``name``. Raises :class:`InkbridgeError` if the file is damaged."""
    from inkbridge.models.storage import load_model, read_record

    return Model(name, file, load_model(file, variant_of(file)), read_record(file))


def encode_and_fit(
    keyframes: Keyframes,
    model: Model,
    loop: bool,
    settings: Fitting,
    seed: int,
    project: Project,
    progress: Progress,
) -> tuple["Encoding", BackendRecord]:
    """Return keyframes encoded by a model, and the backend that computed this. The model is fitted to them, unless
    ``settings.enabled`` is False."""
    from inkbridge.fitting.encoding import encode
    from inkbridge.fitting.fit import fit, fitting_backend
    from inkbridge.models.device import choose_backend

    compute = project.settings.compute.of_fit()
    backend = fitting_backend(model.network, settings.enabled, choose_backend(compute, compute.threads))
    encoded = encode(model.network.to(backend.device), keyframes.images)
    if settings.enabled:
        encoded = fit(encoded, keyframes, loop, settings, backend, seed, progress)
    return encoded, backend.describe()


def draw_plan(
    command: str, keyframes: Keyframes, plan: Plan, model: Model, project: Project, progress: Progress
) -> Animation:
    """Return the animation of a ``plan`` for ``keyframes``; ``command`` is named in its record."""
    path = plan.first
    settings = project.settings.fitting.model_copy(update={"enabled": plan.fit})
    encoding, backend = encode_and_fit(keyframes, model, path.loop, settings, path.seed, project, progress)
    return film_fitted(command, encoding.doodle(), keyframes, plan, model, project, backend, progress)


def film_fitted(
    command: str,
    doodle: FittedDoodle,
    keyframes: Keyframes,
    plan: Plan,
    model: Model,
    project: Project,
    backend: BackendRecord,
    progress: Progress,
) -> Animation:
    """Return the animation of a ``plan`` that ``doodle``, fitted to ``keyframes``, draws."""
    shown, path = plan.shown(len(keyframes.images)), plan.first
    latents = [[doodle.along(path)[shown] for path in row] for row in plan.paths]
    made = record(command, model, path.seed, plan.names(), project, backend)
    drawn_well = fidelity(doodle, keyframes.images)
    return Animation(doodle, latents, plan.captions(), plan.look, made, progress, drawn_well)


def record(
    command: str,
    model: Model,
    seed: int,
    names: Mapping[str, object],
    project: Project,
    backend: BackendRecord | None = None,
) -> Provenance:
    """Return the record of what ``command`` draws with a model."""
    run = run_record(fingerprint(project.settings), seed)
    names = {"variant": model.name, **names}
    return result_record(run, f"inkbridge {command}", names, backend, {"model": find_provenance(model.file)})


def traversal_look(film: FilmOptions, project: Project, reading: Reading | None) -> Look:
    """Return what the frames of a traversal look like. By default, the colours are those of the drawing around which it
    swings, if any."""
    size = _TRAVERSAL_SIZE if film.size is None else film.size
    sized = FilmOptions(size, film.frame_ms, film.colours)
    return look(sized, project.settings, None if reading is None else reading.ink)


def traversal_shape(traversal: TraversalOptions) -> tuple[int, int]:
    """Return the rows and columns of a traversal."""
    count = len(traversal.numbers)
    columns = min(_MOST_COLUMNS, count)
    return math.ceil(count / columns), columns


def keyframe_of(reading: Reading, number: int) -> Images:
    """Return keyframe ``number``, counted from 1, as ``uint8 [1, 64, 64]``. Raises :class:`InkbridgeError` if there is
    no such keyframe."""
    if not 1 <= number <= reading.count:
        raise InkbridgeError(f"{reading.source}: expected keyframe {number}, found {reading.count} keyframes")
    return reading.cells[number - 1 : number]


def draw_traversal(
    model: Model, keyframe: Images | None, traversal: TraversalOptions
) -> tuple[FittedDoodle, list[list[Array]], list[list[str]]]:
    """Return what draws a traversal, its rows of latents ``[T, D]``, and their captions.

    The latents swing around those of a ``keyframe`` ``uint8 [1, 64, 64]``, or around the mean of all.
    """
    from inkbridge.fitting.encoding import at_mean, encode
    from inkbridge.latent.traversal import swings

    network, numbers, kind = model.network, traversal.numbers, traversal.directions
    axes = network.directions(principal=kind == "principal")
    if max(numbers) > len(axes):
        raise InkbridgeError(f"numbers: expected {kind} directions from 1 to {len(axes)}; found {max(numbers)}")
    doodle = (at_mean(network) if keyframe is None else encode(network, keyframe)).doodle()
    latents = swings(doodle.latents, axes[[number - 1 for number in numbers]], traversal.frames, traversal.span)
    word = "direction" if kind == "principal" else "dimension"
    columns = traversal_shape(traversal)[1]
    return doodle, in_rows(latents, columns), in_rows([f"{word} {number}" for number in numbers], columns)


def stem(path: Path) -> str:
    """Return the name of a file or folder without its extension; for ``..``, the name of the folder that it stands
    for."""
    return (path if path.name not in ("", "..") else path.resolve()).stem or "drawing"


def joined_name(drawings: Sequence[Path]) -> str:
    """Return the names of several drawings as one name, short enough for a file."""
    return os.fsencode("-".join(map(stem, drawings)))[:200].decode(errors="ignore")
